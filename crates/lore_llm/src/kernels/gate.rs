//! The gate of the feed-forward part.

use super::exp::sigmoid;
use super::simd::vectorized_fn;
use rayon::prelude::*;

/// Elements a parallel loop over elements hands to a thread at once.
const ELEMENTS_PER_TASK: usize = 16 * 1024;

/// `2 · sqrt(2 / π)`.
const GELU_SLOPE: f32 = 1.595_769_2;

/// How much of the cube GELU's approximation takes.
const GELU_CUBE: f32 = 0.044_715;

/// What bends the gate. Both are `x · sigmoid(bend(x))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x · sigmoid(x)` (`SwiGLU`, Shazeer 2020).
    Silu,
    /// GELU in its approximation by `tanh` (Hendrycks and Gimpel 2016):
    /// `½ (1 + tanh u) = sigmoid(2u)`.
    GeluTanh,
}

/// `out = activation(gate) · up`, element by element.
pub fn gated(activation: Activation, gate: &[f32], up: &[f32], out: &mut [f32]) {
    assert_eq!(gate.len(), up.len(), "gate and up of one shape");
    assert_eq!(gate.len(), out.len(), "gate and output of one shape");
    let chunk = match activation {
        Activation::Silu => silu_chunk,
        Activation::GeluTanh => gelu_chunk,
    };
    if out.len() <= ELEMENTS_PER_TASK {
        return chunk(gate, up, out);
    }
    out.par_chunks_mut(ELEMENTS_PER_TASK)
        .zip(gate.par_chunks(ELEMENTS_PER_TASK))
        .zip(up.par_chunks(ELEMENTS_PER_TASK))
        .for_each(|((out, gate), up)| chunk(gate, up, out));
}

vectorized_fn! {
    fn silu_chunk(gate: &[f32], up: &[f32], out: &mut [f32]) {
        for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
            *out = gate * sigmoid(*gate) * up;
        }
    }
}

vectorized_fn! {
    fn gelu_chunk(gate: &[f32], up: &[f32], out: &mut [f32]) {
        for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
            let bend = GELU_SLOPE * gate * (1.0 + GELU_CUBE * gate * gate);
            *out = gate * sigmoid(bend) * up;
        }
    }
}

/// The gradients of [`gated`] by `gate` and `up`, written to `grad_gate` and `grad_up`.
pub(crate) fn gated_backward(
    activation: Activation,
    gate: &[f32],
    up: &[f32],
    grad_out: &[f32],
    grad_gate: &mut [f32],
    grad_up: &mut [f32],
) {
    grad_gate
        .par_chunks_mut(ELEMENTS_PER_TASK)
        .zip(grad_up.par_chunks_mut(ELEMENTS_PER_TASK))
        .zip(gate.par_chunks(ELEMENTS_PER_TASK))
        .zip(up.par_chunks(ELEMENTS_PER_TASK))
        .zip(grad_out.par_chunks(ELEMENTS_PER_TASK))
        .for_each(
            |((((grad_gate, grad_up), gate), up), grad)| match activation {
                Activation::Silu => silu_chunk_backward(gate, up, grad, grad_gate, grad_up),
                Activation::GeluTanh => gelu_chunk_backward(gate, up, grad, grad_gate, grad_up),
            },
        );
}

vectorized_fn! {
    fn silu_chunk_backward(
        gate: &[f32],
        up: &[f32],
        grad: &[f32],
        grad_gate: &mut [f32],
        grad_up: &mut [f32],
    ) {
        let inputs = gate.iter().zip(up).zip(grad);
        let outputs = grad_gate.iter_mut().zip(grad_up.iter_mut());
        for ((grad_gate, grad_up), ((gate, up), grad)) in outputs.zip(inputs) {
            let sigmoid = sigmoid(*gate);
            *grad_up = grad * gate * sigmoid;
            *grad_gate = grad * up * sigmoid * (1.0 + gate * (1.0 - sigmoid));
        }
    }
}

vectorized_fn! {
    fn gelu_chunk_backward(
        gate: &[f32],
        up: &[f32],
        grad: &[f32],
        grad_gate: &mut [f32],
        grad_up: &mut [f32],
    ) {
        let inputs = gate.iter().zip(up).zip(grad);
        let outputs = grad_gate.iter_mut().zip(grad_up.iter_mut());
        for ((grad_gate, grad_up), ((gate, up), grad)) in outputs.zip(inputs) {
            let square = GELU_CUBE * gate * gate;
            let sigmoid = sigmoid(GELU_SLOPE * gate * (1.0 + square));
            let slope = GELU_SLOPE * (1.0 + 3.0 * square);
            *grad_up = grad * gate * sigmoid;
            *grad_gate = grad * up * sigmoid * (1.0 + gate * (1.0 - sigmoid) * slope);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_activations_agree_with_their_definition() {
        let gate: Vec<f32> = (-400..400).map(|i| i as f32 * 0.02).collect();
        let up = vec![1.0; gate.len()];
        let of = |activation| {
            let mut out = vec![0.0; gate.len()];
            gated(activation, &gate, &up, &mut out);
            out
        };
        let silu = |x: f64| x / (1.0 + (-x).exp());
        let gelu = |x: f64| {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            0.5 * x * (1.0 + inner.tanh())
        };
        for (x, y) in gate.iter().zip(of(Activation::Silu)) {
            assert!((silu(f64::from(*x)) - f64::from(y)).abs() < 1e-6, "{x}");
        }
        for (x, y) in gate.iter().zip(of(Activation::GeluTanh)) {
            assert!((gelu(f64::from(*x)) - f64::from(y)).abs() < 1e-6, "{x}");
        }
    }
}
