//! What came of all trials: fault × place × tries × outcome.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::trial::Outcome;

/// The table.
#[derive(Debug, Default)]
pub struct Table {
    rows: BTreeMap<(String, String), BTreeMap<&'static str, usize>>,
    failures: Vec<String>,
    num_not_reached: usize,
}

impl Table {
    /// Adds what came of one trial. `again` is the command that tries it again.
    pub(super) fn add(&mut self, fault: &str, place: &str, outcome: &Outcome, again: &str) {
        if *outcome == Outcome::NotReached {
            self.num_not_reached += 1;
            return;
        }
        if let Outcome::Failed(why) = outcome {
            let why = why.join("\n  ");
            self.failures.push(format!("{again}\n  {why}"));
        }
        let row = self.rows.entry((fault.to_owned(), place.to_owned()));
        *row.or_default().entry(outcome.words()).or_default() += 1;
    }

    /// Faults that were injected.
    pub fn num_tries(&self) -> usize {
        self.rows.values().flat_map(BTreeMap::values).sum()
    }

    /// What must hold and did not, each with the command that tries it again.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// One line with the sums.
    pub fn sums(&self) -> String {
        let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
        for (words, count) in self.rows.values().flatten() {
            *sums.entry(words).or_default() += count;
        }
        let parts = sums.iter().map(|(words, count)| format!("{count} {words}"));
        let parts: Vec<String> = parts.collect();
        format!("{} faults: {}.", self.num_tries(), parts.join("; "))
    }

    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let mut page = String::from("| fault | place | tries | outcome |\n|---|---|--:|---|\n");
        for ((fault, place), outcomes) in &self.rows {
            let tries: usize = outcomes.values().sum();
            let words: Vec<String> = match outcomes.len() {
                1 => outcomes.keys().map(|words| (*words).to_owned()).collect(),
                _ => outcomes
                    .iter()
                    .map(|(words, count)| format!("{count} × {words}"))
                    .collect(),
            };
            // Writing to a string cannot fail.
            writeln!(
                page,
                "| {fault} | {place} | {tries} | {} |",
                words.join("; ")
            )
            .ok();
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_sums_its_trials_and_what_was_not_reached_is_none() {
        let mut table = Table::default();
        table.add("full", "marks", &Outcome::NoHarm, "again");
        table.add("full", "marks", &Outcome::OneSentence, "again");
        table.add("full", "marks", &Outcome::NotReached, "again");
        let wrong = Outcome::Failed(vec!["it is gone".into()]);
        table.add("cut", "marks", &wrong, "cargo again");
        assert_eq!(table.num_tries(), 3);
        assert_eq!(table.failures(), ["cargo again\n  it is gone"]);
        let page = table.markdown();
        assert!(page.contains("| cut | marks | 1 | FAILED |"), "{page}");
        assert!(
            page.contains("| full | marks | 2 | 1 × no harm; 1 × one sentence, nothing lost |"),
            "{page}"
        );
    }
}
