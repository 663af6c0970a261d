//! Weights in the small formats of files, unpacked while they are multiplied.
//!
//! Decoding reads every weight once a token and waits for memory: fewer bytes a weight are more
//! tokens a second. A product with packed weights is bit for bit the product with the same weights
//! unpacked, as [`super::matmul_nt`] computes it for few rows.

use rayon::prelude::*;

use super::dot::{LANES, add_products, fold};
use super::linear::WEIGHT_ROWS_PER_TASK;
use super::simd::{Work, vectorized};

/// Weights that share a scale.
pub const GROUP: usize = 32;

/// Weights that are unpacked at once, into the nearest cache. Nibbles are arranged by tiles, counted
/// from the beginning of each row: the first half of a tile's weights are the low nibbles of its
/// bytes, the second half the high ones.
pub const TILE: usize = 8 * GROUP;

/// A matrix `[rows, cols]` of packed weights, row major.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedMatrix {
    /// Numbers that come out of a product with a vector.
    pub rows: usize,
    /// Numbers that go in; a multiple of [`GROUP`].
    pub cols: usize,
    /// The numbers.
    pub format: Format,
}

/// The numbers of a packed matrix, row after row.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// Four bits a weight: `quant * scale + shift`.
    Nibbles {
        /// Two weights each; see [`TILE`].
        quants: Vec<u8>,
        /// One for each group.
        scales: Vec<f32>,
        /// One for each group.
        shifts: Vec<f32>,
    },
    /// Eight bits a weight: `quant * scale`.
    Bytes {
        /// One for each weight.
        quants: Vec<i8>,
        /// One for each group.
        scales: Vec<f32>,
    },
    /// The upper half of each f32.
    Bf16(Vec<u16>),
}

impl PackedMatrix {
    /// The matrix with row `order[i]` as row `i`.
    pub fn reordered(&self, order: &[usize]) -> Self {
        let groups = self.cols / GROUP;
        let format = match &self.format {
            Format::Nibbles {
                quants,
                scales,
                shifts,
            } => Format::Nibbles {
                quants: pick_rows(quants, self.cols / 2, order),
                scales: pick_rows(scales, groups, order),
                shifts: pick_rows(shifts, groups, order),
            },
            Format::Bytes { quants, scales } => Format::Bytes {
                quants: pick_rows(quants, self.cols, order),
                scales: pick_rows(scales, groups, order),
            },
            Format::Bf16(halves) => Format::Bf16(pick_rows(halves, self.cols, order)),
        };
        Self {
            rows: order.len(),
            cols: self.cols,
            format,
        }
    }

    /// `y = x · wᵀ`, for `x` `[m, cols]` and `y` `[m, rows]` with `m` from 1 to 4.
    pub fn matmul(&self, x: &[f32], y: &mut [f32], m: usize) {
        assert_eq!((x.len(), y.len()), (m * self.cols, m * self.rows), "shapes");
        match m {
            1 => self.multiply::<1>(x, y),
            2 => self.multiply::<2>(x, y),
            3 => self.multiply::<3>(x, y),
            4 => self.multiply::<4>(x, y),
            _ => unreachable!("packed products have one to four rows"),
        }
    }

    fn multiply<const M: usize>(&self, x: &[f32], y: &mut [f32]) {
        let x = std::array::from_fn(|row| &x[row * self.cols..(row + 1) * self.cols]);
        let mut products = vec![[0.0; M]; self.rows];
        products
            .par_chunks_mut(WEIGHT_ROWS_PER_TASK)
            .enumerate()
            .for_each(|(index, products)| {
                vectorized(Rows {
                    matrix: self,
                    first: index * WEIGHT_ROWS_PER_TASK,
                    x,
                    products,
                });
            });
        for (row, y) in y.chunks_exact_mut(self.rows).enumerate() {
            for (y, product) in y.iter_mut().zip(&products) {
                *y = product[row];
            }
        }
    }
}

fn pick_rows<T: Copy>(values: &[T], width: usize, order: &[usize]) -> Vec<T> {
    let rows = order.iter();
    rows.flat_map(|row| &values[row * width..(row + 1) * width])
        .copied()
        .collect()
}

/// Some rows of weights, to be multiplied with all rows of activations.
struct Rows<'a, const M: usize> {
    matrix: &'a PackedMatrix,
    /// The first row of weights.
    first: usize,
    x: [&'a [f32]; M],
    products: &'a mut [[f32; M]],
}

impl<const M: usize> Work for Rows<'_, M> {
    type Output = ();

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "has to be compiled with the caller's instruction set"
    )]
    fn run(self) {
        let mut weights = [0.0f32; TILE];
        for (index, product) in self.products.iter_mut().enumerate() {
            let mut sums = [[0.0f32; LANES]; M];
            for start in (0..self.matrix.cols).step_by(TILE) {
                let len = TILE.min(self.matrix.cols - start);
                let weights = &mut weights[..len];
                let position = (self.first + index) * self.matrix.cols + start;
                unpack(&self.matrix.format, position, weights);
                for (sums, x) in sums.iter_mut().zip(self.x) {
                    add_products(sums, &x[start..start + len], weights);
                }
            }
            *product = sums.map(fold);
        }
    }
}

/// Unpacks the tile that begins at a weight.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
fn unpack(format: &Format, start: usize, weights: &mut [f32]) {
    let len = weights.len();
    let groups = start / GROUP..(start + len) / GROUP;
    match format {
        Format::Nibbles {
            quants,
            scales,
            shifts,
        } => {
            let quants = &quants[start / 2..][..len / 2];
            let (first, second) = weights.split_at_mut(len / 2);
            for ((first, second), quants) in first.iter_mut().zip(second).zip(quants) {
                *first = f32::from(quants & 15);
                *second = f32::from(quants >> 4);
            }
            let terms = scales[groups.clone()].iter().zip(&shifts[groups]);
            for (weights, (scale, shift)) in weights.chunks_exact_mut(GROUP).zip(terms) {
                for weight in weights {
                    // The product of a half-precision scale and four bits is exact: only the sum
                    // rounds, as it did when the weights were unpacked for training.
                    *weight = *weight * scale + shift;
                }
            }
        }
        Format::Bytes { quants, scales } => {
            for (weight, quant) in weights.iter_mut().zip(&quants[start..start + len]) {
                *weight = f32::from(*quant);
            }
            for (weights, scale) in weights.chunks_exact_mut(GROUP).zip(&scales[groups]) {
                for weight in weights {
                    *weight *= scale;
                }
            }
        }
        Format::Bf16(halves) => {
            for (weight, upper) in weights.iter_mut().zip(&halves[start..start + len]) {
                *weight = f32::from_bits(u32::from(*upper) << 16);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::matmul_nt;

    #[test]
    fn products_are_those_of_the_unpacked_weights_bit_for_bit() {
        // Two tiles a row, the second one short.
        let (rows, cols) = (70, TILE + 2 * GROUP);
        let (count, groups) = (rows * cols, rows * cols / GROUP);
        let scales: Vec<f32> = (0..groups).map(|i| 0.01 + i as f32 / 4096.0).collect();
        let nibbles = Format::Nibbles {
            quants: (0..count / 2).map(|i| (i * 37 % 251) as u8).collect(),
            shifts: scales.iter().map(|scale| -7.5 * scale).collect(),
            scales: scales.clone(),
        };
        let bytes = Format::Bytes {
            quants: (0..count).map(|i| (i * 37 % 251) as u8 as i8).collect(),
            scales,
        };
        let halves = (0..count).map(|i| ((i as f32 * 0.3).sin().to_bits() >> 16) as u16);
        for format in [nibbles, bytes, Format::Bf16(halves.collect())] {
            check(&PackedMatrix { rows, cols, format });
        }
    }

    #[track_caller]
    fn check(packed: &PackedMatrix) {
        let (rows, cols) = (packed.rows, packed.cols);
        let mut unpacked = vec![0.0; rows * cols];
        for row in 0..rows {
            for start in (0..cols).step_by(TILE) {
                let len = TILE.min(cols - start);
                let position = row * cols + start;
                unpack(
                    &packed.format,
                    position,
                    &mut unpacked[position..position + len],
                );
            }
        }
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
    fn rows_are_picked_whole() {
        let row = |value: u16| [value; GROUP];
        let matrix = PackedMatrix {
            rows: 3,
            cols: GROUP,
            format: Format::Bf16([row(0), row(1), row(2)].concat()),
        };
        let picked = matrix.reordered(&[2, 0, 1]);
        assert_eq!(
            picked.format,
            Format::Bf16([row(2), row(0), row(1)].concat())
        );
    }
}
