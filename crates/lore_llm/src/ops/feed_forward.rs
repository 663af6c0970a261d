//! A frozen feed-forward part as one operation.
//!
//! Where no projection of it is trained, only its input needs a gradient, and the steps between can
//! share buffers and skip the tape.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::FrozenLinear;
use super::frozen::Rows;
use super::numbers::{numbers, slice, tensor};
use crate::kernels::{self, Activation, Write, gate::gated_backward};

/// The projections of a feed-forward part.
#[derive(Clone, Debug)]
pub struct FrozenFeedForward {
    /// `[intermediate, hidden]`.
    pub gate: FrozenLinear,
    /// `[intermediate, hidden]`.
    pub up: FrozenLinear,
    /// `[hidden, intermediate]`.
    pub down: FrozenLinear,
    /// Bends the gate.
    pub activation: Activation,
}

/// `down(activation(gate(x)) · up(x))` for `x` `[tokens, hidden]`; every weight is a constant.
pub fn frozen_feed_forward(x: &Tensor, part: &FrozenFeedForward) -> Result<Tensor> {
    x.apply_op1(FeedForward {
        part: part.clone(),
        kept: Mutex::new(None),
    })
}

struct FeedForward {
    part: FrozenFeedForward,
    /// `gate(x)` and `up(x)`, from the forward to the backward pass.
    kept: Mutex<Option<(Vec<f32>, Vec<f32>)>>,
}

impl FeedForward {
    /// `gate(x)` and `up(x)`.
    fn open(&self, x: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let x = Rows::new(x, self.part.gate.weight.inputs());
        (self.part.gate.forward(&x), self.part.up.forward(&x))
    }
}

impl CustomOp1 for FeedForward {
    fn name(&self) -> &'static str {
        "frozen-feed-forward"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = self.open(slice(storage, layout)?);
        let mut gated = vec![0.0; gate.len()];
        kernels::gated(self.part.activation, &gate, &up, &mut gated);
        let down = &self.part.down;
        let y = down.forward(&Rows::new(&gated, down.weight.inputs()));
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
            self.open(&numbers(x)?)
        };
        let grad_y = grad_y.contiguous()?;
        let FrozenFeedForward {
            gate: gate_linear,
            up: up_linear,
            down,
            activation,
        } = &self.part;
        let mut grad_gated = vec![0.0; gate.len()];
        let grad_y = numbers(&grad_y)?;
        let grad_y = Rows::new(&grad_y, down.weight.outputs());
        down.weight.backward(&grad_y, Write::Set, &mut grad_gated);
        let mut grad_gate = vec![0.0; gate.len()];
        let mut grad_up = vec![0.0; gate.len()];
        gated_backward(
            *activation,
            &gate,
            &up,
            &grad_gated,
            &mut grad_gate,
            &mut grad_up,
        );
        let inner = gate_linear.weight.outputs();
        let mut grad_x = vec![0.0; x.elem_count()];
        gate_linear
            .weight
            .backward(&Rows::new(&grad_gate, inner), Write::Set, &mut grad_x);
        up_linear
            .weight
            .backward(&Rows::new(&grad_up, inner), Write::Add, &mut grad_x);
        Ok(Some(tensor(grad_x, x.dims())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, random_feed_forward};
    use super::*;

    #[test]
    fn gradient_agrees_with_finite_differences() {
        for activation in [Activation::Silu, Activation::GeluTanh] {
            let part = FrozenFeedForward {
                activation,
                ..random_feed_forward(6, 10)
            };
            check_gradient(&[&[4, 6]], |x| frozen_feed_forward(&x[0], &part));
        }
    }
}
