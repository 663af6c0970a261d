//! Starts a backward pass in the middle of a network.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

/// A scalar whose gradient by `y` is `grad_y`: calling `backward` on it continues a backward pass
/// that arrived at `y` with that gradient. Its own value is zero and means nothing.
pub fn seed_gradient(y: &Tensor, grad_y: &Tensor) -> Result<Tensor> {
    y.apply_op1(SeedGradient(grad_y.detach()))
}

struct SeedGradient(Tensor);

impl CustomOp1 for SeedGradient {
    fn name(&self) -> &'static str {
        "seed-gradient"
    }

    fn cpu_fwd(&self, _storage: &CpuStorage, _layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(vec![0.0]), Shape::from(())))
    }

    fn bwd(&self, _y: &Tensor, _res: &Tensor, _grad: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn the_given_gradient_flows_on() -> Result<()> {
        let x = Var::new(&[1.0f32, 2.0], &Device::Cpu)?;
        let y = (x.as_tensor() * 3.0)?;
        let grad_y = Tensor::new(&[10.0f32, 20.0], &Device::Cpu)?;
        let grads = seed_gradient(&y, &grad_y)?.backward()?;
        let grad_x = grads.get(&x).expect("x was reached").to_vec1::<f32>()?;
        assert_eq!(grad_x, [30.0, 60.0]);
        Ok(())
    }
}
