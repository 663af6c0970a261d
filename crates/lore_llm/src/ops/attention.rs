//! Causal attention whose probabilities are computed again in the backward pass.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::numbers::{numbers, slice, tensor};
use crate::kernels::attention::{Block, QUERY_BLOCK, probabilities};
use crate::kernels::dot::dot;
use crate::kernels::simd::vectorized_fn;
use crate::kernels::{AttentionShape, MatMut, MatRef, Threads, Write, attention, gemm};

/// Attention of `q` `[tokens, num_heads · head_dim]` over `k` and `v` `[tokens, num_kv_heads ·
/// head_dim]` of the same tokens. Memory grows with the length, not with its square (the block-wise
/// scheme of Dao et al. 2022, with whole rows of probabilities).
pub fn causal_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    shape: AttentionShape,
) -> Result<Tensor> {
    q.apply_op3(k, v, CausalAttention(shape))
}

struct CausalAttention(AttentionShape);

impl CustomOp3 for CausalAttention {
    fn name(&self) -> &'static str {
        "causal-attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (q, k, v) = (
            slice(q, q_layout)?,
            slice(k, k_layout)?,
            slice(v, v_layout)?,
        );
        let mut out = vec![0.0; q.len()];
        attention(&self.0, q, k, v, 0, &mut out);
        Ok((CpuStorage::F32(out), q_layout.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        out: &Tensor,
        grad_out: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let grad_out = grad_out.contiguous()?;
        let (q_numbers, k_numbers, v_numbers) = (numbers(q)?, numbers(k)?, numbers(v)?);
        let (out, grad_out) = (numbers(out)?, numbers(&grad_out)?);
        let pass = BackwardPass {
            shape: &self.0,
            q: &q_numbers,
            k: &k_numbers,
            v: &v_numbers,
            out: &out,
            grad_out: &grad_out,
        };
        let (grad_q, grad_k, grad_v) = pass.run();
        Ok((
            Some(tensor(grad_q, q.dims())?),
            Some(tensor(grad_k, k.dims())?),
            Some(tensor(grad_v, v.dims())?),
        ))
    }
}

/// What the backward pass reads.
struct BackwardPass<'a> {
    shape: &'a AttentionShape,
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
    out: &'a [f32],
    grad_out: &'a [f32],
}

/// The gradients of one query head, each `[tokens, head_dim]`.
struct HeadGradients {
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
}

/// What one thread works with, each `[QUERY_BLOCK, tokens]` at most.
#[derive(Default)]
struct Scratch {
    probs: Vec<f32>,
    grad_scores: Vec<f32>,
}

impl BackwardPass<'_> {
    fn num_tokens(&self) -> usize {
        self.q.len() / self.shape.query_width()
    }

    /// The gradients by `q`, `k` and `v`.
    fn run(&self) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let heads: Vec<HeadGradients> = (0..self.shape.num_heads)
            .into_par_iter()
            .with_max_len(1)
            .map_init(Scratch::default, |scratch, head| self.head(head, scratch))
            .collect();
        let mut grad_q = vec![0.0; self.q.len()];
        let mut grad_k = vec![0.0; self.k.len()];
        let mut grad_v = vec![0.0; self.v.len()];
        for (head, gradients) in heads.iter().enumerate() {
            let start = head * self.shape.head_dim;
            let kv_start = self.shape.kv_start(head);
            self.add_columns(&gradients.q, &mut grad_q, self.shape.query_width(), start);
            self.add_columns(&gradients.k, &mut grad_k, self.shape.kv_width(), kv_start);
            self.add_columns(&gradients.v, &mut grad_v, self.shape.kv_width(), kv_start);
        }
        (grad_q, grad_k, grad_v)
    }

    /// Adds `[tokens, head_dim]` to the columns of a head: heads of a group add up in their key and
    /// value head, always in the same order.
    fn add_columns(&self, part: &[f32], whole: &mut [f32], width: usize, start: usize) {
        let dim = self.shape.head_dim;
        for (whole, part) in whole.chunks_exact_mut(width).zip(part.chunks_exact(dim)) {
            for (whole, part) in whole[start..start + dim].iter_mut().zip(part) {
                *whole += part;
            }
        }
    }

    fn head(&self, head: usize, scratch: &mut Scratch) -> HeadGradients {
        let tokens = self.num_tokens();
        let size = tokens * self.shape.head_dim;
        let mut gradients = HeadGradients {
            q: vec![0.0; size],
            k: vec![0.0; size],
            v: vec![0.0; size],
        };
        for first_row in (0..tokens).step_by(QUERY_BLOCK) {
            let rows = QUERY_BLOCK.min(tokens - first_row);
            let block = self.shape.block(0, first_row, rows);
            self.block(head, &block, scratch, &mut gradients);
        }
        gradients
    }

    /// Adds what a block of queries contributes.
    fn block(
        &self,
        head: usize,
        block: &Block,
        scratch: &mut Scratch,
        gradients: &mut HeadGradients,
    ) {
        let (width, dim) = (self.shape.query_width(), self.shape.head_dim);
        let (rows, keys) = (block.num_rows, block.num_keys());
        let query_start = block.first_row * width + head * dim;
        let key_start = block.first_key * self.shape.kv_width() + self.shape.kv_start(head);
        let queries = |data| MatRef::strided(data, rows, dim, width);
        let key_rows = |data| MatRef::strided(data, keys, dim, self.shape.kv_width());
        let grad_out = queries(&self.grad_out[query_start..]);
        let product = |dst: &mut [f32], shape: (usize, usize), write, a, b| {
            let mut view = MatMut::new(dst, shape.0, shape.1);
            gemm(&mut view, write, 1.0, a, b, Threads::One);
        };

        scratch.probs.resize(rows * keys, 0.0);
        scratch.grad_scores.resize(rows * keys, 0.0);
        probabilities(self.shape, self.q, self.k, head, block, &mut scratch.probs);
        let probs = MatRef::new(&scratch.probs, rows, keys);
        let seen = block.first_key * dim..(block.first_key + keys) * dim;
        let grad_v = &mut gradients.v[seen.clone()];
        product(grad_v, (keys, dim), Write::Add, probs.t(), grad_out);

        let v = key_rows(&self.v[key_start..]);
        let grad_scores = &mut scratch.grad_scores;
        product(grad_scores, (rows, keys), Write::Set, grad_out, v.t());
        self.softmax_backward(query_start, &scratch.probs, grad_scores, keys);
        let grad_scores = MatRef::new(grad_scores, rows, keys);

        let k = key_rows(&self.k[key_start..]);
        let grad_q = &mut gradients.q[block.first_row * dim..(block.first_row + rows) * dim];
        product(grad_q, (rows, dim), Write::Set, grad_scores, k);
        let q = queries(&self.q[query_start..]);
        let grad_k = &mut gradients.k[seen];
        product(grad_k, (keys, dim), Write::Add, grad_scores.t(), q);
    }

    /// Turns gradients by probabilities into gradients by scores before scaling. The sum over a row
    /// of probability times gradient equals the dot product of output and its gradient.
    fn softmax_backward(&self, query_start: usize, probs: &[f32], grads: &mut [f32], keys: usize) {
        let (width, dim) = (self.shape.query_width(), self.shape.head_dim);
        let rows = grads.chunks_exact_mut(keys).zip(probs.chunks_exact(keys));
        for (row, (grads, probs)) in rows.enumerate() {
            let start = query_start + row * width;
            let mean = dot(
                &self.out[start..start + dim],
                &self.grad_out[start..start + dim],
            );
            center(grads, probs, mean, self.shape.scale);
        }
    }
}

vectorized_fn! {
    /// `probs · (grads - mean) · scale`, written to `grads`.
    fn center(grads: &mut [f32], probs: &[f32], mean: f32, scale: f32) {
        for (grad, prob) in grads.iter_mut().zip(probs) {
            *grad = prob * (*grad - mean) * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_gradient;
    use super::*;

    #[test]
    fn gradients_agree_with_finite_differences() {
        let full = AttentionShape::new(4, 2, 4);
        for window in [None, Some(3)] {
            let shape = AttentionShape { window, ..full };
            check_gradient(&[&[7, 16], &[7, 8], &[7, 8]], |x| {
                causal_attention(&x[0], &x[1], &x[2], shape)
            });
        }
    }

    #[test]
    fn gradients_agree_across_blocks() {
        let tokens = QUERY_BLOCK + 3;
        let shape = AttentionShape::new(1, 1, 2);
        check_gradient(&[&[tokens, 2], &[tokens, 2], &[tokens, 2]], |x| {
            causal_attention(&x[0], &x[1], &x[2], shape)
        });
    }
}
