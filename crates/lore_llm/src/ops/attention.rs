//! Causal attention whose probabilities are computed again in the backward pass.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::numbers::{numbers, slice, tensor};
use crate::kernels::AttentionShape;
use crate::kernels::attention::{BackwardInput, attention_backward, attention_forward};

/// Attention of `q` `[tokens, num_heads · head_dim]` over `k` and `v` `[tokens, num_kv_heads ·
/// head_dim]` of the same tokens. Memory grows with the length, not with its square.
pub fn causal_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    shape: AttentionShape,
) -> Result<Tensor> {
    let op = CausalAttention {
        shape,
        log_sums: Mutex::new(None),
    };
    q.apply_op3(k, v, op)
}

struct CausalAttention {
    shape: AttentionShape,
    /// From the forward to the backward pass.
    log_sums: Mutex<Option<Vec<f32>>>,
}

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
        let log_sums = attention_forward(&self.shape, (q, k, v), &mut out);
        *self.log_sums.lock().unwrap_or_else(PoisonError::into_inner) = Some(log_sums);
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
        let kept = self
            .log_sums
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let log_sums = kept.unwrap_or_else(|| {
            // A second backward pass over the same graph.
            let mut out = vec![0.0; q_numbers.len()];
            let inputs = (&*q_numbers, &*k_numbers, &*v_numbers);
            attention_forward(&self.shape, inputs, &mut out)
        });
        let input = BackwardInput {
            shape: &self.shape,
            q: &q_numbers,
            k: &k_numbers,
            v: &v_numbers,
            out: &out,
            grad_out: &grad_out,
            log_sums: &log_sums,
        };
        let (grad_q, grad_k, grad_v) = attention_backward(&input);
        Ok((
            Some(tensor(grad_q, q.dims())?),
            Some(tensor(grad_k, k.dims())?),
            Some(tensor(grad_v, v.dims())?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::super::testing::{check_gradient, noise};
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
    fn gradients_agree_across_tiles() {
        // Two tiles of tokens.
        let tokens = 67;
        for window in [None, Some(40)] {
            let full = AttentionShape::new(1, 1, 2);
            let shape = AttentionShape { window, ..full };
            check_gradient(&[&[tokens, 2], &[tokens, 2], &[tokens, 2]], |x| {
                causal_attention(&x[0], &x[1], &x[2], shape)
            });
        }
    }

    /// The output and the gradients by all inputs, one after the other.
    fn all_numbers(tokens: usize, shape: AttentionShape) -> Vec<Vec<f32>> {
        let widths = [shape.query_width(), shape.kv_width(), shape.kv_width()];
        let inputs = [0.1, 0.2, 0.3]
            .into_iter()
            .zip(widths)
            .map(|(salt, width)| {
                let numbers = noise(tokens * width, salt);
                Var::from_vec(numbers, (tokens, width), &Device::Cpu).unwrap()
            });
        let inputs: Vec<Var> = inputs.collect();
        let y = causal_attention(&inputs[0], &inputs[1], &inputs[2], shape).unwrap();
        let weights = noise(y.elem_count(), 0.4);
        let weights = Tensor::from_vec(weights, y.dims(), &Device::Cpu).unwrap();
        let loss = (&y * weights).unwrap().sum_all().unwrap();
        let grads = loss.backward().unwrap();
        let grads = inputs.iter().map(|input| grads.get(input).unwrap().clone());
        let tensors = std::iter::once(y.clone()).chain(grads);
        tensors.map(|x| numbers(&x).unwrap().to_vec()).collect()
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let shape = AttentionShape::new(4, 2, 8);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| all_numbers(500, shape))
        };
        assert_eq!(on(1), on(3));
    }
}
