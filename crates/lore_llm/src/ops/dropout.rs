//! Dropout whose mask can be made again from its seed.

use rayon::prelude::*;

/// Zeroes inputs with a probability and scales the others up, so that the mean stays (Srivastava et
/// al. 2014). The mask is a function of the seed and the position alone: the backward pass makes it
/// again instead of keeping it, and a resumed training draws what an uninterrupted one would have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Of dropping an input; 0 switches dropout off. Counted in steps of 1/65536.
    pub probability: f64,
    /// Decides the mask.
    pub seed: u64,
}

/// Inputs that share one draw of 64 bits.
const INPUTS_PER_DRAW: usize = 4;

/// Draws that one thread makes at once.
const DRAWS_PER_TASK: usize = 4096;

impl Dropout {
    /// No dropout.
    pub const OFF: Self = Self {
        probability: 0.0,
        seed: 0,
    };

    /// True when nothing is dropped.
    pub fn is_off(&self) -> bool {
        self.threshold() == 0
    }

    /// Draws below this are dropped.
    fn threshold(&self) -> u64 {
        (self.probability.clamp(0.0, 1.0) * 65_536.0).round() as u64
    }

    /// Multiplies `x` with the mask in place.
    pub(super) fn apply(&self, x: &mut [f32]) {
        let threshold = self.threshold();
        let scale = if self.probability < 1.0 {
            (1.0 / (1.0 - self.probability)) as f32
        } else {
            0.0
        };
        x.par_chunks_mut(INPUTS_PER_DRAW * DRAWS_PER_TASK)
            .enumerate()
            .for_each(|(task, x)| {
                for (index, inputs) in x.chunks_mut(INPUTS_PER_DRAW).enumerate() {
                    let mut draw = split_mix(self.seed, (task * DRAWS_PER_TASK + index) as u64);
                    for input in inputs {
                        let factor = if draw & 0xffff < threshold {
                            0.0
                        } else {
                            scale
                        };
                        *input *= factor;
                        draw >>= 16;
                    }
                }
            });
    }
}

/// Number `index` of the `SplitMix64` sequence that starts at `seed` (Steele, Lea and Flood 2014).
fn split_mix(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_keeps_the_mean_and_follows_the_seed() {
        let mask = |seed| {
            let mut x = vec![1.0; 40_000];
            let dropout = Dropout {
                probability: 0.1,
                seed,
            };
            dropout.apply(&mut x);
            x
        };
        let x = mask(1);
        assert!((x.iter().sum::<f32>() / 40_000.0 - 1.0).abs() < 0.01);
        let dropped = x.iter().filter(|v| **v == 0.0).count();
        assert!((3_700..4_300).contains(&dropped), "{dropped} dropped");
        assert_eq!(x, mask(1));
        assert_ne!(x, mask(2));
    }

    #[test]
    fn everything_can_be_dropped() {
        let mut x = [1.0; 9];
        let all = Dropout {
            probability: 1.0,
            seed: 3,
        };
        all.apply(&mut x);
        assert!(x.iter().all(|x| *x == 0.0));
        assert!(Dropout::OFF.is_off());
    }
}
