//! A frozen linear layer.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::numbers::{numbers, slice, tensor};
use crate::kernels::{self, MatMut, MatRef, Threads, Write, gemm};
use crate::{Linear, Matrix};

/// `x · wᵀ + bias` for `x` `[tokens, in]`; `w` and `bias` are constants.
pub fn frozen_linear(x: &Tensor, linear: &Linear) -> Result<Tensor> {
    x.apply_op1(FrozenLinear(linear.clone()))
}

struct FrozenLinear(Linear);

impl CustomOp1 for FrozenLinear {
    fn name(&self) -> &'static str {
        "frozen-linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(storage, layout)?;
        let tokens = x.len() / self.0.weight.cols;
        let y = forward(x, &self.0, tokens);
        let shape = Shape::from((tokens, self.0.weight.rows));
        Ok((CpuStorage::F32(y), shape))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad_y: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        let grad_y = grad_y.contiguous()?;
        let grad_x = backward(&numbers(&grad_y)?, &self.0.weight);
        Ok(Some(tensor(grad_x, x.dims())?))
    }
}

/// `x · wᵀ + bias` for `tokens` rows.
pub(super) fn forward(x: &[f32], linear: &Linear, tokens: usize) -> Vec<f32> {
    let Matrix { rows, cols, data } = &linear.weight;
    let mut y = vec![0.0; tokens * rows];
    let bias = linear.bias.as_ref().map(|bias| bias.as_slice());
    kernels::linear(x, data, bias, &mut y, (tokens, *cols, *rows));
    y
}

/// `grad_y · w`: the gradient by the input.
pub(super) fn backward(grad_y: &[f32], weight: &Matrix) -> Vec<f32> {
    let mut grad_x = vec![0.0; grad_y.len() / weight.rows * weight.cols];
    backward_into(grad_y, weight, Write::Set, &mut grad_x);
    grad_x
}

/// Writes `grad_y · w` to `grad_x`, or adds it.
pub(super) fn backward_into(grad_y: &[f32], weight: &Matrix, write: Write, grad_x: &mut [f32]) {
    let tokens = grad_y.len() / weight.rows;
    gemm(
        &mut MatMut::new(grad_x, tokens, weight.cols),
        write,
        1.0,
        MatRef::new(grad_y, tokens, weight.rows),
        MatRef::new(&weight.data, weight.rows, weight.cols),
        Threads::All,
    );
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, random_linear};
    use super::*;

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let linear = random_linear(5, 7, true);
        check_gradient(&[&[6, 7]], |x| frozen_linear(&x[0], &linear));
    }
}
