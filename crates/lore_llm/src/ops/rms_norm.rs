//! RMS normalisation with a frozen weight.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::numbers::{numbers, slice, tensor};
use crate::Vector;
use crate::kernels::{self, norm::rms_norm_backward};

/// Normalises every row of `x` `[tokens, features]`; `weight` `[features]` is a constant.
pub fn rms_norm(x: &Tensor, weight: &Vector, eps: f32) -> Result<Tensor> {
    x.apply_op1(RmsNorm {
        weight: weight.clone(),
        eps,
    })
}

struct RmsNorm {
    weight: Vector,
    eps: f32,
}

impl CustomOp1 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(storage, layout)?;
        let mut y = vec![0.0; x.len()];
        kernels::rms_norm(x, &self.weight, self.eps, &mut y);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad_y: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        let grad_y = grad_y.contiguous()?;
        let mut grad_x = vec![0.0; x.elem_count()];
        let (x_numbers, grad_y) = (numbers(x)?, numbers(&grad_y)?);
        rms_norm_backward(&x_numbers, &self.weight, self.eps, &grad_y, &mut grad_x);
        Ok(Some(tensor(grad_x, x.dims())?))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::check_gradient;
    use super::*;

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let weight = Arc::new(vec![0.5, -1.0, 2.0, 1.5, 0.1]);
        check_gradient(&[&[4, 5]], |x| rms_norm(&x[0], &weight, 1e-5));
    }
}
