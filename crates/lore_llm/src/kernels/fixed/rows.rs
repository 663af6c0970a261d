//! Numbers in fixed point.

use rayon::prelude::*;

use super::super::dot::{dot_lanes, fold_max};
use super::super::simd::vectorized_fn;
use super::product::Row;
use super::{BLOCK, PAIRS, RowBlock};

/// A rounded block has at most this norm and half a unit in each of its numbers: two of them
/// multiply to less than 2^31.
const NORM_LIMIT: f32 = 46_330.0;

/// The largest integer.
const LARGEST: f32 = 32_767.0;

/// Adding 1.5 · 2^23 rounds to an integer, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// Rows that one thread rounds at least.
const ROWS_PER_TASK: usize = 16;

/// Rows of activations or gradients in fixed point, row major, the last block of a row filled up
/// with zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FixedRows {
    rows: usize,
    /// Blocks of a row.
    blocks: usize,
    data: Vec<RowBlock>,
    /// What one unit of each block stands for.
    scales: Vec<f32>,
}

impl FixedRows {
    /// Rounds `x` `[_, cols]`.
    pub fn new(x: &[f32], cols: usize) -> Self {
        let mut rows = Self::default();
        rows.set(x, cols);
        rows
    }

    /// Rounds `x` `[_, cols]` into the memory that is there.
    pub fn set(&mut self, x: &[f32], cols: usize) {
        assert!(cols > 0 && x.len().is_multiple_of(cols), "whole rows");
        self.rows = x.len() / cols;
        self.blocks = cols.div_ceil(BLOCK);
        let len = self.rows * self.blocks;
        self.data.resize(len, [[0; 2]; PAIRS]);
        self.scales.resize(len, 0.0);
        x.par_chunks(cols)
            .zip(self.data.par_chunks_mut(self.blocks))
            .zip(self.scales.par_chunks_mut(self.blocks))
            .with_min_len(ROWS_PER_TASK)
            .for_each(|((x, data), scales)| round_row(x, data, scales));
    }

    /// How many.
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The blocks of a row and their scales.
    pub(super) fn row(&self, row: usize) -> Row<'_> {
        let range = row * self.blocks..(row + 1) * self.blocks;
        (&self.data[range.clone()], &self.scales[range])
    }
}

vectorized_fn! {
    fn round_row(x: &[f32], data: &mut [RowBlock], scales: &mut [f32]) {
        for ((x, data), scale) in x.chunks(BLOCK).zip(data).zip(scales) {
            if let Ok(x) = x.try_into() {
                *scale = round_lanes(x, data);
            } else {
                let mut filled = [0.0; BLOCK];
                filled[..x.len()].copy_from_slice(x);
                *scale = round_lanes(&filled, data);
            }
        }
    }
}

vectorized_fn! {
    /// Rounds a block and returns what one unit stands for: not a number when a number in it is not
    /// finite, so that a product with it is none either.
    pub(super) fn round_block(x: &[f32; BLOCK], out: &mut RowBlock) -> f32 {
        round_lanes(x, out)
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
fn round_lanes(x: &[f32; BLOCK], out: &mut RowBlock) -> f32 {
    let norm = dot_lanes(x, x).sqrt();
    let mut largest = [0.0f32; 16];
    for chunk in x.as_chunks::<16>().0 {
        for (largest, x) in largest.iter_mut().zip(chunk) {
            *largest = if x.abs() > *largest {
                x.abs()
            } else {
                *largest
            };
        }
    }
    let largest = fold_max(largest);
    let unit = (norm / NORM_LIMIT).max(largest / LARGEST);
    let inverse = 1.0 / unit;
    if !inverse.is_normal() || !norm.is_finite() {
        out.fill([0; 2]);
        return if norm.is_finite() { 0.0 } else { f32::NAN };
    }
    for (out, x) in out.as_flattened_mut().iter_mut().zip(x) {
        *out = (x * inverse + ROUND).to_bits() as i16;
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(x: [f32; BLOCK], tolerance: f32) -> f32 {
        let mut rounded = [[0; 2]; PAIRS];
        let unit = round_block(&x, &mut rounded);
        let square: i64 = rounded
            .as_flattened()
            .iter()
            .map(|q| i64::from(*q).pow(2))
            .sum();
        assert!(square < 1 << 31, "a product of two such blocks overflows");
        for (x, q) in x.iter().zip(rounded.as_flattened()) {
            assert!((x - f32::from(*q) * unit).abs() <= tolerance, "{x} {q}");
        }
        unit
    }

    #[test]
    fn blocks_of_any_size_stay_within_their_bound() {
        for size in [1e-15, 1.0, 1e15] {
            let wave: [f32; BLOCK] = std::array::from_fn(|i| size * (i as f32 * 1.7).sin());
            check(wave, size * 1e-4);
            check([size; BLOCK], size * 1e-4);
            let mut spike = [0.0; BLOCK];
            spike[7] = -size;
            check(spike, size * 1e-6);
        }
        assert!(check([0.0; BLOCK], 0.0) == 0.0);
    }

    #[test]
    fn what_is_not_finite_stays_visible() {
        for bad in [f32::NAN, f32::INFINITY, 1e30] {
            let mut x = [1.0; BLOCK];
            x[3] = bad;
            assert!(round_block(&x, &mut [[0; 2]; PAIRS]).is_nan());
        }
    }
}
