//! Causal attention with grouped queries, a block of queries at a time.
//!
//! Probabilities exist for one block of queries and one head per thread only, so memory grows with
//! the length and not with its square. Keys and values are token-major, `[tokens, num_kv_heads ·
//! head_dim]`, so that a cache grows by appending.

use super::simd::vectorized_fn;
use rayon::prelude::*;

use super::exp::softmax_lanes;
use super::gemm::{MatMut, MatRef, Threads, Write, gemm};

/// Queries that are worked on at once.
pub(crate) const QUERY_BLOCK: usize = 64;

/// The heads of an attention layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttentionShape {
    /// Query heads.
    pub num_heads: usize,
    /// Key and value heads; divides `num_heads`.
    pub num_kv_heads: usize,
    /// Numbers in a head.
    pub head_dim: usize,
    /// Factor of the scores, usually `1 / sqrt(head_dim)`.
    pub scale: f32,
    /// A query sees this many tokens, itself included; `None` sees all before it.
    pub window: Option<usize>,
}

impl AttentionShape {
    /// Full causal attention with the usual scale.
    pub fn new(num_heads: usize, num_kv_heads: usize, head_dim: usize) -> Self {
        Self {
            num_heads,
            num_kv_heads,
            head_dim,
            scale: 1.0 / (head_dim as f32).sqrt(),
            window: None,
        }
    }

    /// Numbers in a row of queries.
    pub fn query_width(&self) -> usize {
        self.num_heads * self.head_dim
    }

    /// Numbers in a row of keys or values.
    pub fn kv_width(&self) -> usize {
        self.num_kv_heads * self.head_dim
    }

    /// Query heads that share a key-value head.
    pub(crate) fn group(&self) -> usize {
        self.num_heads / self.num_kv_heads
    }

    /// Where the key-value head of a query head begins within a row.
    pub(crate) fn kv_start(&self, head: usize) -> usize {
        head / self.group() * self.head_dim
    }

    /// The first key that the query at `position` sees.
    pub(crate) fn first_key(&self, position: usize) -> usize {
        self.window
            .map_or(0, |window| (position + 1).saturating_sub(window))
    }

    /// The keys that a block of queries sees, `num_rows` from `first_row` of those behind `offset`.
    pub(crate) fn block(&self, offset: usize, first_row: usize, num_rows: usize) -> Block {
        Block {
            first_row,
            num_rows,
            position: offset + first_row,
            first_key: self.first_key(offset + first_row),
            end_key: offset + first_row + num_rows,
        }
    }
}

/// A block of queries and the range of keys that at least one of them sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// The first query.
    pub(crate) first_row: usize,
    /// How many.
    pub(crate) num_rows: usize,
    /// The position of the first query.
    position: usize,
    /// The first key.
    pub(crate) first_key: usize,
    /// Behind the last key.
    end_key: usize,
}

impl Block {
    /// Keys in the range.
    pub(crate) fn num_keys(&self) -> usize {
        self.end_key - self.first_key
    }
}

/// `out = softmax(scale · q · kᵀ, causal) · v`.
///
/// `q` and `out` are `[q_len, num_heads · head_dim]`; `k` and `v` hold at least `offset + q_len`
/// rows of `num_kv_heads · head_dim`. Query `i` stands at position `offset + i` and sees the keys up
/// to and including its own.
pub fn attention(
    shape: &AttentionShape,
    q: &[f32],
    k: &[f32],
    v: &[f32],
    offset: usize,
    out: &mut [f32],
) {
    let width = shape.query_width();
    assert_eq!(q.len(), out.len(), "queries and output of one shape");
    assert_eq!(q.len() % width, 0, "whole rows");
    let q_len = q.len() / width;
    // Small inputs are cut finer, so that every thread gets some of them. The cut does not depend on
    // the number of threads, nor does the result.
    let rows = q_len.div_ceil(8).clamp(8, QUERY_BLOCK);
    out.par_chunks_mut(rows * width)
        .enumerate()
        .with_max_len(1)
        .for_each_init(Vec::new, |scores, (index, out)| {
            let block = shape.block(offset, index * rows, out.len() / width);
            scores.resize(block.num_rows * block.num_keys(), 0.0);
            for head in 0..shape.num_heads {
                probabilities(shape, q, k, head, &block, scores);
                weigh_values(shape, v, head, &block, scores, out);
            }
        });
}

/// Fills `probs` `[block.num_rows, block.num_keys()]` with the attention of one head.
pub(crate) fn probabilities(
    shape: &AttentionShape,
    q: &[f32],
    k: &[f32],
    head: usize,
    block: &Block,
    probs: &mut [f32],
) {
    let (width, kv_width, dim) = (shape.query_width(), shape.kv_width(), shape.head_dim);
    let (rows, keys) = (block.num_rows, block.num_keys());
    let q = &q[block.first_row * width + head * dim..];
    let k = &k[block.first_key * kv_width + shape.kv_start(head)..];
    gemm(
        &mut MatMut::new(probs, rows, keys),
        Write::Set,
        shape.scale,
        MatRef::strided(q, rows, dim, width),
        MatRef::strided(k, keys, dim, kv_width).t(),
        Threads::One,
    );
    masked_softmax(shape, block, &mut probs[..rows * keys]);
}

vectorized_fn! {
    /// Turns the scores of a block of queries into probabilities, those of keys a query does not see
    /// into zeros.
    fn masked_softmax(shape: &AttentionShape, block: &Block, scores: &mut [f32]) {
        for (row, scores) in scores.chunks_exact_mut(block.num_keys()).enumerate() {
            let position = block.position + row;
            let (past, rest) = scores.split_at_mut(shape.first_key(position) - block.first_key);
            let (seen, future) = rest.split_at_mut(position + 1 - shape.first_key(position));
            past.fill(0.0);
            softmax_lanes(seen);
            future.fill(0.0);
        }
    }
}

/// Writes `probs · v` of one head into its columns of `out`, the rows of the block.
fn weigh_values(
    shape: &AttentionShape,
    v: &[f32],
    head: usize,
    block: &Block,
    probs: &[f32],
    out: &mut [f32],
) {
    let (width, kv_width, dim) = (shape.query_width(), shape.kv_width(), shape.head_dim);
    let (rows, keys) = (block.num_rows, block.num_keys());
    let v = &v[block.first_key * kv_width + shape.kv_start(head)..];
    gemm(
        &mut MatMut::strided(&mut out[head * dim..], rows, dim, width),
        Write::Set,
        1.0,
        MatRef::new(&probs[..rows * keys], rows, keys),
        MatRef::strided(v, keys, dim, kv_width),
        Threads::One,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(len: usize, step: f32) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * step).sin()).collect()
    }

    /// Attention by its definition.
    fn reference(shape: &AttentionShape, q: &[f32], k: &[f32], v: &[f32]) -> Vec<f32> {
        let (width, kv_width, dim) = (shape.query_width(), shape.kv_width(), shape.head_dim);
        let mut out = vec![0.0; q.len()];
        for row in 0..q.len() / width {
            for head in 0..shape.num_heads {
                let (start, kv_start) = (row * width + head * dim, shape.kv_start(head));
                let keys = shape.first_key(row)..row + 1;
                let weights: Vec<f32> = keys
                    .clone()
                    .map(|key| {
                        let k = &k[key * kv_width + kv_start..][..dim];
                        let score: f32 = q[start..][..dim].iter().zip(k).map(|(a, b)| a * b).sum();
                        (score * shape.scale).exp()
                    })
                    .collect();
                let total: f32 = weights.iter().sum();
                for (key, weight) in keys.zip(weights) {
                    for i in 0..dim {
                        out[start + i] += weight / total * v[key * kv_width + kv_start + i];
                    }
                }
            }
        }
        out
    }

    #[test]
    fn blocks_and_offsets_agree_with_the_definition() {
        for window in [None, Some(5)] {
            let shape = AttentionShape {
                window,
                ..AttentionShape::new(4, 2, 8)
            };
            let len = 2 * QUERY_BLOCK + 9;
            let q = numbers(len * shape.query_width(), 0.13);
            let k = numbers(len * shape.kv_width(), 0.29);
            let v = numbers(len * shape.kv_width(), 0.71);
            let expected = reference(&shape, &q, &k, &v);
            for offset in [0, 1, 70, len - 3, len - 1] {
                let mut out = vec![0.0; (len - offset) * shape.query_width()];
                let rest = offset * shape.query_width();
                attention(&shape, &q[rest..], &k, &v, offset, &mut out);
                for (a, b) in out.iter().zip(&expected[rest..]) {
                    assert!((a - b).abs() < 1e-5, "{a} {b} behind {offset}");
                }
            }
        }
    }
}
