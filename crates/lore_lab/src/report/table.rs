//! The numbers as tables for spreadsheets and papers.

use std::fmt::Write as _;

use lore_core::{ArmSummary, ExperimentResults, Proportion};

/// One line for each arm and part: all seen types, all unseen types, then every task type.
pub(super) fn csv(results: &ExperimentResults) -> String {
    let mut text = String::from(
        "arm,name,part,successes,episodes,rate,low_95,high_95,seeds,mean_steps,mean_tokens,mean_secs\n",
    );
    for arm in &results.arms {
        for (part, proportion) in parts(arm) {
            let row = [
                field(&arm.arm.id),
                field(&arm.arm.name),
                field(&part),
                proportion.successes.to_string(),
                proportion.n.to_string(),
                number(proportion.rate(), 4),
                format!("{:.4}", proportion.low),
                format!("{:.4}", proportion.high),
                arm.num_seeds.to_string(),
                number(arm.mean_steps, 2),
                number(arm.mean_tokens, 0),
                number(arm.mean_secs, 2),
            ];
            text.push_str(&row.join(","));
            text.push('\n');
        }
    }
    text
}

fn parts(arm: &ArmSummary) -> Vec<(String, Proportion)> {
    let mut parts = vec![
        ("seen types".to_owned(), arm.seen),
        ("unseen types".to_owned(), arm.unseen),
    ];
    parts.extend(arm.by_type.iter().cloned());
    parts
}

/// Nothing stays an empty field; a missing number is not zero.
fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(String::new, |value| format!("{value:.decimals$}"))
}

/// A field as RFC 4180 wants it.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A table of arms by seen and unseen types, with 95 % Wilson intervals, that needs no package.
pub(super) fn tex(results: &ExperimentResults) -> String {
    let mut text = String::from(
        "% Success in per cent with 95 % Wilson intervals; n is the number of episodes.\n\
         \\begin{tabular}{lrrrr}\n\\hline\n\
         Arm & Seen types & $n$ & Unseen types & $n$ \\\\\n\\hline\n",
    );
    for arm in &results.arms {
        writeln!(
            text,
            "{} & {} & {} & {} & {} \\\\",
            escape(&arm.arm.name),
            percent(&arm.seen),
            arm.seen.n,
            percent(&arm.unseen),
            arm.unseen.n
        )
        .expect("writing to a String does not fail");
    }
    text.push_str("\\hline\n\\end{tabular}\n");
    text
}

fn percent(proportion: &Proportion) -> String {
    match proportion.rate() {
        Some(rate) => format!(
            "{:.1} [{:.1}, {:.1}]",
            rate * 100.0,
            proportion.low * 100.0,
            proportion.high * 100.0
        ),
        None => "--".to_owned(),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_a_table() {
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(escape("a_b & 5%"), "a\\_b \\& 5\\%");
    }
}
