//! Frozen matrices in fixed point.

use rayon::prelude::*;

use super::product::Panel;
use super::rows::round_block;
use super::{BLOCK, PAIRS, PANEL, PanelBlock};

/// The right factor of products, `[inner, cols]`, arranged for them once: panels of columns, each
/// holding its blocks one after the other. What is missing is filled up with zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedMatrix {
    inner: usize,
    cols: usize,
    /// Panel by panel, `blocks` of each.
    data: Vec<PanelBlock>,
    /// What one unit of each column of each block stands for.
    scales: Vec<[f32; PANEL]>,
}

impl FixedMatrix {
    /// The factor of `x · wᵀ` for `w` `[rows, cols]`.
    pub fn transposed(w: &[f32], rows: usize, cols: usize) -> Self {
        assert_eq!(w.len(), rows * cols, "shape");
        Self::arrange(cols, rows, |row, range, out| {
            out[..range.len()].copy_from_slice(&w[row * cols..][range]);
        })
    }

    /// The factor of `x · w` for `w` `[rows, cols]`.
    pub fn new(w: &[f32], rows: usize, cols: usize) -> Self {
        assert_eq!(w.len(), rows * cols, "shape");
        Self::arrange(rows, cols, |col, range, out| {
            for (out, row) in out.iter_mut().zip(range) {
                *out = w[row * cols + col];
            }
        })
    }

    /// `read` writes a range of a column.
    fn arrange(
        inner: usize,
        cols: usize,
        read: impl Fn(usize, std::ops::Range<usize>, &mut [f32; BLOCK]) + Sync,
    ) -> Self {
        let blocks = inner.div_ceil(BLOCK);
        let len = blocks * cols.div_ceil(PANEL);
        let mut data = vec![PanelBlock([[[0; 2]; PANEL]; PAIRS]); len];
        let mut scales = vec![[0.0; PANEL]; len];
        data.par_iter_mut()
            .zip(&mut scales)
            .enumerate()
            .for_each(|(index, (data, scales))| {
                let start = index % blocks * BLOCK;
                let range = start..(start + BLOCK).min(inner);
                let first = index / blocks * PANEL;
                for (lane, col) in (first..(first + PANEL).min(cols)).enumerate() {
                    let mut numbers = [0.0; BLOCK];
                    read(col, range.clone(), &mut numbers);
                    let mut rounded = [[0; 2]; PAIRS];
                    scales[lane] = round_block(&numbers, &mut rounded);
                    for (data, pair) in data.0.iter_mut().zip(rounded) {
                        data[lane] = pair;
                    }
                }
            });
        Self {
            inner,
            cols,
            data,
            scales,
        }
    }

    /// Numbers in a row of a left factor.
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// Numbers in a row of a product.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Bytes of a matrix of `len` numbers.
    pub const fn num_bytes(len: u64) -> u64 {
        // Two for each number, four for each block of a column.
        2 * len + 4 * len / BLOCK as u64
    }

    /// Each panel's blocks and their scales.
    pub(super) fn panels(&self) -> impl Iterator<Item = Panel<'_>> {
        let blocks = self.inner.div_ceil(BLOCK);
        self.data.chunks(blocks).zip(self.scales.chunks(blocks))
    }
}
