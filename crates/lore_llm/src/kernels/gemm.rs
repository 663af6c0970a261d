//! Matrix products: the one place that hands pointers to foreign code.
//!
//! A [`MatRef`] or [`MatMut`] cannot be made unless its last element lies within its slice, which is
//! all that the product needs to be sound.

use gemm::Parallelism;

/// A matrix that is read: any strides within a slice.
#[derive(Clone, Copy, Debug)]
pub struct MatRef<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> MatRef<'a> {
    /// The `[rows, cols]` matrix whose rows follow each other in `data`.
    pub fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        Self::strided(data, rows, cols, cols)
    }

    /// The `[rows, cols]` matrix whose rows begin `row_stride` elements apart.
    ///
    /// Panics when the last element lies outside `data`.
    pub fn strided(data: &'a [f32], rows: usize, cols: usize, row_stride: usize) -> Self {
        assert_within(data.len(), rows, cols, row_stride);
        Self {
            data,
            rows,
            cols,
            row_stride,
            col_stride: 1,
        }
    }

    /// The transposed matrix, without moving anything.
    pub fn t(self) -> Self {
        Self {
            data: self.data,
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }
}

/// A matrix that is written: whole rows that do not overlap.
#[derive(Debug)]
pub struct MatMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
}

impl<'a> MatMut<'a> {
    /// The `[rows, cols]` matrix whose rows follow each other in `data`.
    pub fn new(data: &'a mut [f32], rows: usize, cols: usize) -> Self {
        Self::strided(data, rows, cols, cols)
    }

    /// The `[rows, cols]` matrix whose rows begin `row_stride` elements apart.
    ///
    /// Panics when the last element lies outside `data` or rows would overlap.
    pub fn strided(data: &'a mut [f32], rows: usize, cols: usize, row_stride: usize) -> Self {
        assert_within(data.len(), rows, cols, row_stride);
        assert!(row_stride >= cols || rows <= 1, "rows must not overlap");
        Self {
            data,
            rows,
            cols,
            row_stride,
        }
    }
}

/// Panics unless element `[rows - 1, cols - 1]` of a matrix with adjacent columns lies within `len`.
fn assert_within(len: usize, rows: usize, cols: usize, row_stride: usize) {
    if rows == 0 || cols == 0 {
        return;
    }
    let end = (rows - 1)
        .checked_mul(row_stride)
        .and_then(|start| start.checked_add(cols));
    assert!(
        end.is_some_and(|end| end <= len && isize::try_from(end).is_ok()),
        "a {rows} x {cols} matrix with rows {row_stride} apart does not fit into {len} numbers"
    );
}

/// What happens to the destination's old content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// It is replaced.
    Set,
    /// The product is added to it.
    Add,
}

/// On how many threads a product runs. The result is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// On the caller's.
    One,
    /// On all of rayon's current pool.
    All,
}

/// `dst = [dst +] scale · a · b`, for `a` `[m, k]`, `b` `[k, n]`, `dst` `[m, n]`.
///
/// Panics when the shapes do not agree.
pub fn gemm(
    dst: &mut MatMut<'_>,
    write: Write,
    scale: f32,
    a: MatRef<'_>,
    b: MatRef<'_>,
    threads: Threads,
) {
    assert_eq!(a.cols, b.rows, "inner dimensions must agree");
    assert_eq!((dst.rows, dst.cols), (a.rows, b.cols), "outer dimensions");
    if dst.rows == 0 || dst.cols == 0 {
        return;
    }
    if a.cols == 0 {
        if write == Write::Set {
            for row in dst.data.chunks_mut(dst.row_stride).take(dst.rows) {
                row[..dst.cols].fill(0.0);
            }
        }
        return;
    }
    let parallelism = match threads {
        Threads::One => Parallelism::None,
        Threads::All => Parallelism::Rayon(rayon::current_num_threads()),
    };
    multiply(dst, write, scale, a, b, parallelism);
}

/// [`gemm`] after its checks: shapes agree and no dimension is zero.
#[expect(
    unsafe_code,
    reason = "the product is the `gemm` crate's, whose interface is pointers and strides"
)]
fn multiply(
    dst: &mut MatMut<'_>,
    write: Write,
    scale: f32,
    a: MatRef<'_>,
    b: MatRef<'_>,
    parallelism: Parallelism,
) {
    // SAFETY: the constructors of `MatRef` and `MatMut` proved that the last element of each matrix,
    // and with non-negative strides every other, lies within its slice, and `gemm` checked that the
    // three shapes agree, so every access stays inside a live slice of initialised numbers. `dst` is
    // borrowed mutably, so it overlaps neither `a` nor `b`; its rows do not overlap, so threads
    // write disjoint elements. `assert_within` proved that strides fit into `isize`.
    unsafe {
        gemm::gemm(
            dst.rows,
            dst.cols,
            a.cols,
            dst.data.as_mut_ptr(),
            1,
            dst.row_stride as isize,
            write == Write::Add,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_and_transposes_agree_with_the_definition() {
        let a: Vec<f32> = (0..3 * 5).map(|i| i as f32 * 0.5 - 2.0).collect();
        let b: Vec<f32> = (0..4 * 5).map(|i| 1.0 - i as f32 * 0.25).collect();
        let mut dst = vec![1.0; 3 * 6];
        let a_mat = MatRef::strided(&a, 3, 4, 5);
        let b_mat = MatRef::strided(&b, 4, 4, 5).t();
        let mut view = MatMut::strided(&mut dst, 3, 4, 6);
        gemm(&mut view, Write::Add, 2.0, a_mat, b_mat, Threads::All);
        for row in 0..3 {
            for col in 0..6 {
                let product: f32 = (0..4).map(|i| a[row * 5 + i] * b[col.min(3) * 5 + i]).sum();
                let expected = if col < 4 { 1.0 + 2.0 * product } else { 1.0 };
                assert!((dst[row * 6 + col] - expected).abs() < 1e-4);
            }
        }
    }

    #[test]
    #[should_panic(expected = "does not fit")]
    fn a_matrix_beyond_its_slice_is_refused() {
        MatRef::strided(&[0.0; 11], 3, 4, 4);
    }

    #[test]
    #[should_panic(expected = "must not overlap")]
    fn overlapping_rows_cannot_be_written() {
        MatMut::strided(&mut [0.0; 16], 3, 4, 2);
    }

    #[test]
    fn an_empty_inner_dimension_gives_zeros() {
        let mut dst = vec![7.0; 4];
        let empty = MatRef::new(&[], 2, 0);
        let mut view = MatMut::new(&mut dst, 2, 2);
        gemm(&mut view, Write::Set, 1.0, empty, empty.t(), Threads::One);
        assert_eq!(dst, [0.0; 4]);
    }
}
