//! Two arms on the same tasks.

use std::collections::BTreeMap;

use super::Z_95;

/// The 80 % point of the normal distribution: the usual power.
const Z_POWER: f64 = 0.841_621_233_572_914_2;

/// One task that both arms played, with one seed or several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairedTask {
    /// Pairs of plays.
    pub n: u32,
    /// Pairs that only the first arm won.
    pub only_a: u32,
    /// Pairs that only the second arm won.
    pub only_b: u32,
}

impl PairedTask {
    /// By how many plays the second arm is ahead.
    pub fn lead_of_b(&self) -> i64 {
        i64::from(self.only_b) - i64::from(self.only_a)
    }
}

/// Exact McNemar test (two-sided binomial on the discordant pairs): the probability of a split at
/// least this uneven if both arms were equally good. `b` and `c` count the tasks only one arm won.
pub fn mcnemar_exact(b: u32, c: u32) -> f64 {
    let one_each = |lead| PairedTask {
        n: 1,
        only_a: u32::from(lead < 0),
        only_b: u32::from(lead > 0),
    };
    let tasks: Vec<PairedTask> = (0..b)
        .map(|_| one_each(-1))
        .chain((0..c).map(|_| one_each(1)))
        .collect();
    sign_flip_exact(&tasks)
}

/// Exact sign-flip test, clustered by task (Fisher 1935): the probability of a total lead at least this
/// large if, on each task, it were a coin's toss which arm is ahead. Two-sided. With one pair a task this is
/// the exact McNemar test; with several seeds, the plays of one task are flipped together, because they
/// are not independent.
///
/// The distribution of the total is built up task by task, so it is exact for any number of tasks.
pub fn sign_flip_exact(tasks: &[PairedTask]) -> f64 {
    let observed = tasks.iter().map(PairedTask::lead_of_b).sum::<i64>().abs();
    let mut totals = BTreeMap::from([(0i64, 1.0f64)]);
    for lead in tasks.iter().map(PairedTask::lead_of_b) {
        if lead == 0 {
            continue;
        }
        let mut next = BTreeMap::new();
        for (total, probability) in totals {
            for lead in [lead, -lead] {
                *next.entry(total + lead).or_insert(0.0) += probability / 2.0;
            }
        }
        totals = next;
    }
    let tail: f64 = totals
        .iter()
        .filter(|(total, _)| total.abs() >= observed)
        .map(|(_, probability)| probability)
        .sum();
    tail.min(1.0)
}

/// The smallest difference of success rates that a paired comparison of `n` tasks finds four times in five
/// (power 80 %, two-sided 5 %) when the arms differ on a share `discordant` of the tasks: the root of
/// Miettinen's sample size formula for McNemar's test (Miettinen 1968; Connor 1987). `None` when not even
/// the largest possible difference would be found.
pub fn smallest_detectable(n: u32, discordant: f64) -> Option<f64> {
    let n = f64::from(n);
    // Positive where the difference is found.
    let margin = |difference: f64| {
        let spread = (discordant - difference * difference).max(0.0).sqrt();
        difference * n.sqrt() - Z_95 * discordant.sqrt() - Z_POWER * spread
    };
    let (mut low, mut high) = (0.0, discordant);
    if discordant <= 0.0 || margin(high) < 0.0 {
        return None;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if margin(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}
