//! The forward pass.

use rayon::prelude::*;

use super::super::dot::{LANES, fold, max_lanes};
use super::super::exp::{exp, exp_lanes};
use super::super::simd::fused_fn;
use super::AttentionShape;
use super::packed::{Heads, HeadsMut, Packed};
use super::tile::{EDGE, Tile};

/// What the forward pass reads; keys and values are packed once for all queries.
pub(super) struct Forward<'a> {
    shape: &'a AttentionShape,
    queries: Heads<'a>,
    transposed_keys: Packed,
    values: Packed,
    /// The position of the first query.
    offset: usize,
}

/// What some queries of a head see.
struct Attended {
    /// One for each panel.
    out: Vec<Tile>,
    softmax: Softmax,
}

/// Softmax of scores that come tile by tile (Milakov and Gimelshein 2018).
struct Softmax {
    /// The largest score of each query so far.
    max: [f32; EDGE],
    /// The sum of `e^(score - max)`, in parts.
    sum: [[f32; LANES]; EDGE],
}

impl<'a> Forward<'a> {
    pub(super) fn new(
        shape: &'a AttentionShape,
        q: &'a [f32],
        k: &[f32],
        v: &[f32],
        offset: usize,
    ) -> Self {
        Self {
            shape,
            queries: shape.queries(q),
            transposed_keys: Packed::transposed(shape.keys(k)),
            values: Packed::new(shape.keys(v)),
            offset,
        }
    }

    /// Writes what the queries see to `out`, zeros before, and the logarithms of their sums of
    /// exponentials to `log_sums` `[tokens, num_heads]`.
    pub(super) fn run(&self, out: &mut [f32], log_sums: &mut [f32]) {
        let (width, num_heads) = (self.queries.width, self.shape.num_heads);
        let num_tasks = self.queries.num_tokens().div_ceil(EDGE) * num_heads;
        let attended: Vec<Attended> = (0..num_tasks)
            .into_par_iter()
            .with_max_len(1)
            .map(|index| self.attend(index % num_heads, index / num_heads * EDGE))
            .collect();
        out.par_chunks_mut(EDGE * width)
            .zip(log_sums.par_chunks_mut(EDGE * num_heads))
            .zip(attended.par_chunks(num_heads))
            .for_each(|((numbers, log_sums), attended)| {
                let head_dim = self.shape.head_dim;
                let mut out = HeadsMut {
                    numbers,
                    width,
                    head_dim,
                };
                for (head, attended) in attended.iter().enumerate() {
                    out.add(head, &attended.out, 1.0);
                    for (row, log_sums) in log_sums.chunks_exact_mut(num_heads).enumerate() {
                        log_sums[head] = attended.softmax.log_sum(row);
                    }
                }
            });
    }

    /// What the queries from `first_row` see, [`EDGE`] of them.
    fn attend(&self, head: usize, first_row: usize) -> Attended {
        let queries = self.queries.tiles(head, first_row, self.shape.scale);
        let rows = (self.queries.num_tokens() - first_row).min(EDGE);
        let position = self.offset + first_row;
        let mut softmax = Softmax {
            // Not infinite, so that a tile of which a query sees nothing leaves numbers.
            max: [f32::MIN; EDGE],
            sum: [[0.0; LANES]; EDGE],
        };
        let mut out = vec![Tile::ZEROS; queries.len()];
        let kv_head = head / self.shape.group();
        // Scores become weights in their place.
        let mut weights = Tile::ZEROS;
        for place in self.shape.tiles_seen(position, rows) {
            weights.set_products(&queries, self.transposed_keys.at(kv_head, place));
            self.shape.mask(position, place * EDGE, &mut weights);
            weigh(&mut softmax, &mut weights, &mut out);
            for (out, value) in out.iter_mut().zip(self.values.at(kv_head, place)) {
                out.add_product(&weights, value);
            }
        }
        softmax.normalise(&mut out);
        Attended { out, softmax }
    }
}

fused_fn! {
    /// Turns scores into weights and rescales what was added up with a smaller maximum.
    fn weigh<const FUSED: bool>(softmax: &mut Softmax, scores: &mut Tile, out: &mut [Tile]) {
        for (row, scores) in scores.0.iter_mut().enumerate() {
            let sum = &mut softmax.sum[row];
            let old = softmax.max[row];
            // Most often none is, and to count is cheaper than to find the largest: no branch inside.
            let num_above: u32 = scores.iter().map(|score| u32::from(*score > old)).sum();
            if num_above > 0 {
                let max = max_lanes(scores);
                let factor = exp(old - max);
                softmax.max[row] = max;
                scale_lanes(sum, factor);
                for out in out.iter_mut() {
                    scale_lanes(&mut out.0[row], factor);
                }
            }
            let max = softmax.max[row];
            let mut local = *sum;
            for scores in scores.as_chunks_mut::<LANES>().0 {
                for (score, sum) in scores.iter_mut().zip(&mut local) {
                    *score = masked_exp::<FUSED>(*score, max);
                    *sum += *score;
                }
            }
            *sum = local;
        }
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
fn scale_lanes(values: &mut [f32], factor: f32) {
    for value in values {
        *value *= factor;
    }
}

/// `e^(score - shift)`, and zero for a key that is not seen.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(super) fn masked_exp<const FUSED: bool>(score: f32, shift: f32) -> f32 {
    let power = exp_lanes::<FUSED>(score - shift);
    // What is not a number stays so.
    if score == f32::NEG_INFINITY {
        0.0
    } else {
        power
    }
}

impl Softmax {
    /// Divides by the sums.
    fn normalise(&self, out: &mut [Tile]) {
        for tile in out {
            for (row, sum) in tile.0.iter_mut().zip(self.sum) {
                scale_lanes(row, 1.0 / fold(sum));
            }
        }
    }

    /// The logarithm of a query's sum of exponentials: a weight is `e^(score - log_sum)`.
    fn log_sum(&self, row: usize) -> f32 {
        self.max[row] + fold(self.sum[row]).ln()
    }
}
