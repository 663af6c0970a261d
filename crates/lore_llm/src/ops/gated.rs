//! The gate of the feed-forward part.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::numbers::{numbers, slice, tensor};
use crate::kernels::{self, Activation, gate::gated_backward};

/// `activation(gate) · up`, element by element.
pub fn gated(activation: Activation, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    gate.apply_op2(up, Gated(activation))
}

struct Gated(Activation);

impl CustomOp2 for Gated {
    fn name(&self) -> &'static str {
        "gated"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (slice(gate, gate_layout)?, slice(up, up_layout)?);
        let mut out = vec![0.0; gate.len()];
        kernels::gated(self.0, gate, up, &mut out);
        Ok((CpuStorage::F32(out), gate_layout.shape().clone()))
    }

    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _out: &Tensor,
        grad_out: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let grad_out = grad_out.contiguous()?;
        let mut grad_gate = vec![0.0; gate.elem_count()];
        let mut grad_up = vec![0.0; gate.elem_count()];
        let (gate_numbers, up_numbers) = (numbers(gate)?, numbers(up)?);
        gated_backward(
            self.0,
            &gate_numbers,
            &up_numbers,
            &numbers(&grad_out)?,
            &mut grad_gate,
            &mut grad_up,
        );
        let grad_gate = tensor(grad_gate, gate.dims())?;
        Ok((Some(grad_gate), Some(tensor(grad_up, up.dims())?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_gradient;
    use super::*;

    #[test]
    fn gradients_agree_with_finite_differences() {
        for activation in [Activation::Silu, Activation::GeluTanh] {
            check_gradient(&[&[3, 4], &[3, 4]], |x| gated(activation, &x[0], &x[1]));
        }
    }
}
