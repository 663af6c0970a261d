//! The numbers in sentences, and how far they can be trusted.

use lore_core::stats::Estimate;
use lore_core::{
    ArmSummary, ExperimentResults, ExperimentSpec, PairedComparison, Proportion, SplitKind,
};

/// Below this many episodes a rate's 95 % interval is wider than 30 percentage points around one half,
/// and most differences people hope for stay invisible.
const ENOUGH_EPISODES: u32 = 40;

/// The usual threshold, named so that a reader can disagree with it.
const SIGNIFICANT: f64 = 0.05;

/// The job's last word: what the most telling arm did.
pub(super) fn headline(results: &ExperimentResults) -> String {
    let played = |arm: &&ArmSummary| arm.num_seeds > 0;
    let last_played = || results.arms.iter().rev().find(played);
    let Some(last) = results.reference().filter(played).or_else(last_played) else {
        return "The report is written.".to_owned();
    };
    let seen = short(&last.seen);
    let unseen = short(&last.unseen);
    let (name, runs) = (&last.arm.name, results.runs.len());
    format!("{name}: {seen} on seen types, {unseen} on unseen types, from {runs} runs.")
}

fn short(proportion: &Proportion) -> String {
    match proportion.rate() {
        Some(rate) => format!(
            "{:.0} % ({} of {})",
            rate * 100.0,
            proportion.successes,
            proportion.n
        ),
        None => "nothing played".to_owned(),
    }
}

/// A rate with its interval: `83 % (5 of 6; 44–97 %)`.
pub(super) fn with_interval(proportion: &Proportion) -> String {
    match proportion.rate() {
        Some(rate) => format!(
            "{:.0} % ({} of {}; {:.0}–{:.0} %)",
            rate * 100.0,
            proportion.successes,
            proportion.n,
            proportion.low * 100.0,
            proportion.high * 100.0
        ),
        None => "not played".to_owned(),
    }
}

/// What models on servers cost; `None` when nothing did.
pub(super) fn costs(results: &ExperimentResults) -> Option<String> {
    let costs = results.arms.iter().filter_map(|arm| Some((arm, arm.cost?)));
    let costs: Vec<String> = costs
        .map(|(arm, cost)| format!("{} ${cost:.4}", arm.arm.name))
        .collect();
    (!costs.is_empty()).then(|| {
        let list = costs.join("; ");
        format!(
            "What all episodes cost, in US dollars at the prices of the models' servers: {list}."
        )
    })
}

/// Reasons to read the numbers with care, most important first.
pub(super) fn warnings(spec: &ExperimentSpec, results: &ExperimentResults) -> Vec<String> {
    let mut warnings = Vec::new();
    let played = || results.arms.iter().filter(|arm| arm.num_seeds > 0);
    let smallest = played()
        .flat_map(|arm| [arm.seen.n, arm.unseen.n])
        .filter(|n| *n > 0)
        .min();
    if let Some(n) = smallest
        && n < ENOUGH_EPISODES
    {
        warnings.push(format!(
            "This experiment is too small to say which arm is better. Some rates rest on only {n} \
             {}; with so few, chance alone moves a rate by tens of percentage points. Use it to see \
             that everything works, and play at least {ENOUGH_EPISODES} test tasks per split, better \
             with three seeds, before you conclude anything.",
            if n == 1 { "episode" } else { "episodes" }
        ));
    }
    let missing: Vec<&str> = results
        .arms
        .iter()
        .filter(|arm| arm.num_seeds == 0)
        .map(|arm| arm.arm.name.as_str())
        .collect();
    if !missing.is_empty() {
        warnings.push(format!(
            "These arms have not been played: {}.",
            missing.join(", ")
        ));
    }
    let seeds = |arm: &ArmSummary| arm.num_seeds;
    let most = played().map(seeds).max();
    if played().any(|arm| arm.num_seeds < spec.seeds_of(&arm.arm).len()) {
        warnings.push("Some arms have not been played with all seeds yet.".to_owned());
    }
    if played().any(|arm| spec.seeds_of(&arm.arm).len() < spec.seeds.len()) {
        warnings.push(
            "Arms without an adapter do the same with every seed and were played once.".to_owned(),
        );
    }
    if most.is_some_and(|most| most > 1) {
        warnings.push(
            "Seeds are pooled. Plays of the same task are counted only as far as they are independent of \
             each other; that trainings differ from seed to seed is in the intervals only as far as these \
             seeds show it."
                .to_owned(),
        );
    } else if most == Some(1) {
        warnings.push(
            "One seed: how much a training varies from seed to seed cannot be seen here."
                .to_owned(),
        );
    }
    warnings
}

/// What a paired comparison says, in one sentence.
pub(super) fn comparison(results: &ExperimentResults, pair: &PairedComparison) -> String {
    let name = |id: &str| {
        results
            .arms
            .iter()
            .find(|arm| arm.arm.id == id)
            .map_or_else(|| id.to_owned(), |arm| arm.arm.name.clone())
    };
    let (a, b) = (name(&pair.a), name(&pair.b));
    let split = match pair.split {
        SplitKind::Seen => "seen types",
        SplitKind::Unseen => "unseen types",
    };
    let verdict = if pair.only_a + pair.only_b == 0 {
        "they agree on every task".to_owned()
    } else if pair.p_corrected < SIGNIFICANT {
        let better = if pair.only_b > pair.only_a { &b } else { &a };
        format!("{better} is better, beyond what chance would do")
    } else {
        "the difference could be chance".to_owned()
    };
    format!(
        "{b} against {a} on {split}: of {} tasks, only {b} won {} and only {a} won {} (p = {}, corrected \
         {}); {verdict}. Difference {}; {}.",
        pair.n,
        pair.only_b,
        pair.only_a,
        p_value(pair.p_value),
        p_value(pair.p_corrected),
        points(&pair.difference),
        detectable(pair.smallest_detectable)
    )
}

/// A difference of rates in percentage points, with its interval: `+8 points (−2 to +18)`.
pub(super) fn points(difference: &Estimate) -> String {
    let signed = |value: f64| {
        let rounded = (value * 100.0).round();
        if rounded < 0.0 {
            format!("−{}", -rounded)
        } else {
            format!("+{}", rounded.abs())
        }
    };
    format!(
        "{} points ({} to {})",
        signed(difference.value),
        signed(difference.low),
        signed(difference.high)
    )
}

/// What so many tasks could have shown.
fn detectable(smallest: Option<f64>) -> String {
    match smallest {
        Some(difference) => format!(
            "this many tasks find differences of {:.0} points and more four times in five",
            difference * 100.0
        ),
        None => "the arms differ on too few tasks for any difference to be found".to_owned(),
    }
}

/// A probability as people write it.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 {
        "less than 0.001".to_owned()
    } else if p < 0.1 {
        format!("{p:.3}")
    } else {
        format!("{p:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(only_a: u32, only_b: u32) -> PairedComparison {
        let p_value = lore_core::stats::mcnemar_exact(only_a, only_b);
        PairedComparison {
            a: "lora".into(),
            b: "exprag_lora".into(),
            split: SplitKind::Unseen,
            n: 20,
            only_a,
            only_b,
            p_value,
            p_corrected: p_value,
            ..PairedComparison::default()
        }
    }

    #[test]
    fn only_a_small_probability_is_called_better() {
        let none = ExperimentResults::default();
        let clear = comparison(&none, &pair(0, 10));
        assert!(clear.contains("exprag_lora is better"), "{clear}");
        assert!(comparison(&none, &pair(2, 4)).contains("could be chance"));
        assert!(comparison(&none, &pair(0, 0)).contains("agree on every task"));
        let corrected = PairedComparison {
            p_corrected: 0.08,
            ..pair(0, 6)
        };
        assert!(comparison(&none, &corrected).contains("could be chance"));
    }

    #[test]
    fn differences_are_told_in_points() {
        let difference = Estimate {
            value: 0.084,
            low: -0.021,
            high: 0.0,
        };
        assert_eq!(points(&difference), "+8 points (−2 to +0)");
    }
}
