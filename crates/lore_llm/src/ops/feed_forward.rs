//! A frozen feed-forward part as one operation.
//!
//! Where no projection of it is trained, only its input needs a gradient, and the steps between can
//! share buffers and skip the tape.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::linear::{backward, backward_into, forward};
use super::numbers::{numbers, slice, tensor};
use crate::kernels::{self, Write, exp::silu_gate_backward};
use crate::{LayerWeights, Linear};

/// `down(silu(gate(x)) · up(x))` for `x` `[tokens, hidden]`; every weight is a constant.
pub fn frozen_feed_forward(x: &Tensor, layer: &LayerWeights) -> Result<Tensor> {
    x.apply_op1(FeedForward {
        gate: layer.gate.clone(),
        up: layer.up.clone(),
        down: layer.down.clone(),
        kept: Mutex::new(None),
    })
}

struct FeedForward {
    gate: Linear,
    up: Linear,
    down: Linear,
    /// `gate(x)` and `up(x)`, from the forward to the backward pass.
    kept: Mutex<Option<(Vec<f32>, Vec<f32>)>>,
}

impl CustomOp1 for FeedForward {
    fn name(&self) -> &'static str {
        "frozen-feed-forward"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(storage, layout)?;
        let tokens = x.len() / self.gate.weight.cols;
        let gate = forward(x, &self.gate, tokens);
        let up = forward(x, &self.up, tokens);
        let mut gated = vec![0.0; gate.len()];
        kernels::silu_gate(&gate, &up, &mut gated);
        let y = forward(&gated, &self.down, tokens);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((gate, up));
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad_y: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        let kept = self
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let (gate, up) = if let Some(kept) = kept {
            kept
        } else {
            // A second backward pass over the same graph.
            let x = numbers(x)?;
            let tokens = x.len() / self.gate.weight.cols;
            (
                forward(&x, &self.gate, tokens),
                forward(&x, &self.up, tokens),
            )
        };
        let grad_y = grad_y.contiguous()?;
        let grad_gated = backward(&numbers(&grad_y)?, &self.down.weight);
        let mut grad_gate = vec![0.0; gate.len()];
        let mut grad_up = vec![0.0; gate.len()];
        silu_gate_backward(&gate, &up, &grad_gated, &mut grad_gate, &mut grad_up);
        let mut grad_x = backward(&grad_gate, &self.gate.weight);
        backward_into(&grad_up, &self.up.weight, Write::Add, &mut grad_x);
        Ok(Some(tensor(grad_x, x.dims())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, random_layer};
    use super::*;

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let layer = random_layer(6, 10);
        check_gradient(&[&[4, 6]], |x| frozen_feed_forward(&x[0], &layer));
    }
}
