//! Activations in eight bits.

use super::super::dot::{LANES, fold_max};
use super::super::simd::vectorized_fn;
use super::{GROUP, QUAD};

/// Adding 1.5 · 2^23 rounds a small number to a whole one, ties to even, which then stands in the lowest
/// bits: the loop becomes vector instructions, which it does not with [`f32::round_ties_even`].
const ROUND: f32 = 12_582_912.0;

/// Tokens in a block: as many as a tile has sums for in the registers.
pub(super) const BLOCK: usize = 8;

/// Rows of activations `[tokens, cols]`, rounded to whole numbers from -127 to 127 with a scale for
/// each group of [`GROUP`], as llama.cpp does. The error of a number is at most 1/254 of the largest
/// in its group.
#[derive(Clone, Debug, Default)]
pub struct Activations {
    /// Groups in a row.
    groups: usize,
    /// Every group of the first [`BLOCK`] tokens, then those of the next ones.
    blocks: Vec<Block>,
}

/// One group of some tokens, beside each other as a tile of a product reads them.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Block {
    /// Four neighbours each, the first in the lowest byte.
    pub(super) quads: [[i32; GROUP / QUAD]; BLOCK],
    pub(super) terms: [Term; BLOCK],
}

/// What a group of activations has in common.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Term {
    /// What a whole number stands for.
    pub(super) scale: f32,
    /// The sum of the group: `scale` times the sum of its whole numbers.
    pub(super) sum: f32,
    /// Minus the sum of its whole numbers.
    pub(super) minus_count: i32,
}

impl Activations {
    /// Rounds `x` `[tokens, cols]`.
    pub fn quantize(&mut self, x: &[f32], cols: usize) {
        assert_eq!(cols % GROUP, 0, "whole groups");
        assert_eq!(x.len() % cols.max(1), 0, "whole rows");
        self.groups = cols / GROUP;
        let tokens = x.len() / cols.max(1);
        let num_blocks = tokens.div_ceil(BLOCK) * self.groups;
        self.blocks.resize(num_blocks, Block::default());
        for (token, row) in x.chunks_exact(cols.max(1)).enumerate() {
            let start = token / BLOCK * self.groups;
            let blocks = &mut self.blocks[start..start + self.groups];
            quantize_row(row, blocks, token % BLOCK);
        }
    }

    /// The groups of a block of tokens.
    #[inline]
    pub(super) fn block(&self, index: usize) -> &[Block] {
        &self.blocks[index * self.groups..(index + 1) * self.groups]
    }
}

vectorized_fn! {
    fn quantize_row(x: &[f32], blocks: &mut [Block], place: usize) {
        let (groups, _) = x.as_chunks::<GROUP>();
        for (x, block) in groups.iter().zip(blocks) {
            let mut largest = [0.0f32; LANES];
            for chunk in x.as_chunks::<LANES>().0 {
                for (largest, value) in largest.iter_mut().zip(chunk) {
                    let size = value.abs();
                    *largest = if size > *largest { size } else { *largest };
                }
            }
            let largest = fold_max(largest);
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            let mut whole = [0i32; GROUP];
            let mut count = 0;
            for (whole, value) in whole.iter_mut().zip(x) {
                *whole = (value * inverse + ROUND).to_bits() as i32 - ROUND.to_bits() as i32;
                count += *whole;
            }
            let quads = block.quads[place].iter_mut();
            for (quad, whole) in quads.zip(whole.as_chunks::<QUAD>().0) {
                *quad = i32::from_le_bytes(whole.map(|value| value as i8 as u8));
            }
            let scale = largest / 127.0;
            block.terms[place] = Term {
                scale,
                sum: scale * count as f32,
                minus_count: -count,
            };
        }
    }
}
