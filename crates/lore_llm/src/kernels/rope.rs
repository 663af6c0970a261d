//! Rotary position embedding (Su et al. 2021), in the half-split layout of Hugging Face checkpoints.

use super::simd::vectorized_fn;
use rayon::prelude::*;

use super::MIN_ROWS_PER_TASK;

/// Cosines and sines of every position.
#[derive(Clone, Debug)]
pub struct RopeTable {
    /// `[positions, head_dim / 2]`.
    cos: Vec<f32>,
    sin: Vec<f32>,
    head_dim: usize,
}

/// Which way a rotation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// As the forward pass does.
    Forward,
    /// Back: the gradient of [`Rotation::Forward`], and its inverse where nothing is scaled.
    Backward,
}

impl RopeTable {
    /// The table of a model without frequency scaling: frequency `i` is `theta^(-2i / head_dim)`.
    pub fn new(theta: f64, head_dim: usize, num_positions: usize) -> Self {
        let frequencies: Vec<f64> = (0..head_dim / 2)
            .map(|i| theta.powf(-2.0 * i as f64 / head_dim as f64))
            .collect();
        Self::scaled(&frequencies, num_positions, |_| 1.0)
    }

    /// The table of given frequencies (radians per position), one for each pair of a head, whose
    /// rotations also scale by a factor for each position.
    pub fn scaled(
        frequencies: &[f64],
        num_positions: usize,
        factor: impl Fn(usize) -> f64,
    ) -> Self {
        let capacity = num_positions * frequencies.len();
        let mut table = Self {
            cos: Vec::with_capacity(capacity),
            sin: Vec::with_capacity(capacity),
            head_dim: 2 * frequencies.len(),
        };
        for position in 0..num_positions {
            let factor = factor(position);
            for frequency in frequencies {
                let (sin, cos) = (position as f64 * frequency).sin_cos();
                table.cos.push((factor * cos) as f32);
                table.sin.push((factor * sin) as f32);
            }
        }
        table
    }

    /// Positions the table holds.
    pub fn num_positions(&self) -> usize {
        2 * self.cos.len() / self.head_dim.max(1)
    }

    /// Rotates every head of every row of `x` `[rows, width]` in place; row `i` stands at position
    /// `offset + i`. `width` is a multiple of the head size.
    ///
    /// Panics when a position lies beyond the table.
    pub fn apply(&self, x: &mut [f32], width: usize, offset: usize, rotation: Rotation) {
        let half = self.head_dim / 2;
        assert_eq!(width % self.head_dim, 0, "whole heads");
        assert_eq!(x.len() % width, 0, "whole rows");
        assert!(
            offset + x.len() / width <= self.num_positions(),
            "position beyond the rotation table"
        );
        let sign = match rotation {
            Rotation::Forward => 1.0,
            Rotation::Backward => -1.0,
        };
        let rotate = |(row, x): (usize, &mut [f32])| {
            let start = (offset + row) * half;
            let cos = &self.cos[start..start + half];
            let sin = &self.sin[start..start + half];
            rotate_heads(x, cos, sin, sign);
        };
        if x.len() < 2 * MIN_ROWS_PER_TASK * width {
            return x.chunks_mut(width).enumerate().for_each(rotate);
        }
        x.par_chunks_mut(width)
            .with_min_len(MIN_ROWS_PER_TASK)
            .enumerate()
            .for_each(rotate);
    }
}

vectorized_fn! {
    /// Rotates heads of `2 · cos.len()` numbers at one position.
    fn rotate_heads(x: &mut [f32], cos: &[f32], sin: &[f32], sign: f32) {
        for head in x.chunks_exact_mut(2 * cos.len()) {
            let (first, second) = head.split_at_mut(cos.len());
            let pairs = first.iter_mut().zip(second).zip(cos.iter().zip(sin));
            for ((a, b), (cos, sin)) in pairs {
                let sin = sign * sin;
                (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backward_undoes_forward() {
        let table = RopeTable::new(10_000.0, 8, 12);
        let x: Vec<f32> = (0..5 * 16).map(|i| i as f32 * 0.1 - 3.0).collect();
        let mut y = x.clone();
        table.apply(&mut y, 16, 7, Rotation::Forward);
        assert!((y[0] - x[0]).abs() > 0.01, "something turns");
        table.apply(&mut y, 16, 7, Rotation::Backward);
        for (a, b) in x.iter().zip(&y) {
            assert!((a - b).abs() < 1e-5);
        }
    }

    #[test]
    fn an_offset_shifts_positions() {
        let table = RopeTable::new(10_000.0, 4, 6);
        let mut whole = vec![1.0; 6 * 4];
        table.apply(&mut whole, 4, 0, Rotation::Forward);
        let mut tail = vec![1.0; 2 * 4];
        table.apply(&mut tail, 4, 4, Rotation::Forward);
        assert_eq!(&whole[16..], &tail[..]);
    }
}
