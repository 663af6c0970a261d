//! The statistics against SciPy and statsmodels, whose answers `tests/reference/success_rates.py` stores.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use lore_core::stats::{
    Cluster, Estimate, PairedTask, clustered_bootstrap, holm, mcnemar_exact, newcombe,
    pooled_wilson, sign_flip_exact, smallest_detectable, wilson,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    wilson: Vec<([u32; 2], [f64; 2])>,
    newcombe: Vec<([u32; 4], [f64; 2])>,
    mcnemar: Vec<([u32; 2], f64)>,
    sign_flip: Vec<(Vec<i64>, f64)>,
    holm: Vec<(Vec<f64>, Vec<f64>)>,
    pooled: Vec<(Vec<[u32; 2]>, [f64; 2])>,
    bootstrap: Vec<(Vec<[u32; 3]>, [f64; 3])>,
    detectable: Vec<((u32, f64), Option<f64>)>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("fixtures/statistics.json")).unwrap()
}

#[track_caller]
fn close(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance, "{ours} is not {theirs}");
}

fn rate(successes: u32, n: u32) -> Estimate {
    let (low, high) = wilson(successes, n);
    let value = f64::from(successes) / f64::from(n);
    Estimate { value, low, high }
}

#[test]
fn intervals_agree_with_statsmodels() {
    for ([successes, n], [low, high]) in reference().wilson {
        let ours = wilson(successes, n);
        close(ours.0, low, 1e-9);
        close(ours.1, high, 1e-9);
    }
    assert_eq!(wilson(0, 0), (0.0, 1.0));
    for ([a, n_a, b, n_b], [low, high]) in reference().newcombe {
        let ours = newcombe(rate(a, n_a), rate(b, n_b));
        close(ours.low, low, 1e-9);
        close(ours.high, high, 1e-9);
    }
}

#[test]
fn paired_tests_agree_with_scipy() {
    for ([b, c], p) in reference().mcnemar {
        close(mcnemar_exact(b, c), p, 1e-9);
    }
    for (leads, p) in reference().sign_flip {
        let tasks: Vec<PairedTask> = leads
            .iter()
            .map(|lead| PairedTask {
                n: 3,
                only_a: u32::try_from(-lead).unwrap_or(0),
                only_b: u32::try_from(*lead).unwrap_or(0),
            })
            .collect();
        close(sign_flip_exact(&tasks), p, 1e-9);
    }
}

#[test]
fn corrections_agree_with_statsmodels() {
    for (p_values, corrected) in reference().holm {
        for (ours, theirs) in holm(&p_values).into_iter().zip(corrected) {
            close(ours, theirs, 1e-12);
        }
    }
}

#[test]
fn pooled_intervals_agree_with_cluster_robust_variances() {
    for (clusters, [low, high]) in reference().pooled {
        let clusters: Vec<Cluster> = clusters
            .into_iter()
            .map(|[successes, n]| Cluster { successes, n })
            .collect();
        let ours = pooled_wilson(&clusters);
        close(ours.0, low, 1e-9);
        close(ours.1, high, 1e-9);
    }
    let once = [1, 0, 1, 1].map(|successes| Cluster { successes, n: 1 });
    assert_eq!(pooled_wilson(&once), wilson(3, 4), "one play a task");
    let alike = [3, 0, 3, 3].map(|successes| Cluster { successes, n: 3 });
    let (low, high) = pooled_wilson(&alike);
    close(low, wilson(3, 4).0, 1e-12);
    close(high, wilson(3, 4).1, 1e-12);
}

/// SciPy draws other samples, so the ends agree within the noise of resampling.
#[test]
fn resampled_intervals_agree_with_scipy() {
    for (tasks, [value, low, high]) in reference().bootstrap {
        let tasks: Vec<PairedTask> = tasks
            .into_iter()
            .map(|[n, only_a, only_b]| PairedTask { n, only_a, only_b })
            .collect();
        let ours = clustered_bootstrap(&tasks).unwrap();
        close(ours.value, value, 1e-12);
        close(ours.low, low, 0.012);
        close(ours.high, high, 0.012);
        assert_eq!(
            clustered_bootstrap(&tasks),
            Some(ours),
            "same data, same interval"
        );
    }
    assert_eq!(clustered_bootstrap(&[]), None);
}

#[test]
fn the_smallest_detectable_difference_solves_miettinens_formula() {
    for ((n, discordant), expected) in reference().detectable {
        match (smallest_detectable(n, discordant), expected) {
            (Some(ours), Some(theirs)) => close(ours, theirs, 1e-9),
            (ours, theirs) => assert_eq!(ours, theirs, "{n} tasks, {discordant}"),
        }
    }
}
