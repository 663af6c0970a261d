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
            let fast = (turns - self.low_freq_factor) / span;
            1.0 / ((1.0 - fast) / self.factor + fast)
        }
    }
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
}
