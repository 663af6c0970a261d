//! The table of an experiment, in plain text.

use lore_core::{ExperimentResults, Proportion};
use std::fmt::Write as _;

/// One row an arm: success on seen and unseen task types with the 95 % Wilson interval, mean steps.
pub(super) fn of(results: &ExperimentResults) -> String {
    let names = results.arms.iter().map(|it| it.arm.name.chars().count());
    let width = names.max().unwrap_or(0);
    let mut text = format!(
        "{:<width$} {:>22} {:>22} {:>7}\n",
        "", "seen types", "unseen types", "steps"
    );
    for arm in &results.arms {
        let steps = arm
            .mean_steps
            .map_or_else(|| "–".to_owned(), |steps| format!("{steps:.1}"));
        writeln!(
            text,
            "{:<width$} {:>22} {:>22} {steps:>7}",
            arm.arm.name,
            rate(&arm.seen),
            rate(&arm.unseen)
        )
        .expect("text takes everything");
    }
    text
}

/// `50 % (19–81 %, n 6)`.
fn rate(proportion: &Proportion) -> String {
    match proportion.rate() {
        None => "–".to_owned(),
        Some(rate) => format!(
            "{:.0} % ({:.0}–{:.0} %, n {})",
            100.0 * rate,
            100.0 * proportion.low,
            100.0 * proportion.high,
            proportion.n
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_says_how_sure_it_is() {
        let proportion = Proportion {
            successes: 3,
            n: 6,
            low: 0.188,
            high: 0.812,
        };
        assert_eq!(rate(&proportion), "50 % (19–81 %, n 6)");
        assert_eq!(rate(&Proportion::default()), "–", "nothing was played");
    }
}
