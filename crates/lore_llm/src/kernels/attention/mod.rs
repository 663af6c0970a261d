//! Causal attention with grouped queries, tile by tile.
//!
//! Scores exist for one tile of queries and keys and one head per thread only, so memory grows with
//! the length and not with its square (Dao et al. 2022); tiles of which nothing is seen are left out.
//! Keys and values are token-major, `[tokens, num_kv_heads · head_dim]`.

mod backward;
mod forward;
mod packed;
mod tile;

use std::ops::Range;

pub(crate) use backward::{BackwardInput, backward as attention_backward};
use forward::Forward;
use packed::Heads;
use tile::{EDGE, Tile};

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
    #[cfg(test)]
    pub(crate) fn kv_start(&self, head: usize) -> usize {
        head / self.group() * self.head_dim
    }

    /// The first key that the query at `position` sees.
    pub(crate) fn first_key(&self, position: usize) -> usize {
        self.window
            .map_or(0, |window| (position + 1).saturating_sub(window))
    }

    /// Tiles of keys of which the queries from `position` see something, `num_rows` of them.
    fn tiles_seen(&self, position: usize, num_rows: usize) -> Range<usize> {
        self.first_key(position) / EDGE..(position + num_rows).div_ceil(EDGE)
    }

    /// Makes the scores of keys that a query does not see infinitely low. The queries stand from
    /// `position`, the keys from `first_key`.
    fn mask(&self, position: usize, first_key: usize, scores: &mut Tile) {
        let last = position + EDGE - 1;
        if first_key + EDGE <= position + 1 && self.first_key(last) <= first_key {
            return;
        }
        for (position, scores) in (position..).zip(&mut scores.0) {
            for (key, score) in (first_key..).zip(scores) {
                if key > position || key < self.first_key(position) {
                    *score = f32::NEG_INFINITY;
                }
            }
        }
    }

    fn queries<'a>(&self, numbers: &'a [f32]) -> Heads<'a> {
        Heads {
            numbers,
            width: self.query_width(),
            head_dim: self.head_dim,
        }
    }

    fn keys<'a>(&self, numbers: &'a [f32]) -> Heads<'a> {
        Heads {
            numbers,
            width: self.kv_width(),
            head_dim: self.head_dim,
        }
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
    let log_sums = &mut vec![0.0; q.len() / shape.head_dim];
    forward(shape, q, k, v, offset, out, log_sums);
}

/// [`attention`] of queries and keys of the same tokens, for training. Returns what the backward pass
/// needs: for each token and head the logarithm of the sum of exponentials of its scores.
pub(crate) fn attention_forward(
    shape: &AttentionShape,
    (q, k, v): (&[f32], &[f32], &[f32]),
    out: &mut [f32],
) -> Vec<f32> {
    let mut log_sums = vec![0.0; q.len() / shape.head_dim];
    forward(shape, q, k, v, 0, out, &mut log_sums);
    log_sums
}

fn forward(
    shape: &AttentionShape,
    q: &[f32],
    k: &[f32],
    v: &[f32],
    offset: usize,
    out: &mut [f32],
    log_sums: &mut [f32],
) {
    assert_eq!(q.len(), out.len(), "queries and output of one shape");
    assert_eq!(q.len() % shape.query_width(), 0, "whole rows");
    assert_eq!(k.len(), v.len(), "keys and values of one shape");
    out.fill(0.0);
    Forward::new(shape, q, k, v, offset).run(out, log_sums);
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
            let len = 2 * EDGE + 9;
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
