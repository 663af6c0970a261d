//! RMS normalisation (Zhang and Sennrich 2019).

use super::simd::vectorized_fn;
use rayon::prelude::*;

use super::MIN_ROWS_PER_TASK;
use super::dot::dot_lanes;

/// `y = x / sqrt(mean(x²) + eps) · weight` for every row of `x` `[rows, weight.len()]`.
pub fn rms_norm(x: &[f32], weight: &[f32], eps: f32, y: &mut [f32]) {
    let dim = weight.len();
    assert_eq!(x.len(), y.len(), "input and output of one shape");
    assert_eq!(x.len() % dim, 0, "whole rows");
    if x.len() < 2 * MIN_ROWS_PER_TASK * dim {
        let rows = y.chunks_mut(dim).zip(x.chunks(dim));
        return rows.for_each(|(y, x)| norm_row(x, weight, eps, y));
    }
    y.par_chunks_mut(dim)
        .zip(x.par_chunks(dim))
        .with_min_len(MIN_ROWS_PER_TASK)
        .for_each(|(y, x)| norm_row(x, weight, eps, y));
}

/// [`rms_norm`] written over its input.
pub fn rms_norm_in_place(x: &mut [f32], weight: &[f32], eps: f32) {
    let dim = weight.len();
    assert_eq!(x.len() % dim, 0, "whole rows");
    if x.len() < 2 * MIN_ROWS_PER_TASK * dim {
        let rows = x.chunks_mut(dim);
        return rows.for_each(|x| norm_row_in_place(x, weight, eps));
    }
    x.par_chunks_mut(dim)
        .with_min_len(MIN_ROWS_PER_TASK)
        .for_each(|x| norm_row_in_place(x, weight, eps));
}

vectorized_fn! {
    /// [`rms_norm_in_place`] of one row.
    fn norm_row_in_place(x: &mut [f32], weight: &[f32], eps: f32) {
        let factor = inverse_rms(x, eps);
        for (x, weight) in x.iter_mut().zip(weight) {
            *x = *x * factor * weight;
        }
    }
}

vectorized_fn! {
    /// [`rms_norm`] of one row.
    fn norm_row(x: &[f32], weight: &[f32], eps: f32, y: &mut [f32]) {
        let factor = inverse_rms(x, eps);
        for ((y, x), weight) in y.iter_mut().zip(x).zip(weight) {
            *y = x * factor * weight;
        }
    }
}

/// The gradient of [`rms_norm`] by `x`, written to `grad_x`; the weight is taken as constant.
pub(crate) fn rms_norm_backward(
    x: &[f32],
    weight: &[f32],
    eps: f32,
    grad_y: &[f32],
    grad_x: &mut [f32],
) {
    let dim = weight.len();
    grad_x
        .par_chunks_mut(dim)
        .zip(x.par_chunks(dim))
        .zip(grad_y.par_chunks(dim))
        .with_min_len(MIN_ROWS_PER_TASK)
        .for_each(|((grad_x, x), grad_y)| norm_row_backward(x, weight, eps, grad_y, grad_x));
}

vectorized_fn! {
    /// [`rms_norm_backward`] of one row.
    fn norm_row_backward(x: &[f32], weight: &[f32], eps: f32, grad_y: &[f32], grad_x: &mut [f32]) {
        let factor = inverse_rms(x, eps);
        for ((grad_x, grad_y), weight) in grad_x.iter_mut().zip(grad_y).zip(weight) {
            *grad_x = grad_y * weight;
        }
        let projection = factor * factor * factor * dot_lanes(grad_x, x) / x.len() as f32;
        for (grad_x, x) in grad_x.iter_mut().zip(x) {
            *grad_x = *grad_x * factor - x * projection;
        }
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
fn inverse_rms(row: &[f32], eps: f32) -> f32 {
    1.0 / (dot_lanes(row, row) / row.len() as f32 + eps).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_get_unit_mean_square() {
        let x: Vec<f32> = (0..3 * 20).map(|i| (i as f32 * 0.7).sin() * 5.0).collect();
        let mut y = vec![0.0; x.len()];
        rms_norm(&x, &[2.0; 20], 1e-6, &mut y);
        let mut in_place = x.clone();
        rms_norm_in_place(&mut in_place, &[2.0; 20], 1e-6);
        assert_eq!(y, in_place);
        for row in y.chunks(20) {
            let mean = row.iter().map(|v| v * v).sum::<f32>() / 20.0;
            assert!((mean - 4.0).abs() < 1e-4);
        }
    }
}
