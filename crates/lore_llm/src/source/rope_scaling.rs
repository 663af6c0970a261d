//! Scaled rotary frequencies, as divisors of the plain ones.

use std::f64::consts::TAU;

/// Llama 3.1's scaling: slow rotations are slowed down further, fast ones stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Llama3Scaling {
    /// By how much the slowest are slowed.
    pub(crate) factor: f64,
    /// Rotations that turn fewer times than this within the old context are slowed fully.
    pub(crate) low_freq_factor: f64,
    /// Rotations that turn more often than this stay.
    pub(crate) high_freq_factor: f64,
    /// The old context, in tokens.
    pub(crate) original_context: f64,
}

impl Llama3Scaling {
    /// One divisor for each pair of a head.
    pub(crate) fn factors(&self, theta: f64, head_dim: usize) -> Vec<f32> {
        (0..head_dim / 2)
            .map(|pair| {
                let frequency = theta.powf(-2.0 * pair as f64 / head_dim as f64);
                self.divisor(frequency) as f32
            })
            .collect()
    }

    fn divisor(&self, frequency: f64) -> f64 {
        let turns = self.original_context * frequency / TAU;
        if turns > self.high_freq_factor {
            1.0
        } else if turns < self.low_freq_factor {
            self.factor
        } else {
            let span = self.high_freq_factor - self.low_freq_factor;
            mixed_divisor(self.factor, (turns - self.low_freq_factor) / span)
        }
    }
}

/// `YaRN` (Peng et al. 2023): like [`Llama3Scaling`], but the share that is slowed grows with the
/// number of the pair, and queries and keys grow a little.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Yarn {
    /// By how much the slowest are slowed.
    pub(crate) factor: f64,
    /// Pairs that turn more often than this within the old context stay.
    pub(crate) beta_fast: f64,
    /// Pairs that turn less often than this are slowed fully.
    pub(crate) beta_slow: f64,
    /// The old context, in tokens.
    pub(crate) original_context: f64,
    /// Whether the pairs between which the share grows are rounded outwards.
    pub(crate) whole_pairs: bool,
}

impl Yarn {
    /// One divisor for each pair of a head.
    pub(crate) fn factors(&self, theta: f64, head_dim: usize) -> Vec<f32> {
        let pair_of = |turns: f64| {
            let period = self.original_context / (turns * TAU);
            head_dim as f64 * period.ln() / (2.0 * theta.ln())
        };
        let (mut low, mut high) = (pair_of(self.beta_fast), pair_of(self.beta_slow));
        if self.whole_pairs {
            (low, high) = (low.floor(), high.ceil());
        }
        (low, high) = (low.max(0.0), high.min(head_dim as f64 - 1.0));
        // The smallest step that keeps the quotient finite, as the reference takes it.
        let span = if high > low { high - low } else { 0.001 };
        (0..head_dim / 2)
            .map(|pair| {
                let slowed = ((pair as f64 - low) / span).clamp(0.0, 1.0);
                mixed_divisor(self.factor, 1.0 - slowed) as f32
            })
            .collect()
    }

    /// The factor of rotated queries and keys. Given two magnitudes, those of the original and of
    /// the scaled model, it is their quotient.
    pub(crate) fn amplitude(&self, magnitudes: Option<(f64, f64)>) -> f64 {
        let magnitude = |scale: f64| {
            if self.factor <= 1.0 {
                1.0
            } else {
                0.1 * scale * self.factor.ln() + 1.0
            }
        };
        match magnitudes.filter(|(one, other)| *one != 0.0 && *other != 0.0) {
            Some((one, other)) => magnitude(one) / magnitude(other),
            None => magnitude(1.0),
        }
    }
}

/// The divisor of a frequency of which a share stays as it is and the rest is divided.
fn mixed_divisor(factor: f64, share: f64) -> f64 {
    1.0 / ((1.0 - share) / factor + share)
}

/// The scaling of Llama 3.1 and later that gives these divisors, with the bounds that all released models
/// share; `None` when none does. The old context is a power of two.
pub(crate) fn llama3_scaling(
    factors: &[f32],
    theta: f64,
    head_dim: usize,
) -> Option<Llama3Scaling> {
    let slowest = factors.iter().copied().fold(1.0f32, f32::max);
    (4..20).find_map(|exponent| {
        let scaling = Llama3Scaling {
            factor: slowest.into(),
            low_freq_factor: 1.0,
            high_freq_factor: 4.0,
            original_context: f64::from(1u32 << exponent),
        };
        let expected = scaling.factors(theta, head_dim);
        let is_same = factors.len() == expected.len()
            && factors
                .iter()
                .zip(&expected)
                .all(|(a, b)| (a - b).abs() <= 1e-4 * b.abs());
        is_same.then_some(scaling)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `transformers.modeling_rope_utils` for Llama 3.2 1B (theta 500000, head 64).
    #[test]
    fn fast_rotations_stay_and_slow_ones_are_slowed() {
        let scaling = Llama3Scaling {
            factor: 32.0,
            low_freq_factor: 1.0,
            high_freq_factor: 4.0,
            original_context: 8192.0,
        };
        let factors = scaling.factors(500_000.0, 64);
        assert_eq!(factors.len(), 32);
        assert!((factors[0] - 1.0).abs() < 1e-6);
        assert!((factors[31] - 32.0).abs() < 1e-6);
        assert!(factors.is_sorted());
    }

    /// Values of `transformers.modeling_rope_utils` for Ministral 3 8B (theta 1000000, head 128).
    #[test]
    fn yarn_slows_a_growing_share() {
        let yarn = Yarn {
            factor: 16.0,
            beta_fast: 32.0,
            beta_slow: 1.0,
            original_context: 16_384.0,
            whole_pairs: true,
        };
        let factors = yarn.factors(1e6, 128);
        let expected = [
            (20, 1.0),
            (24, 1.283_018_8),
            (28, 1.789_473_5),
            (36, 8.5),
            (40, 16.0),
        ];
        for (pair, expected) in expected {
            let factor = factors[pair];
            assert!(
                (factor / expected - 1.0).abs() < 1e-5,
                "{factor} {expected}"
            );
        }
        assert!((yarn.amplitude(Some((1.0, 1.0))) - 1.0).abs() < 1e-12);
        assert!((yarn.amplitude(None) - 1.277_258_872).abs() < 1e-9);
    }
}
