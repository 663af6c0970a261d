//! Weight-decomposed adapters (`DoRA`, Liu et al. 2024): the length of every weight row is trained on
//! its own, beside the low-rank update that turns it.
//!
//! Row `i` of `w + scale · b · a` is scaled to the length `magnitude[i]`; a bias stays as it is. Source:
//! PEFT's `tuners/lora/dora.py`.

use rayon::prelude::*;

use crate::Matrix;
use crate::kernels::{MatMut, MatRef, Threads, Write, dot::dot, gemm};

/// Rows that one thread takes at once.
const ROWS_PER_TASK: usize = 64;

/// The Euclidean norm of every row of `w + scale · b · a`, for `w` `[out, in]`, `a` `[rank, in]` and `b`
/// `[out, rank]`; of `w` itself where `a` and `b` are empty.
pub fn row_norms(weight: &Matrix, a: &[f32], b: &[f32], scale: f32) -> Vec<f32> {
    let (rows, cols) = (weight.rows, weight.cols);
    let rank = b.len() / rows;
    let mut norms = vec![0.0; rows];
    let tasks = norms.par_chunks_mut(ROWS_PER_TASK).enumerate();
    tasks.for_each(|(task, norms)| {
        let (first, count) = (task * ROWS_PER_TASK, norms.len());
        let mut updated = weight.rows(first..first + count).into_owned();
        gemm(
            &mut MatMut::new(&mut updated, count, cols),
            Write::Add,
            scale,
            MatRef::new(&b[first * rank..(first + count) * rank], count, rank),
            MatRef::new(a, rank, cols),
            Threads::One,
        );
        for (norm, row) in norms.iter_mut().zip(updated.chunks_exact(cols)) {
            *norm = dot(row, row).sqrt();
        }
    });
    norms
}

/// What a row is multiplied with. A row of zeros has no direction and stays zero.
pub(crate) fn gain(magnitude: f32, norm: f32) -> f32 {
    if norm > 0.0 { magnitude / norm } else { 0.0 }
}

/// What each row is multiplied with.
pub(crate) fn gains(magnitude: &[f32], norms: &[f32]) -> Vec<f32> {
    let rows = magnitude.iter().zip(norms);
    rows.map(|(magnitude, norm)| gain(*magnitude, *norm))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_are_those_of_the_updated_rows() {
        // 3-4-5, then with 2 · (1, 0) added to the first row.
        let weight = Matrix::new(2, 2, vec![3.0, 4.0, 0.0, 0.0]);
        assert_eq!(row_norms(&weight, &[], &[], 1.0), [5.0, 0.0]);
        let norms = row_norms(&weight, &[1.0, 0.0], &[-1.5, 0.0], 2.0);
        assert_eq!(norms, [4.0, 0.0]);
        assert_eq!(gains(&[8.0, 1.0], &norms), [2.0, 0.0]);
    }
}
