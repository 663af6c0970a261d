//! Tiles of products in plain code, for every processor.

use half::f16;

use super::activations::Block;
use super::product::QuantPanel;
use super::{GROUP, Halves, PANEL, QUAD, Width};

/// Rows of activations times a panel of quants.
pub(super) fn quants<const T: usize>(
    panel: &QuantPanel<'_>,
    blocks: &[Block],
    first: usize,
) -> [[f32; PANEL]; T] {
    let mut sums = [[0.0; PANEL]; T];
    for (group, block) in blocks.iter().enumerate() {
        let quants = panel.unpacked(group);
        let scales = panel.scales[group].0.map(|s| f16::from_bits(s).to_f32());
        let shifts = panel
            .shifts
            .map(|shifts| shifts[group].0.map(|s| f16::from_bits(s).to_f32()));
        let rows = block.quads[first..first + T].iter();
        let terms = &block.terms[first..first + T];
        for (sums, (quads, term)) in sums.iter_mut().zip(rows.zip(terms)) {
            let mut dots = [i32::from(panel.offset) * term.minus_count; PANEL];
            for (quants, quad) in quants.iter().zip(quads) {
                let quad = quad.to_le_bytes().map(|value| i32::from(value as i8));
                for (dot, quants) in dots.iter_mut().zip(quants.as_chunks::<QUAD>().0) {
                    for (quant, value) in quants.iter().zip(quad) {
                        *dot += i32::from(*quant) * value;
                    }
                }
            }
            for lane in 0..PANEL {
                sums[lane] += dots[lane] as f32 * (scales[lane] * term.scale);
                if let Some(shifts) = &shifts {
                    sums[lane] += shifts[lane] * term.sum;
                }
            }
        }
    }
    sums
}

/// Rows of activations times a panel of bf16.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(super) fn bf16<const T: usize, const FUSED: bool>(
    panel: &[Halves],
    rows: [&[f32]; T],
) -> [[f32; PANEL]; T] {
    let mut sums = [[0.0f32; PANEL]; T];
    for (place, weights) in panel.iter().enumerate() {
        let weights = weights.0.map(|w| f32::from_bits(u32::from(w) << 16));
        for (sums, row) in sums.iter_mut().zip(rows) {
            let x = row[place];
            for lane in 0..PANEL {
                sums[lane] = if FUSED {
                    weights[lane].mul_add(x, sums[lane])
                } else {
                    sums[lane] + weights[lane] * x
                };
            }
        }
    }
    sums
}

impl QuantPanel<'_> {
    /// The quants of a group, a quad of every row after the other.
    fn unpacked(&self, group: usize) -> [[u8; QUAD * PANEL]; GROUP / QUAD] {
        let lines = &self.lines[group * self.width.lines()..];
        match self.width {
            Width::Byte => std::array::from_fn(|place| lines[place].0),
            Width::Nibble => {
                let half = GROUP / QUAD / 2;
                std::array::from_fn(|place| {
                    if place < half {
                        lines[place].0.map(|quants| quants & 15)
                    } else {
                        lines[place - half].0.map(|quants| quants >> 4)
                    }
                })
            }
        }
    }
}
