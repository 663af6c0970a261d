//! A frozen linear layer with a trained low-rank update (Hu et al. 2021).

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::frozen::Rows;
use super::numbers::{numbers, slice, tensor};
use super::{Dropout, FrozenLinear};
use crate::kernels::{MatMut, MatRef, Threads, Write, gemm};

/// The trained part of a linear layer.
#[derive(Clone, Debug)]
pub struct LoraTerm<'a> {
    /// `[rank, in]`.
    pub a: &'a Tensor,
    /// `[out, rank]`.
    pub b: &'a Tensor,
    /// The factor of the update: see [`lore_core::LoraConfig::scale`].
    pub scale: f32,
    /// Of the update's input.
    pub dropout: Dropout,
}

/// `x · wᵀ + bias + scale · dropout(x) · aᵀ · bᵀ` for `x` `[tokens, in]`, as PEFT computes it.
pub fn lora_linear(x: &Tensor, linear: &FrozenLinear, lora: LoraTerm<'_>) -> Result<Tensor> {
    let op = LoraLinear {
        linear: linear.clone(),
        rank: lora.a.dim(0)?,
        scale: lora.scale,
        dropout: lora.dropout,
    };
    x.apply_op3(lora.a, lora.b, op)
}

struct LoraLinear {
    linear: FrozenLinear,
    rank: usize,
    scale: f32,
    dropout: Dropout,
}

impl LoraLinear {
    /// The input of the update: `x`, or a copy with some of it dropped.
    fn update_input<'a>(&self, x: &'a [f32], copy: &'a mut Vec<f32>) -> &'a [f32] {
        if self.dropout.is_off() {
            return x;
        }
        copy.extend_from_slice(x);
        self.dropout.apply(copy, self.linear.weight.inputs());
        copy
    }

    /// `x · aᵀ`, `[tokens, rank]`.
    fn down(&self, x: &[f32], a: &[f32], tokens: usize) -> Vec<f32> {
        let mut t = vec![0.0; tokens * self.rank];
        gemm(
            &mut MatMut::new(&mut t, tokens, self.rank),
            Write::Set,
            1.0,
            MatRef::new(x, tokens, self.linear.weight.inputs()),
            MatRef::new(a, self.rank, self.linear.weight.inputs()).t(),
            Threads::All,
        );
        t
    }

    /// The gradients by `x` (when asked for), `a` and `b`.
    fn gradients(
        &self,
        x: &[f32],
        a: &[f32],
        b: &[f32],
        grad_y: &[f32],
        wants_x: bool,
    ) -> (Option<Vec<f32>>, Vec<f32>, Vec<f32>) {
        let (out, into, rank) = (
            self.linear.weight.outputs(),
            self.linear.weight.inputs(),
            self.rank,
        );
        let tokens = x.len() / into;
        let mut copy = Vec::new();
        let x = self.update_input(x, &mut copy);
        let t = self.down(x, a, tokens);
        let grad_y_mat = MatRef::new(grad_y, tokens, out);
        let product = |rows, cols, scale, a: MatRef<'_>, b: MatRef<'_>| {
            let mut dst = vec![0.0; rows * cols];
            let mut view = MatMut::new(&mut dst, rows, cols);
            gemm(&mut view, Write::Set, scale, a, b, Threads::All);
            dst
        };
        let b = MatRef::new(b, out, rank);
        let grad_t = product(tokens, rank, self.scale, grad_y_mat, b);
        let grad_t_mat = MatRef::new(&grad_t, tokens, rank);
        let x = MatRef::new(x, tokens, into);
        let grad_a = product(rank, into, 1.0, grad_t_mat.t(), x);
        let t = MatRef::new(&t, tokens, rank);
        let grad_b = product(out, rank, self.scale, grad_y_mat.t(), t);
        let grad_x = wants_x.then(|| {
            let mut update = product(tokens, into, 1.0, grad_t_mat, MatRef::new(a, rank, into));
            if !self.dropout.is_off() {
                self.dropout.apply(&mut update, into);
            }
            let grad_y = Rows::new(grad_y, out);
            self.linear
                .weight
                .backward(&grad_y, Write::Add, &mut update);
            update
        });
        (grad_x, grad_a, grad_b)
    }
}

impl CustomOp3 for LoraLinear {
    fn name(&self) -> &'static str {
        "lora-linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        a: &CpuStorage,
        a_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, a, b) = (
            slice(x, x_layout)?,
            slice(a, a_layout)?,
            slice(b, b_layout)?,
        );
        let out = self.linear.weight.outputs();
        let tokens = x.len() / self.linear.weight.inputs();
        let mut y = self
            .linear
            .forward(&Rows::new(x, self.linear.weight.inputs()));
        let mut copy = Vec::new();
        let t = self.down(self.update_input(x, &mut copy), a, tokens);
        gemm(
            &mut MatMut::new(&mut y, tokens, out),
            Write::Add,
            self.scale,
            MatRef::new(&t, tokens, self.rank),
            MatRef::new(b, out, self.rank).t(),
            Threads::All,
        );
        Ok((CpuStorage::F32(y), Shape::from((tokens, out))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        a: &Tensor,
        b: &Tensor,
        _y: &Tensor,
        grad_y: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let grad_y = grad_y.contiguous()?;
        let (grad_x, grad_a, grad_b) = self.gradients(
            &numbers(x)?,
            &numbers(a)?,
            &numbers(b)?,
            &numbers(&grad_y)?,
            x.track_op(),
        );
        let grad_x = grad_x.map(|grad| tensor(grad, x.dims())).transpose()?;
        let grad_a = tensor(grad_a, a.dims())?;
        let grad_b = tensor(grad_b, b.dims())?;
        Ok((grad_x, Some(grad_a), Some(grad_b)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, random_linear};
    use super::*;
    use crate::ops::{Arithmetic, Mask};

    #[test]
    fn gradients_agree_with_finite_differences() {
        let linear = FrozenLinear::new(&random_linear(5, 8, true), Arithmetic::Float);
        for probability in [0.0, 0.3] {
            check_gradient(&[&[6, 8], &[2, 8], &[5, 2]], |x| {
                let term = LoraTerm {
                    a: &x[1],
                    b: &x[2],
                    scale: 2.0,
                    dropout: Dropout {
                        probability,
                        masks: vec![Mask { rows: 6, seed: 9 }],
                    },
                };
                lora_linear(&x[0], &linear, term)
            });
        }
    }
}
