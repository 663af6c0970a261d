//! Frozen matrices, prepared for products with many rows.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use crate::adapter::dora;
use crate::kernels::fixed::{self, FixedMatrix, FixedRows, product};
use crate::kernels::linear::add_bias;
use crate::kernels::{MatMut, MatRef, Threads, Write, gemm, matmul_nt};
use crate::{Linear, Matrix};

/// Rows of a matrix that are unpacked at once at most: output projections have ten times as many.
pub const ROWS_AT_ONCE: usize = 16 * 1024;

/// How products with frozen matrices are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// In single precision.
    Float,
    /// In 16-bit fixed point ([`crate::kernels::fixed`]): errors of 1e-4 for twice the speed on
    /// processors that have instructions for it. Matrices are arranged once and kept.
    Fixed,
    /// The same numbers, with matrices arranged anew for every product: slower, and takes no memory.
    FixedAnew,
}

impl Arithmetic {
    /// What is fastest on this processor.
    pub fn fastest() -> Self {
        if fixed::is_fast() {
            Self::Fixed
        } else {
            Self::Float
        }
    }
}

/// A frozen matrix `[out, in]` and what products with it need. Clones share the numbers.
#[derive(Clone, Debug)]
pub struct FrozenMatrix {
    matrix: Matrix,
    arithmetic: Arithmetic,
    /// The right factors of the forward and the backward product.
    fixed: Option<Arc<[FixedMatrix; 2]>>,
}

impl FrozenMatrix {
    /// Prepares `matrix`.
    pub fn new(matrix: &Matrix, arithmetic: Arithmetic) -> Self {
        let mut frozen = Self {
            matrix: matrix.clone(),
            arithmetic,
            fixed: None,
        };
        if arithmetic == Arithmetic::Fixed {
            frozen.fixed = Some(Arc::new([frozen.for_forward(), frozen.for_backward()]));
        }
        frozen
    }

    fn for_forward(&self) -> FixedMatrix {
        let Matrix { rows, cols, .. } = self.matrix;
        FixedMatrix::transposed(&self.matrix.numbers(), rows, cols)
    }

    fn for_backward(&self) -> FixedMatrix {
        let Matrix { rows, cols, .. } = self.matrix;
        FixedMatrix::new(&self.matrix.numbers(), rows, cols)
    }

    /// Numbers that come out of the forward product.
    pub fn outputs(&self) -> usize {
        self.matrix.rows
    }

    /// Numbers that go in.
    pub fn inputs(&self) -> usize {
        self.matrix.cols
    }

    /// The norms of the rows of `w + scale · b · a`: see [`dora::row_norms`].
    pub(super) fn row_norms(&self, a: &[f32], b: &[f32], scale: f32) -> Vec<f32> {
        dora::row_norms(&self.matrix, a, b, scale)
    }

    /// Writes `x · wᵀ` to `y`.
    pub(super) fn forward(&self, x: &Rows<'_>, y: &mut [f32]) {
        debug_assert_eq!(x.cols, self.matrix.cols, "inputs");
        match (self.arithmetic, &self.fixed) {
            (Arithmetic::Float, _) => self.forward_in_float(x, y),
            (_, Some(fixed)) => product(x.fixed(), &fixed[0], Write::Set, y),
            (_, None) => product(x.fixed(), &self.for_forward(), Write::Set, y),
        }
    }

    /// Writes `grad_y · w`, the gradient by the input, to `grad_x`, or adds it.
    pub(super) fn backward(&self, grad_y: &Rows<'_>, write: Write, grad_x: &mut [f32]) {
        debug_assert_eq!(grad_y.cols, self.matrix.rows, "outputs");
        match (self.arithmetic, &self.fixed) {
            (Arithmetic::Float, _) => self.backward_in_float(grad_y, write, grad_x),
            (_, Some(fixed)) => product(grad_y.fixed(), &fixed[1], write, grad_x),
            (_, None) => product(grad_y.fixed(), &self.for_backward(), write, grad_x),
        }
    }

    fn forward_in_float(&self, x: &Rows<'_>, y: &mut [f32]) {
        let Matrix { rows, cols, .. } = self.matrix;
        if rows <= ROWS_AT_ONCE {
            return matmul_nt(x.numbers, &self.matrix.numbers(), y, x.len(), cols, rows);
        }
        for part in self.parts() {
            let width = part.len();
            let mut part_y = vec![0.0; x.len() * width];
            let weight = self.matrix.rows(part.clone());
            matmul_nt(x.numbers, &weight, &mut part_y, x.len(), cols, width);
            for (y, part_y) in y.chunks_exact_mut(rows).zip(part_y.chunks_exact(width)) {
                y[part.clone()].copy_from_slice(part_y);
            }
        }
    }

    fn backward_in_float(&self, grad_y: &Rows<'_>, write: Write, grad_x: &mut [f32]) {
        let Matrix { rows, cols, .. } = self.matrix;
        let count = grad_y.len();
        let mut grad_x = MatMut::new(grad_x, count, cols);
        for (index, part) in self.parts().enumerate() {
            let weight = self.matrix.rows(part.clone());
            let grad_part = &grad_y.numbers[part.start..];
            gemm(
                &mut grad_x,
                if index == 0 { write } else { Write::Add },
                1.0,
                MatRef::strided(grad_part, count, part.len(), rows),
                MatRef::new(&weight, part.len(), cols),
                Threads::All,
            );
        }
    }

    /// Rows that are multiplied with at once. Not by how the matrix is kept: no number depends on that.
    fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        let rows = self.matrix.rows;
        let starts = (0..rows).step_by(ROWS_AT_ONCE);
        starts.map(move |start| start..(start + ROWS_AT_ONCE).min(rows))
    }
}

/// A frozen linear layer.
#[derive(Clone, Debug)]
pub struct FrozenLinear {
    /// The matrix.
    pub weight: FrozenMatrix,
    bias: Option<Arc<Vec<f32>>>,
}

impl FrozenLinear {
    /// Prepares `linear`.
    pub fn new(linear: &Linear, arithmetic: Arithmetic) -> Self {
        Self {
            weight: FrozenMatrix::new(&linear.weight, arithmetic),
            bias: linear.bias.clone(),
        }
    }

    /// The same matrix with no bias.
    pub(super) fn without_bias(&self) -> Self {
        Self {
            weight: self.weight.clone(),
            bias: None,
        }
    }

    /// `[out]`, where there is one.
    pub(super) fn bias(&self) -> Option<&[f32]> {
        self.bias.as_ref().map(|bias| bias.as_slice())
    }

    /// `x · wᵀ + bias`.
    pub(super) fn forward(&self, x: &Rows<'_>) -> Vec<f32> {
        let mut y = vec![0.0; x.len() * self.weight.outputs()];
        self.weight.forward(x, &mut y);
        if let Some(bias) = &self.bias {
            add_bias(&mut y, bias);
        }
        y
    }
}

/// The left factor of one or several products: rounded once, when the first of them asks.
pub(super) struct Rows<'a> {
    /// `[_, cols]`.
    pub(super) numbers: &'a [f32],
    cols: usize,
    fixed: OnceCell<FixedRows>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(numbers: &'a [f32], cols: usize) -> Self {
        Self {
            numbers,
            cols,
            fixed: OnceCell::new(),
        }
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.numbers.len() / self.cols
    }

    fn fixed(&self) -> &FixedRows {
        self.fixed
            .get_or_init(|| FixedRows::new(self.numbers, self.cols))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{noise, random_linear};
    use super::*;

    /// Output projections are longer than what is unpacked at once.
    #[test]
    fn parts_of_a_long_matrix_make_the_whole_product() {
        let (out, into, rows) = (ROWS_AT_ONCE + 5, 3, 20);
        let frozen = FrozenLinear::new(&random_linear(out, into, false), Arithmetic::Float);
        let (x, grad_y) = (noise(rows * into, 0.3), noise(rows * out, 0.6));
        let y = frozen.forward(&Rows::new(&x, into));
        let weight = frozen.weight.matrix.numbers();
        let mut grad_x = vec![0.5; rows * into];
        let grad_rows = Rows::new(&grad_y, out);
        frozen.weight.backward(&grad_rows, Write::Add, &mut grad_x);
        for row in 0..rows {
            let x = &x[row * into..(row + 1) * into];
            let mut expected = vec![0.5f64; into];
            for (index, weight) in weight.chunks_exact(into).enumerate() {
                let product: f32 = x.iter().zip(weight).map(|(x, w)| x * w).sum();
                assert!((y[row * out + index] - product).abs() < 1e-5);
                for (sum, weight) in expected.iter_mut().zip(weight) {
                    *sum += f64::from(grad_y[row * out + index] * weight);
                }
            }
            for (found, expected) in grad_x[row * into..].iter().zip(&expected) {
                assert!(
                    (f64::from(*found) - expected).abs() < 1e-2,
                    "{found} {expected}"
                );
            }
        }
    }

    #[test]
    fn fixed_point_agrees_with_floating_point_both_ways() {
        let (out, into, rows) = (70, 150, 20);
        let linear = random_linear(out, into, true);
        let with = |arithmetic| {
            let frozen = FrozenLinear::new(&linear, arithmetic);
            let (x, grad_y) = (noise(rows * into, 0.3), noise(rows * out, 0.6));
            let y = frozen.forward(&Rows::new(&x, into));
            let mut grad_x = noise(rows * into, 0.2);
            let grad_y = Rows::new(&grad_y, out);
            frozen.weight.backward(&grad_y, Write::Add, &mut grad_x);
            (y, grad_x)
        };
        let (float, fixed) = (with(Arithmetic::Float), with(Arithmetic::Fixed));
        assert_eq!(fixed, with(Arithmetic::FixedAnew));
        for (float, fixed) in [(&float.0, &fixed.0), (&float.1, &fixed.1)] {
            for (float, fixed) in float.iter().zip(fixed) {
                assert!((float - fixed).abs() < 5e-3, "{float} {fixed}");
            }
        }
    }
}
