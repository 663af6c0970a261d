//! Weights in the small formats of files, unpacked while they are multiplied.
//!
//! Decoding reads every weight once a token and waits for memory: fewer bytes a weight are more
//! tokens a second. A product with packed weights is bit for bit the product with the same weights
//! unpacked, as [`super::matmul_nt`] computes it for few rows.

use rayon::prelude::*;

use super::dot::{LANES, fold};
use super::linear::WEIGHT_ROWS_PER_TASK;
use super::simd::vectorized;

/// Weights of one block.
pub const BLOCK: usize = 32;

/// A matrix `[rows, cols]` of weights in blocks along the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedMatrix {
    /// Numbers that come out of a product with a vector.
    pub rows: usize,
    /// Numbers that go in; a multiple of [`BLOCK`].
    pub cols: usize,
    /// The numbers, row after row.
    pub blocks: Blocks,
}

/// Blocks of a format.
#[derive(Clone, Debug, PartialEq)]
pub enum Blocks {
    /// Four bits a weight.
    Nibbles(Vec<NibbleBlock>),
    /// Eight bits a weight.
    Bytes(Vec<ByteBlock>),
    /// The upper half of each f32.
    Bf16(Vec<[u16; BLOCK]>),
}

/// Weights `scale * quant + shift`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NibbleBlock {
    /// Factor.
    pub scale: f32,
    /// Term.
    pub shift: f32,
    /// Low nibbles are the first half of the weights, high nibbles the second.
    pub quants: [u8; BLOCK / 2],
}

/// Weights `scale * quant`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByteBlock {
    /// Factor.
    pub scale: f32,
    /// One for each weight.
    pub quants: [i8; BLOCK],
}

/// A block of some format.
trait Unpack: Copy + Sync {
    fn unpack(&self) -> [f32; BLOCK];
}

impl Unpack for NibbleBlock {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled with the caller's instruction set"
    )]
    fn unpack(&self) -> [f32; BLOCK] {
        let mut weights = [0.0; BLOCK];
        let (first, second) = weights.split_at_mut(BLOCK / 2);
        for index in 0..BLOCK / 2 {
            let quants = self.quants[index];
            // Products of a half-precision scale and four bits are exact: only the sum rounds.
            first[index] = f32::from(quants & 15) * self.scale + self.shift;
            second[index] = f32::from(quants >> 4) * self.scale + self.shift;
        }
        weights
    }
}

impl Unpack for ByteBlock {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled with the caller's instruction set"
    )]
    fn unpack(&self) -> [f32; BLOCK] {
        self.quants.map(|quant| f32::from(quant) * self.scale)
    }
}

impl Unpack for [u16; BLOCK] {
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled with the caller's instruction set"
    )]
    fn unpack(&self) -> [f32; BLOCK] {
        self.map(|upper| f32::from_bits(u32::from(upper) << 16))
    }
}

impl PackedMatrix {
    /// The matrix with row `order[i]` as row `i`.
    pub fn reordered(&self, order: &[usize]) -> Self {
        let blocks = match &self.blocks {
            Blocks::Nibbles(blocks) => Blocks::Nibbles(self.pick_rows(blocks, order)),
            Blocks::Bytes(blocks) => Blocks::Bytes(self.pick_rows(blocks, order)),
            Blocks::Bf16(blocks) => Blocks::Bf16(self.pick_rows(blocks, order)),
        };
        Self {
            rows: order.len(),
            cols: self.cols,
            blocks,
        }
    }

    fn pick_rows<T: Copy>(&self, blocks: &[T], order: &[usize]) -> Vec<T> {
        let width = self.cols / BLOCK;
        let rows = order.iter();
        rows.flat_map(|row| &blocks[row * width..(row + 1) * width])
            .copied()
            .collect()
    }

    /// `y = x · wᵀ`, for `x` `[m, cols]` and `y` `[m, rows]` with `m` from 1 to 4.
    pub fn matmul(&self, x: &[f32], y: &mut [f32], m: usize) {
        assert_eq!((x.len(), y.len()), (m * self.cols, m * self.rows), "shapes");
        match &self.blocks {
            Blocks::Nibbles(blocks) => self.multiply(blocks, x, y, m),
            Blocks::Bytes(blocks) => self.multiply(blocks, x, y, m),
            Blocks::Bf16(blocks) => self.multiply(blocks, x, y, m),
        }
    }

    fn multiply<T: Unpack>(&self, blocks: &[T], x: &[f32], y: &mut [f32], m: usize) {
        match m {
            1 => self.multiply_rows::<T, 1>(blocks, x, y),
            2 => self.multiply_rows::<T, 2>(blocks, x, y),
            3 => self.multiply_rows::<T, 3>(blocks, x, y),
            4 => self.multiply_rows::<T, 4>(blocks, x, y),
            _ => unreachable!("packed products have one to four rows"),
        }
    }

    fn multiply_rows<T: Unpack, const M: usize>(&self, blocks: &[T], x: &[f32], y: &mut [f32]) {
        let x: [&[f32]; M] = std::array::from_fn(|row| &x[row * self.cols..(row + 1) * self.cols]);
        let width = self.cols / BLOCK;
        let mut products = vec![[0.0; M]; self.rows];
        products
            .par_chunks_mut(WEIGHT_ROWS_PER_TASK)
            .zip(blocks.par_chunks(WEIGHT_ROWS_PER_TASK * width))
            .for_each(|(products, blocks)| {
                vectorized(|| {
                    for (product, blocks) in products.iter_mut().zip(blocks.chunks_exact(width)) {
                        *product = dot_rows(blocks, &x);
                    }
                });
            });
        for (row, y) in y.chunks_exact_mut(self.rows).enumerate() {
            for (y, product) in y.iter_mut().zip(&products) {
                *y = product[row];
            }
        }
    }
}

/// The products of one row of weights with every row of activations, with the partial sums of
/// [`super::dot::dot`].
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled with the caller's instruction set"
)]
fn dot_rows<T: Unpack, const M: usize>(blocks: &[T], x: &[&[f32]; M]) -> [f32; M] {
    let mut sums = [[0.0f32; LANES]; M];
    for (index, block) in blocks.iter().enumerate() {
        let weights = block.unpack();
        for (sums, x) in sums.iter_mut().zip(x) {
            let x = &x[index * BLOCK..(index + 1) * BLOCK];
            for half in 0..BLOCK / LANES {
                let x = &x[half * LANES..(half + 1) * LANES];
                let weights = &weights[half * LANES..(half + 1) * LANES];
                for lane in 0..LANES {
                    sums[lane] += x[lane] * weights[lane];
                }
            }
        }
    }
    sums.map(fold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::matmul_nt;

    fn check<T: Unpack>(blocks: Vec<T>, wrap: impl Fn(Vec<T>) -> Blocks) {
        let (rows, cols) = (70, 96);
        assert_eq!(blocks.len() * BLOCK, rows * cols);
        let unpacked: Vec<f32> = blocks.iter().flat_map(Unpack::unpack).collect();
        let packed = PackedMatrix {
            rows,
            cols,
            blocks: wrap(blocks),
        };
        for m in 1..=4 {
            let x: Vec<f32> = (0..m * cols).map(|i| (i as f32 * 0.37).sin()).collect();
            let (mut ours, mut theirs) = (vec![0.0; m * rows], vec![0.0; m * rows]);
            packed.matmul(&x, &mut ours, m);
            matmul_nt(&x, &unpacked, &mut theirs, m, cols, rows);
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&ours), bits(&theirs), "{m} rows");
        }
    }

    #[test]
    fn products_are_those_of_the_unpacked_weights_bit_for_bit() {
        let count = 70 * 3;
        let scale = |index: usize| 0.01 + index as f32 / 4096.0;
        let nibbles = (0..count).map(|index| NibbleBlock {
            scale: scale(index),
            shift: -0.1,
            quants: std::array::from_fn(|i| (index * 31 + i * 17) as u8),
        });
        check(nibbles.collect(), Blocks::Nibbles);
        let bytes = (0..count).map(|index| ByteBlock {
            scale: scale(index),
            quants: std::array::from_fn(|i| (index * 31 + i * 17) as u8 as i8),
        });
        check(bytes.collect(), Blocks::Bytes);
        let halves = (0..count).map(|index| {
            std::array::from_fn(|i| ((scale(index + i) - 0.03).to_bits() >> 16) as u16)
        });
        check(halves.collect(), Blocks::Bf16);
    }

    #[test]
    fn rows_are_picked_whole() {
        let matrix = PackedMatrix {
            rows: 3,
            cols: BLOCK,
            blocks: Blocks::Bf16(vec![[0; BLOCK], [1; BLOCK], [2; BLOCK]]),
        };
        let picked = matrix.reordered(&[2, 0, 1]);
        assert_eq!(
            picked.blocks,
            Blocks::Bf16(vec![[2; BLOCK], [0; BLOCK], [1; BLOCK]])
        );
    }
}
