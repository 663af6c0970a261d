//! Finite differences.

use candle_core::{Device, Result, Tensor, Var};
use std::sync::Arc;

use super::{Arithmetic, FrozenFeedForward, FrozenLinear};
use crate::kernels::Activation;
use crate::{Linear, Matrix};

/// Numbers that look random and are the same every time, between -1 and 1.
pub(super) fn noise(len: usize, salt: f32) -> Vec<f32> {
    (0..len)
        .map(|i| ((i as f32 + salt) * 12.989).sin() * 0.9)
        .collect()
}

pub(super) fn random_linear(out: usize, into: usize, with_bias: bool) -> Linear {
    Linear {
        weight: Matrix::new(out, into, noise(out * into, 0.3)),
        bias: with_bias.then(|| Arc::new(noise(out, 0.7))),
    }
}

pub(super) fn random_feed_forward(hidden: usize, intermediate: usize) -> FrozenFeedForward {
    let frozen = |out, into, with_bias| {
        FrozenLinear::new(&random_linear(out, into, with_bias), Arithmetic::Float)
    };
    FrozenFeedForward {
        gate: frozen(intermediate, hidden, false),
        up: frozen(intermediate, hidden, true),
        down: frozen(hidden, intermediate, false),
        activation: Activation::Silu,
    }
}

/// Holds the gradient of `Σ weights · f(inputs)` by every input to central differences.
#[track_caller]
pub(super) fn check_gradient(shapes: &[&[usize]], f: impl Fn(&[Tensor]) -> Result<Tensor>) {
    const STEP: f32 = 1e-2;
    let values: Vec<Vec<f32>> = shapes
        .iter()
        .enumerate()
        .map(|(i, shape)| noise(shape.iter().product(), 1.7 * i as f32 + 0.1))
        .collect();
    let objective = |inputs: &[Tensor]| -> Result<Tensor> {
        let y = f(inputs)?.flatten_all()?;
        let weights = Tensor::from_vec(noise(y.elem_count(), 5.5), y.elem_count(), &Device::Cpu)?;
        (y * weights)?.sum_all()
    };
    let vars: Vec<Var> = values
        .iter()
        .zip(shapes)
        .map(|(v, shape)| Var::from_vec(v.clone(), *shape, &Device::Cpu).unwrap())
        .collect();
    let inputs: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let grads = objective(&inputs).unwrap().backward().unwrap();
    let at = |input: usize, index: usize, delta: f32| -> f32 {
        let mut moved = inputs.clone();
        let mut value = values[input].clone();
        value[index] += delta;
        moved[input] = Tensor::from_vec(value, shapes[input], &Device::Cpu).unwrap();
        objective(&moved).unwrap().to_scalar().unwrap()
    };
    for (input, var) in vars.iter().enumerate() {
        let grad = grads.get(var).expect("every input has a gradient");
        let grad = grad.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (index, grad) in grad.iter().enumerate() {
            let expected = (at(input, index, STEP) - at(input, index, -STEP)) / (2.0 * STEP);
            assert!(
                (grad - expected).abs() < 6e-3 * expected.abs().max(1.0),
                "input {input}, element {index}: {grad} instead of {expected}"
            );
        }
    }
}
