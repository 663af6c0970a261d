//! The backward pass, which computes the weights again from the scores (Dao et al. 2022).

use rayon::prelude::*;

use super::super::dot::dot;
use super::super::simd::fused_fn;
use super::AttentionShape;
use super::forward::masked_exp;
use super::packed::{Heads, HeadsMut, Packed};
use super::tile::{EDGE, Tile};

/// Parts in which the queries of a key-value head are worked on side by side, each with sums of its
/// own. The number changes the order of sums, so it is fixed.
const PARTS: usize = 4;

/// What the backward pass reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BackwardInput<'a> {
    pub(crate) shape: &'a AttentionShape,
    pub(crate) q: &'a [f32],
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
    pub(crate) out: &'a [f32],
    pub(crate) grad_out: &'a [f32],
    /// Of the forward pass.
    pub(crate) log_sums: &'a [f32],
}

/// The same in tiles.
struct Backward<'a> {
    shape: &'a AttentionShape,
    queries: Heads<'a>,
    grad_out: Heads<'a>,
    out: &'a [f32],
    log_sums: &'a [f32],
    keys: Packed,
    transposed_keys: Packed,
    transposed_values: Packed,
}

/// Gradients from a part of the queries of a key-value head.
struct PartGradients {
    /// Of each tile of queries of the part, before scaling: of its heads, and each of their panels.
    queries: Vec<Tile>,
    /// Of each tile of keys, and each of its panels, transposed.
    keys: Vec<Tile>,
    values: Vec<Tile>,
}

/// A tile of queries, as factors.
struct Queries {
    /// Scaled.
    q: Vec<Tile>,
    transposed_q: Vec<Tile>,
    grad_out: Vec<Tile>,
    transposed_grad_out: Vec<Tile>,
    rows: Rows,
}

/// Room for what is computed of each tile of queries and keys.
struct Scratch {
    weights: Tile,
    grads: Tile,
}

/// What belongs to each query of a tile.
struct Rows {
    log_sums: [f32; EDGE],
    /// The sum of weight times gradient, which equals the dot product of output and its gradient.
    means: [f32; EDGE],
}

/// The gradients by `q`, `k` and `v`.
pub(crate) fn backward(input: &BackwardInput<'_>) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let keys = input.shape.keys(input.k);
    let values = input.shape.keys(input.v);
    let pass = Backward {
        shape: input.shape,
        queries: input.shape.queries(input.q),
        grad_out: input.shape.queries(input.grad_out),
        out: input.out,
        log_sums: input.log_sums,
        keys: Packed::new(keys),
        transposed_keys: Packed::transposed(keys),
        transposed_values: Packed::transposed(values),
    };
    let parts: Vec<PartGradients> = (0..input.shape.num_kv_heads * PARTS)
        .into_par_iter()
        .with_max_len(1)
        .map(|index| pass.part(index / PARTS, index % PARTS))
        .collect();
    (
        pass.gather_queries(&parts),
        pass.gather_keys(&parts, |part| &part.keys),
        pass.gather_keys(&parts, |part| &part.values),
    )
}

impl Backward<'_> {
    fn num_tiles(&self) -> usize {
        self.queries.num_tokens().div_ceil(EDGE)
    }

    /// Every [`PARTS`]th tile of queries, so that parts see about equally many keys.
    fn part(&self, kv_head: usize, part: usize) -> PartGradients {
        let zeros = vec![Tile::ZEROS; self.num_tiles() * self.queries.num_panels()];
        let mut gradients = PartGradients {
            queries: Vec::new(),
            keys: zeros.clone(),
            values: zeros,
        };
        let mut scratch = Scratch {
            weights: Tile::ZEROS,
            grads: Tile::ZEROS,
        };
        for index in (part..self.num_tiles()).step_by(PARTS) {
            for head in kv_head * self.shape.group()..(kv_head + 1) * self.shape.group() {
                self.tile(head, index * EDGE, &mut scratch, &mut gradients);
            }
        }
        gradients
    }

    fn load(&self, head: usize, first_row: usize) -> Queries {
        let q = self.queries.tiles(head, first_row, self.shape.scale);
        let grad_out = self.grad_out.tiles(head, first_row, 1.0);
        let transposed = |tiles: &[Tile]| tiles.iter().map(Tile::transposed).collect();
        Queries {
            transposed_q: transposed(&q),
            q,
            transposed_grad_out: transposed(&grad_out),
            grad_out,
            rows: self.rows(head, first_row),
        }
    }

    fn rows(&self, head: usize, first_row: usize) -> Rows {
        let (width, dim) = (self.queries.width, self.shape.head_dim);
        let mut rows = Rows {
            // Rows that are not there have no weights.
            log_sums: [f32::MAX; EDGE],
            means: [0.0; EDGE],
        };
        for row in 0..EDGE.min(self.queries.num_tokens() - first_row) {
            let token = first_row + row;
            let start = token * width + head * dim;
            rows.log_sums[row] = self.log_sums[token * self.shape.num_heads + head];
            rows.means[row] = dot(
                &self.out[start..start + dim],
                &self.grad_out.numbers[start..start + dim],
            );
        }
        rows
    }

    /// Adds what the queries from `first_row` contribute.
    fn tile(
        &self,
        head: usize,
        first_row: usize,
        scratch: &mut Scratch,
        gradients: &mut PartGradients,
    ) {
        let queries = self.load(head, first_row);
        let num_rows = EDGE.min(self.queries.num_tokens() - first_row);
        let kv_head = head / self.shape.group();
        let panels = queries.q.len();
        let grad_q = gradients.queries.len();
        gradients.queries.resize(grad_q + panels, Tile::ZEROS);
        for place in self.shape.tiles_seen(first_row, num_rows) {
            self.weigh(&queries, kv_head, first_row, place, scratch);
            let Scratch { weights, grads } = scratch;
            let keys = self.keys.at(kv_head, place);
            for (panel, key) in keys.iter().enumerate() {
                let index = place * panels + panel;
                let grad_out = &queries.transposed_grad_out[panel];
                gradients.values[index].add_product(grad_out, weights);
                let q = &queries.transposed_q[panel];
                gradients.keys[index].add_product(q, grads);
                gradients.queries[grad_q + panel].add_product(grads, key);
            }
        }
    }

    /// The weights of a tile of keys, and the gradients by their scores.
    fn weigh(
        &self,
        queries: &Queries,
        kv_head: usize,
        first_row: usize,
        place: usize,
        scratch: &mut Scratch,
    ) {
        let (weights, grads) = (&mut scratch.weights, &mut scratch.grads);
        weights.set_products(&queries.q, self.transposed_keys.at(kv_head, place));
        self.shape.mask(first_row, place * EDGE, weights);
        let values = self.transposed_values.at(kv_head, place);
        grads.set_products(&queries.grad_out, values);
        softmax_backward(&queries.rows, weights, grads);
    }

    fn gather_queries(&self, parts: &[PartGradients]) -> Vec<f32> {
        let (width, head_dim) = (self.queries.width, self.shape.head_dim);
        let mut gradient = vec![0.0; self.queries.numbers.len()];
        gradient
            .par_chunks_mut(EDGE * width)
            .enumerate()
            .for_each(|(index, numbers)| {
                let mut rows = HeadsMut {
                    numbers,
                    width,
                    head_dim,
                };
                let (group, panels) = (self.shape.group(), self.queries.num_panels());
                for head in 0..self.shape.num_heads {
                    let part = &parts[head / group * PARTS + index % PARTS];
                    let start = (index / PARTS * group + head % group) * panels;
                    let tiles = &part.queries[start..start + panels];
                    rows.add(head, tiles, self.shape.scale);
                }
            });
        gradient
    }

    /// Parts add up in their key-value head, always in the same order.
    fn gather_keys(
        &self,
        parts: &[PartGradients],
        of: impl Fn(&PartGradients) -> &[Tile] + Sync,
    ) -> Vec<f32> {
        let (width, head_dim) = (self.shape.kv_width(), self.shape.head_dim);
        let mut gradient = vec![0.0; self.queries.num_tokens() * width];
        gradient
            .par_chunks_mut(EDGE * width)
            .enumerate()
            .for_each(|(place, numbers)| {
                let mut rows = HeadsMut {
                    numbers,
                    width,
                    head_dim,
                };
                let panels = self.queries.num_panels();
                for (index, part) in parts.iter().enumerate() {
                    let tiles = &of(part)[place * panels..(place + 1) * panels];
                    rows.add_transposed(index / PARTS, tiles);
                }
            });
        gradient
    }
}

fused_fn! {
    /// Turns scores into weights, and gradients by weights into gradients by scores.
    fn softmax_backward<const FUSED: bool>(rows: &Rows, scores: &mut Tile, grads: &mut Tile) {
        for row in 0..EDGE {
            let (log_sum, mean) = (rows.log_sums[row], rows.means[row]);
            for (score, grad) in scores.0[row].iter_mut().zip(&mut grads.0[row]) {
                *score = masked_exp::<FUSED>(*score, log_sum);
                *grad = *score * (*grad - mean);
            }
        }
    }
}
