//! Dropout whose mask can be made again from its seed.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::numbers::{numbers, slice, tensor};
use crate::kernels::simd::vectorized_fn;

/// Zeroes inputs with a probability and scales the others up, so that the mean stays (Srivastava et
/// al. 2014). The mask is a function of the seed and the position alone: the backward pass makes it
/// again instead of keeping it, and a resumed training draws what an uninterrupted one would have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Of dropping an input; 0 switches dropout off.
    pub probability: f64,
    /// Decides the mask.
    pub seed: u64,
}

/// `x` `[tokens, features]` with some of it dropped.
pub fn drop_inputs(x: &Tensor, dropout: Dropout) -> Result<Tensor> {
    x.apply_op1(dropout)
}

/// Inputs that one thread takes at once.
const INPUTS_PER_TASK: usize = 16 * 1024;

impl Dropout {
    /// No dropout.
    pub const OFF: Self = Self {
        probability: 0.0,
        seed: 0,
    };

    /// True when nothing is dropped.
    pub fn is_off(&self) -> bool {
        self.probability <= 0.0
    }

    /// Multiplies `x` with the mask in place.
    pub(super) fn apply(&self, x: &mut [f32]) {
        if self.probability >= 1.0 {
            x.fill(0.0);
            return;
        }
        let probability = self.probability.max(0.0);
        let threshold = (probability * f64::from(u32::MAX)) as u32;
        let scale = (1.0 / (1.0 - probability)) as f32;
        let keys = [self.seed as u32, (self.seed >> 32) as u32];
        x.par_chunks_mut(INPUTS_PER_TASK)
            .enumerate()
            .for_each(|(task, x)| {
                let first = (task * INPUTS_PER_TASK) as u32;
                drop_below(x, first, keys, threshold, scale);
            });
    }
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut y = slice(storage, layout)?.to_vec();
        self.apply(&mut y);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad_y: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        let grad_y = grad_y.contiguous()?;
        let mut grad_x = numbers(&grad_y)?.to_vec();
        self.apply(&mut grad_x);
        Ok(Some(tensor(grad_x, x.dims())?))
    }
}

vectorized_fn! {
    /// Drops the inputs, numbered from `first`, whose draw is below `threshold`, and scales others.
    fn drop_below(x: &mut [f32], first: u32, keys: [u32; 2], threshold: u32, scale: f32) {
        for (input, index) in x.iter_mut().zip(0u32..) {
            let factor = if draw(first.wrapping_add(index), keys) < threshold {
                0.0
            } else {
                scale
            };
            *input *= factor;
        }
    }
}

/// 32 evenly distributed bits for each index and key: the mixing steps of Wellons' `lowbias32`, with
/// one half of the key before and one between its two multiplications.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
fn draw(index: u32, keys: [u32; 2]) -> u32 {
    let mut bits = index.wrapping_add(keys[0]);
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x7feb_352d) ^ keys[1];
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x846c_a68b);
    bits ^ (bits >> 16)
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
        // Masks of different seeds have as much in common as chance gives them.
        for seed in [2, 1 << 20, 1 << 40] {
            let both = x
                .iter()
                .zip(mask(seed))
                .filter(|(a, b)| **a == 0.0 && *b == 0.0);
            assert!((320..480).contains(&both.count()), "seed {seed}");
        }
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
