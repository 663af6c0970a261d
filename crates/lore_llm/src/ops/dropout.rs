//! Dropout whose mask can be made again from its seed.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::numbers::{numbers, slice, tensor};
use crate::kernels::simd::vectorized_fn;

/// Zeroes inputs with a probability and scales the others up, so that the mean stays (Srivastava et
/// al. 2014). A mask is a function of its seed and the position alone: the backward pass makes it again
/// instead of keeping it, and a resumed training draws what an uninterrupted one would have.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// Of dropping an input; 0 switches dropout off.
    pub probability: f64,
    /// Those of the sequences among the rows, in order.
    pub masks: Vec<Mask>,
}

/// What is dropped of one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Rows of the sequence.
    pub rows: usize,
    /// Decides the mask.
    pub seed: u64,
}

/// `x` `[tokens, features]` with some of it dropped.
pub fn drop_inputs(x: &Tensor, dropout: &Dropout) -> Result<Tensor> {
    x.apply_op1(dropout.clone())
}

/// Inputs that one thread takes at once.
const INPUTS_PER_TASK: usize = 16 * 1024;

impl Dropout {
    /// No dropout.
    pub const OFF: Self = Self {
        probability: 0.0,
        masks: Vec::new(),
    };

    /// True when nothing is dropped.
    pub fn is_off(&self) -> bool {
        self.probability <= 0.0
    }

    /// Multiplies `x` `[tokens, width]` with the masks in place.
    pub(super) fn apply(&self, x: &mut [f32], width: usize) {
        let mut rest = x;
        for mask in &self.masks {
            let (sequence, behind) = rest.split_at_mut(mask.rows * width);
            self.apply_one(sequence, mask.seed);
            rest = behind;
        }
        debug_assert!(self.is_off() || rest.is_empty(), "every row has a mask");
    }

    /// Multiplies one sequence with its mask.
    fn apply_one(&self, x: &mut [f32], seed: u64) {
        if self.probability >= 1.0 {
            x.fill(0.0);
            return;
        }
        let probability = self.probability.max(0.0);
        let threshold = (probability * f64::from(u32::MAX)) as u32;
        let scale = (1.0 / (1.0 - probability)) as f32;
        let keys = [seed as u32, (seed >> 32) as u32];
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
        let (_, width) = layout.shape().dims2()?;
        let mut y = slice(storage, layout)?.to_vec();
        self.apply(&mut y, width);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad_y: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        let grad_y = grad_y.contiguous()?;
        let mut grad_x = numbers(&grad_y)?.to_vec();
        self.apply(&mut grad_x, x.dim(1)?);
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

    /// Sequences of 40 000 inputs, dropped by the seeds.
    fn dropped<const N: usize>(probability: f64, seeds: [u64; N]) -> Vec<f32> {
        let mut x = vec![1.0; 40_000 * N];
        let dropout = Dropout {
            probability,
            masks: seeds.map(|seed| Mask { rows: 400, seed }).to_vec(),
        };
        dropout.apply(&mut x, 100);
        x
    }

    #[test]
    fn the_mask_keeps_the_mean_and_follows_the_seed() {
        let mask = |seed| dropped(0.1, [seed]);
        let x = mask(1);
        assert!((x.iter().sum::<f32>() / 40_000.0 - 1.0).abs() < 0.01);
        let num_dropped = x.iter().filter(|v| **v == 0.0).count();
        assert!((3_700..4_300).contains(&num_dropped), "{num_dropped}");
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
    fn a_sequence_has_the_mask_that_it_has_alone() {
        let together = dropped(0.1, [5, 6]);
        assert_eq!(together, [dropped(0.1, [5]), dropped(0.1, [6])].concat());
    }

    #[test]
    fn everything_can_be_dropped() {
        assert!(dropped(1.0, [3]).iter().all(|x| *x == 0.0));
        assert!(Dropout::OFF.is_off());
    }
}
