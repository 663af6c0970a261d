//! Activations times weights.

use super::simd::vectorized_fn;
use rayon::prelude::*;

use super::dot::dot_lanes;
use super::gemm::{MatMut, MatRef, Threads, Write, gemm};

/// Up to this many rows of activations, every row of the weight is read once and multiplied with
/// all of them: reading the weight is then what takes the time, and a general product would do that
/// on one thread.
pub(crate) const FEW_ROWS: usize = 16;

/// `y = x · wᵀ`, for `x` `[m, k]`, `w` `[n, k]`, `y` `[m, n]`.
pub fn matmul_nt(x: &[f32], w: &[f32], y: &mut [f32], m: usize, k: usize, n: usize) {
    assert_eq!((x.len(), w.len(), y.len()), (m * k, n * k, m * n), "shapes");
    match m {
        0 => {}
        1 => single_row(x, w, y, k),
        2..=FEW_ROWS => few_rows(x, w, y, m, k),
        _ => gemm(
            &mut MatMut::new(y, m, n),
            Write::Set,
            1.0,
            MatRef::new(x, m, k),
            MatRef::new(w, n, k).t(),
            Threads::All,
        ),
    }
}

/// `y = x · wᵀ + bias`, for `x` `[m, k]`, `w` `[n, k]`, `y` `[m, n]`.
pub fn linear(
    x: &[f32],
    w: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
    (m, k, n): (usize, usize, usize),
) {
    matmul_nt(x, w, y, m, k, n);
    if let Some(bias) = bias {
        add_bias(y, bias);
    }
}

/// Adds `bias` to every row of `y`.
pub(crate) fn add_bias(y: &mut [f32], bias: &[f32]) {
    for row in y.chunks_exact_mut(bias.len()) {
        for (y, bias) in row.iter_mut().zip(bias) {
            *y += bias;
        }
    }
}

/// Rows of the weight that one thread takes at least.
const WEIGHT_ROWS_PER_TASK: usize = 64;

/// Products of fewer numbers are done before another thread is awake.
const MIN_SHARED_WORK: usize = 1 << 16;

fn single_row(x: &[f32], w: &[f32], y: &mut [f32], k: usize) {
    if w.len() < MIN_SHARED_WORK {
        return products(x, w, y, 1, k);
    }
    y.par_chunks_mut(WEIGHT_ROWS_PER_TASK)
        .zip(w.par_chunks(WEIGHT_ROWS_PER_TASK * k))
        .for_each(|(y, w)| products(x, w, y, 1, k));
}

fn few_rows(x: &[f32], w: &[f32], y: &mut [f32], m: usize, k: usize) {
    let n = y.len() / m;
    let mut transposed = vec![0.0; y.len()];
    if w.len() * m < MIN_SHARED_WORK {
        products(x, w, &mut transposed, m, k);
    } else {
        shared_products(x, w, &mut transposed, m, k);
    }
    for (row, y) in y.chunks_exact_mut(n).enumerate() {
        for (y, out) in y.iter_mut().zip(transposed.chunks_exact(m)) {
            *y = out[row];
        }
    }
}

fn shared_products(x: &[f32], w: &[f32], transposed: &mut [f32], m: usize, k: usize) {
    transposed
        .par_chunks_mut(WEIGHT_ROWS_PER_TASK * m)
        .zip(w.par_chunks(WEIGHT_ROWS_PER_TASK * k))
        .for_each(|(out, w)| products(x, w, out, m, k));
}

vectorized_fn! {
    /// `w · xᵀ` for `w` `[_, k]` and `x` `[m, k]`, each row of `w` read once.
    fn products(x: &[f32], w: &[f32], out: &mut [f32], m: usize, k: usize) {
        for (out, w) in out.chunks_exact_mut(m).zip(w.chunks_exact(k)) {
            for (out, x) in out.iter_mut().zip(x.chunks_exact(k)) {
                *out = dot_lanes(x, w);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_rows_gives_the_same_product() {
        let (k, n) = (37, 131);
        let w: Vec<f32> = (0..n * k).map(|i| (i as f32 * 0.37).sin()).collect();
        for m in 1..8 {
            let x: Vec<f32> = (0..m * k).map(|i| (i as f32 * 0.11).cos()).collect();
            let mut y = vec![0.0; m * n];
            matmul_nt(&x, &w, &mut y, m, k, n);
            for row in 0..m {
                for col in 0..n {
                    let expected: f32 = (0..k).map(|i| x[row * k + i] * w[col * k + i]).sum();
                    assert!((y[row * n + col] - expected).abs() < 1e-4);
                }
            }
        }
    }
}
