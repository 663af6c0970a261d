//! Resampling.

use super::{Estimate, PairedTask};

/// How often the tasks are drawn anew.
pub const BOOTSTRAP_SAMPLES: usize = 10_000;

/// The state that every resampling starts from: the same data give the same interval.
const SEED: u64 = 0x5EED_0F10_4E4E_E9E5;

/// The difference of success rates (second arm minus first) with its 95 % percentile interval: whole tasks
/// are drawn with replacement, so that plays of one task stay together (Efron and Tibshirani 1993,
/// section 13.3). `None` without any pair.
pub fn clustered_bootstrap(tasks: &[PairedTask]) -> Option<Estimate> {
    let value = difference(tasks.iter())?;
    let mut random = SplitMix(SEED);
    let mut drawn = Vec::with_capacity(BOOTSTRAP_SAMPLES);
    for _ in 0..BOOTSTRAP_SAMPLES {
        let sample = (0..tasks.len()).map(|_| &tasks[random.below(tasks.len())]);
        drawn.extend(difference(sample));
    }
    drawn.sort_by(f64::total_cmp);
    Some(Estimate {
        value,
        low: quantile(&drawn, 0.025),
        high: quantile(&drawn, 0.975),
    })
}

fn difference<'a>(tasks: impl Iterator<Item = &'a PairedTask>) -> Option<f64> {
    let (lead, n) = tasks.fold((0, 0), |(lead, n), task| {
        (lead + task.lead_of_b(), n + u64::from(task.n))
    });
    (n > 0).then(|| lead as f64 / n as f64)
}

/// Linear between the neighbours, as NumPy does it. `sorted` is not empty.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let weight = place - below as f64;
    sorted[below] * (1.0 - weight) + sorted[above] * weight
}

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`, by multiplication (Lemire 2019); its bias is below 2⁻³² for real limits.
    fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }
}
