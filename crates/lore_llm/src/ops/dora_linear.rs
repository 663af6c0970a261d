//! A frozen linear layer whose rows are turned by a low-rank update and scaled to trained lengths
//! (`DoRA`, Liu et al. 2024).

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::numbers::{numbers, slice, tensor};
use super::{Dropout, FrozenLinear, LoraTerm, drop_inputs, frozen_linear, lora_linear};
use crate::adapter::dora::gains;
use crate::kernels::linear::add_bias;

/// `x · wᵀ + bias` with the update `lora` and the lengths `magnitude` `[out]`, for `x` `[tokens, in]`, as
/// PEFT computes it. With `z = d · (w + scale · b · a)ᵀ` for `d = dropout(x)` and `n` the row norms of
/// that sum, which count as constants in the backward pass (section 4.3), it is
/// `(x - d) · wᵀ + z · magnitude / n + bias`.
pub fn dora_linear(
    x: &Tensor,
    linear: &FrozenLinear,
    lora: &LoraTerm<'_>,
    magnitude: &Tensor,
) -> Result<Tensor> {
    let norms = {
        let (a, b) = (numbers(lora.a)?, numbers(lora.b)?);
        linear.weight.row_norms(&a, &b, lora.scale)
    };
    let magnify = |z: Tensor, linear: &FrozenLinear| {
        let op = Magnify {
            norms,
            linear: linear.clone(),
        };
        z.apply_op2(magnitude, op)
    };
    let bare = linear.without_bias();
    let undropped = LoraTerm {
        dropout: Dropout::OFF,
        ..*lora
    };
    if lora.dropout.is_off() {
        return magnify(lora_linear(x, &bare, undropped)?, linear);
    }
    let dropped = drop_inputs(x, &lora.dropout)?;
    let z = lora_linear(&dropped, &bare, undropped)?;
    let rest = frozen_linear(&(x - dropped)?, linear)?;
    magnify(z, &bare)? + rest
}

/// `z · magnitude / norms + bias`, the bias that of `linear`.
struct Magnify {
    norms: Vec<f32>,
    linear: FrozenLinear,
}

impl CustomOp2 for Magnify {
    fn name(&self) -> &'static str {
        "magnify"
    }

    fn cpu_fwd(
        &self,
        z: &CpuStorage,
        z_layout: &Layout,
        magnitude: &CpuStorage,
        magnitude_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let gains = gains(slice(magnitude, magnitude_layout)?, &self.norms);
        let mut y = slice(z, z_layout)?.to_vec();
        scale_columns(&mut y, &gains);
        if let Some(bias) = self.linear.bias() {
            add_bias(&mut y, bias);
        }
        Ok((CpuStorage::F32(y), z_layout.shape().clone()))
    }

    fn bwd(
        &self,
        z: &Tensor,
        magnitude: &Tensor,
        _y: &Tensor,
        grad_y: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let grad_y = grad_y.contiguous()?;
        let (z_numbers, grad_y) = (numbers(z)?, numbers(&grad_y)?);
        let width = self.norms.len();
        let mut grad_magnitude = vec![0.0; width];
        let rows = z_numbers.chunks_exact(width);
        for (z, grad_y) in rows.zip(grad_y.chunks_exact(width)) {
            for ((sum, z), grad_y) in grad_magnitude.iter_mut().zip(z).zip(grad_y) {
                *sum += z * grad_y;
            }
        }
        let grad_magnitude = gains(&grad_magnitude, &self.norms);
        let mut grad_z = grad_y.to_vec();
        scale_columns(&mut grad_z, &gains(&numbers(magnitude)?, &self.norms));
        Ok((
            Some(tensor(grad_z, z.dims())?),
            Some(tensor(grad_magnitude, magnitude.dims())?),
        ))
    }
}

/// Multiplies column `i` of every row of `x` with `factors[i]`.
fn scale_columns(x: &mut [f32], factors: &[f32]) {
    for row in x.chunks_exact_mut(factors.len()) {
        for (x, factor) in row.iter_mut().zip(factors) {
            *x *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_gradient, noise, random_linear};
    use super::*;
    use crate::ops::{Arithmetic, Mask};

    /// By `x` and `magnitude`: the others' would need norms that move.
    #[test]
    fn gradients_agree_with_finite_differences() -> Result<()> {
        let linear = FrozenLinear::new(&random_linear(5, 8, true), Arithmetic::Float);
        let a = tensor(noise(16, 0.4), &[2, 8])?;
        let b = tensor(noise(10, 0.8), &[5, 2])?;
        for probability in [0.0, 0.3] {
            check_gradient(&[&[6, 8], &[5]], |x| {
                let term = LoraTerm {
                    a: &a,
                    b: &b,
                    scale: 2.0,
                    dropout: Dropout {
                        probability,
                        masks: vec![Mask { rows: 6, seed: 9 }],
                    },
                };
                dora_linear(&x[0], &linear, &term, &x[1])
            });
        }
        Ok(())
    }

    /// PEFT's order of operations, written out: base result, then what `DoraLinearLayer` adds to it.
    #[test]
    fn dropped_inputs_reach_the_update_alone_as_in_peft() -> Result<()> {
        let linear = FrozenLinear::new(&random_linear(5, 8, true), Arithmetic::Float);
        let a = tensor(noise(16, 0.4), &[2, 8])?;
        let b = tensor(noise(10, 0.8), &[5, 2])?;
        let magnitude = tensor(noise(5, 0.2), &[5])?;
        let x = tensor(noise(48, 1.4), &[6, 8])?;
        let dropout = Dropout {
            probability: 0.3,
            masks: vec![Mask { rows: 6, seed: 4 }],
        };
        let term = LoraTerm {
            a: &a,
            b: &b,
            scale: 2.0,
            dropout: dropout.clone(),
        };
        let ours = dora_linear(&x, &linear, &term, &magnitude)?;
        let norms = linear.weight.row_norms(&numbers(&a)?, &numbers(&b)?, 2.0);
        let gain = (&magnitude / tensor(norms, &[5])?)?;
        let dropped = drop_inputs(&x, &dropout)?;
        let base = frozen_linear(&dropped, &linear.without_bias())?;
        let update = (dropped.matmul(&a.t()?)?.matmul(&b.t()?)? * 2.0)?;
        let added = ((base + update)?.broadcast_mul(&gain)?
            - frozen_linear(&dropped, &linear.without_bias())?)?;
        let theirs = (frozen_linear(&x, &linear)? + added)?;
        let difference = (ours - theirs)?.abs()?.max_all()?.to_scalar::<f32>()?;
        assert!(difference < 1e-5, "{difference}");
        Ok(())
    }
}
