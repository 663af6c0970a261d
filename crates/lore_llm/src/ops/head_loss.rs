//! Output projection and cross-entropy, for the learned positions only.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::FrozenMatrix;
use super::frozen::Rows;
use super::numbers::{slice, tensor};
use crate::kernels::Write;
use crate::kernels::exp::cross_entropy_row;

/// Rows whose logits exist at once. Every chunk reads the whole projection again.
const CHUNK: usize = 256;

/// What the loss is computed from, besides the hidden states.
#[derive(Clone, Debug)]
pub struct HeadLoss<'a> {
    /// The frozen output projection, `[vocab, hidden]`.
    pub head: &'a FrozenMatrix,
    /// The token that should come after each row.
    pub targets: &'a [u32],
    /// Factor of the loss. One divided by the learned tokens of a whole batch makes gradients of
    /// its examples add up to the gradient of the mean.
    pub weight: f64,
}

/// `weight · Σ -log softmax(x · headᵀ)[target]` over the rows of `x` `[tokens, hidden]`, a scalar.
///
/// The gradient is computed along with the value, because the logits, which are large, are there
/// just then. It is scaled by the incoming gradient in the backward pass.
pub fn head_loss(x: &Tensor, loss: &HeadLoss<'_>) -> Result<Tensor> {
    let (rows, hidden) = x.dims2()?;
    let HeadLoss {
        head,
        targets,
        weight,
    } = *loss;
    if rows != targets.len() || hidden != head.inputs() {
        bail!("{rows} rows of {hidden} for {} targets", targets.len());
    }
    if let Some(target) = targets.iter().find(|t| **t as usize >= head.outputs()) {
        bail!(
            "token {target} is not in the vocabulary of {}",
            head.outputs()
        );
    }
    x.apply_op1(Head {
        matrix: head.clone(),
        targets: targets.to_vec(),
        weight,
        gradient: Mutex::new(None),
    })
}

struct Head {
    matrix: FrozenMatrix,
    targets: Vec<u32>,
    weight: f64,
    /// From the forward to the backward pass.
    gradient: Mutex<Option<Vec<f32>>>,
}

impl Head {
    /// The summed loss of `x` `[targets.len(), hidden]`; writes its gradient to `grad_x`.
    fn chunk(&self, x: &[f32], targets: &[u32], logits: &mut [f32], grad_x: &mut [f32]) -> f64 {
        let (vocab, hidden) = (self.matrix.outputs(), self.matrix.inputs());
        self.matrix.forward(&Rows::new(x, hidden), logits);
        let losses: Vec<f64> = logits
            .par_chunks_exact_mut(vocab)
            .zip(targets)
            .map(|(logits, target)| cross_entropy_row(logits, *target as usize, self.weight as f32))
            .collect();
        let grad_logits = Rows::new(logits, vocab);
        self.matrix.backward(&grad_logits, Write::Set, grad_x);
        losses.iter().sum()
    }
}

impl CustomOp1 for Head {
    fn name(&self) -> &'static str {
        "head-loss"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(storage, layout)?;
        let hidden = self.matrix.inputs();
        let mut grad_x = vec![0.0; x.len()];
        let mut logits = vec![0.0; CHUNK.min(self.targets.len()) * self.matrix.outputs()];
        let mut loss = 0.0;
        let chunks = x
            .chunks(CHUNK * hidden)
            .zip(grad_x.chunks_mut(CHUNK * hidden));
        for ((x, grad_x), targets) in chunks.zip(self.targets.chunks(CHUNK)) {
            let logits = &mut logits[..targets.len() * self.matrix.outputs()];
            loss += self.chunk(x, targets, logits, grad_x);
        }
        *self.gradient.lock().unwrap_or_else(PoisonError::into_inner) = Some(grad_x);
        let loss = (loss * self.weight) as f32;
        Ok((CpuStorage::F32(vec![loss]), Shape::from(())))
    }

    fn bwd(&self, x: &Tensor, _loss: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let kept = self
            .gradient
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut grad_x) = kept else {
            bail!("the gradient of this loss was taken before");
        };
        let grad = grad.to_scalar::<f32>()?;
        for value in &mut grad_x {
            *value *= grad;
        }
        Ok(Some(tensor(grad_x, x.dims())?))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::super::testing::{check_gradient, random_linear};
    use super::*;
    use crate::ops::Arithmetic;

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let head = FrozenMatrix::new(&random_linear(11, 6, false).weight, Arithmetic::Float);
        let targets = [3, 0, 10, 7];
        let loss = HeadLoss {
            head: &head,
            targets: &targets,
            weight: 0.25,
        };
        check_gradient(&[&[4, 6]], |x| head_loss(&x[0], &loss));
        // Scaled by what comes after it.
        check_gradient(&[&[4, 6]], |x| head_loss(&x[0], &loss)? * 3.0);
    }

    #[test]
    fn chunks_add_up() -> Result<()> {
        let head = FrozenMatrix::new(&random_linear(5, 3, false).weight, Arithmetic::Float);
        let rows = CHUNK + 7;
        let x = Tensor::randn(0f32, 1.0, (rows, 3), &Device::Cpu)?;
        let targets: Vec<u32> = (0..rows as u32).map(|i| i % 5).collect();
        let loss = |x: &Tensor, targets: &[u32]| {
            let weight = 1.0;
            let head = &head;
            head_loss(
                x,
                &HeadLoss {
                    head,
                    targets,
                    weight,
                },
            )?
            .to_scalar::<f32>()
        };
        let whole = loss(&x, &targets)?;
        let mut sum = 0.0;
        for row in 0..rows {
            sum += loss(&x.narrow(0, row, 1)?.contiguous()?, &targets[row..=row])?;
        }
        assert!((whole - sum).abs() < 1e-3 * whole);
        Ok(())
    }

    #[test]
    fn a_token_outside_the_vocabulary_is_an_error() {
        let head = FrozenMatrix::new(&random_linear(5, 3, false).weight, Arithmetic::Float);
        let x = Tensor::zeros((1, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
        let loss = HeadLoss {
            head: &head,
            targets: &[5],
            weight: 1.0,
        };
        assert!(head_loss(&x, &loss).is_err());
    }
}
