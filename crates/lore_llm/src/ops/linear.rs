//! A frozen linear layer.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::FrozenLinear;
use super::frozen::Rows;
use super::numbers::{numbers, slice, tensor};
use crate::kernels::Write;

/// `x · wᵀ + bias` for `x` `[tokens, in]`; `w` and `bias` are constants.
pub fn frozen_linear(x: &Tensor, linear: &FrozenLinear) -> Result<Tensor> {
    x.apply_op1(Projection(linear.clone()))
}

struct Projection(FrozenLinear);

impl CustomOp1 for Projection {
    fn name(&self) -> &'static str {
        "frozen-linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = Rows::new(slice(storage, layout)?, self.0.weight.inputs());
        let shape = Shape::from((x.len(), self.0.weight.outputs()));
        Ok((CpuStorage::F32(self.0.forward(&x)), shape))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad_y: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        let grad_y = grad_y.contiguous()?;
        let grad_y = numbers(&grad_y)?;
        let grad_y = Rows::new(&grad_y, self.0.weight.outputs());
        let mut grad_x = vec![0.0; x.elem_count()];
        self.0.weight.backward(&grad_y, Write::Set, &mut grad_x);
        Ok(Some(tensor(grad_x, x.dims())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, random_linear};
    use super::*;
    use crate::ops::Arithmetic;

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let linear = FrozenLinear::new(&random_linear(5, 7, true), Arithmetic::Float);
        check_gradient(&[&[6, 7]], |x| frozen_linear(&x[0], &linear));
    }
}
