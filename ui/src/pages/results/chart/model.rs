//! From results to rows of marks. Pure.

use lore_core::{ArmSummary, DialPoint, ExperimentResults, Proportion, SplitKind};

use crate::format;

/// One arm.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Its name.
    pub(super) name: String,
    /// Its marks; a kind of task that was not played has none.
    pub(super) marks: Vec<Mark>,
    /// All of it in words.
    pub(super) words: String,
}

/// One success rate, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    /// On which kinds of task.
    pub(super) split: SplitKind,
    /// The rate.
    pub(super) rate: f64,
    /// The ends of its interval.
    pub(super) interval: [f64; 2],
}

/// A row an arm, in the order of the experiment.
pub(super) fn rows(results: &ExperimentResults) -> Vec<Row> {
    let arms = results.arms.iter();
    arms.map(|arm| row(&arm.arm.name, arm)).collect()
}

/// A row a setting of a dial.
pub(super) fn turned(points: &[DialPoint<'_>]) -> Vec<Row> {
    let points = points.iter();
    points.map(|point| row(&point.label, point.arm)).collect()
}

fn row(name: &str, arm: &ArmSummary) -> Row {
    let both = [
        (SplitKind::Seen, &arm.seen),
        (SplitKind::Unseen, &arm.unseen),
    ];
    let marks = both
        .iter()
        .filter_map(|(split, proportion)| mark(*split, proportion))
        .collect();
    let words: Vec<String> = both
        .iter()
        .map(|(split, proportion)| format!("{}: {}", split.label(), in_words(proportion)))
        .collect();
    Row {
        name: name.to_owned(),
        marks,
        words: format!("{name}. {}", words.join("; ")),
    }
}

fn mark(split: SplitKind, proportion: &Proportion) -> Option<Mark> {
    Some(Mark {
        split,
        rate: proportion.rate()?,
        interval: [proportion.low, proportion.high],
    })
}

/// `50 % (3 of 6, between 19 and 81 %)`.
fn in_words(proportion: &Proportion) -> String {
    match proportion.rate() {
        None => "not played".to_owned(),
        Some(rate) => format!(
            "{} ({} of {}, between {:.0} and {})",
            format::percent(rate),
            proportion.successes,
            proportion.n,
            proportion.low * 100.0,
            format::percent(proportion.high)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_played_has_no_mark() {
        assert_eq!(mark(SplitKind::Seen, &Proportion::default()), None);
        let proportion = Proportion {
            successes: 3,
            n: 6,
            low: 0.188,
            high: 0.812,
        };
        assert_eq!(in_words(&proportion), "50 % (3 of 6, between 19 and 81 %)");
        let mark = mark(SplitKind::Unseen, &proportion).unwrap();
        assert!((mark.rate - 0.5).abs() < 1e-12);
    }
}
