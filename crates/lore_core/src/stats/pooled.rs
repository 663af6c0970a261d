//! Rates over tasks that were played several times.
//!
//! The same task played with three seeds is not three tasks: what is hard stays hard. Counting each play
//! as independent would make intervals too narrow. The number of plays is therefore divided by the design
//! effect, the factor by which plays of one task vary together (Kish 1965; the variance is the
//! cluster-robust one of Liang and Zeger 1986), before Wilson's interval is taken.

use super::interval;

/// The plays of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Plays that succeeded.
    pub successes: u32,
    /// Plays.
    pub n: u32,
}

/// The 95 % interval of the pooled success rate. Equal to [`super::wilson`] when every task was played
/// once, and no narrower than that of one play a task when all plays of a task end the same way.
pub fn pooled_wilson(clusters: &[Cluster]) -> (f64, f64) {
    let played = || clusters.iter().filter(|cluster| cluster.n > 0);
    let n: f64 = played().map(|cluster| f64::from(cluster.n)).sum();
    if n == 0.0 {
        return (0.0, 1.0);
    }
    let successes: f64 = played().map(|cluster| f64::from(cluster.successes)).sum();
    let p = successes / n;
    interval::of_rate(p, n / design_effect(clusters, p, n))
}

/// The cluster-robust variance over that of independent plays; at least 1.
fn design_effect(clusters: &[Cluster], p: f64, n: f64) -> f64 {
    let independent = n * p * (1.0 - p);
    if independent <= 0.0 {
        // Nothing varies, so nothing can be seen of what varies together: count every task once.
        let tasks = clusters.iter().filter(|cluster| cluster.n > 0).count();
        return n / tasks as f64;
    }
    let clustered: f64 = clusters
        .iter()
        .map(|cluster| {
            let residual = f64::from(cluster.successes) - p * f64::from(cluster.n);
            residual * residual
        })
        .sum();
    (clustered / independent).max(1.0)
}
