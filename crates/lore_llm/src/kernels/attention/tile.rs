//! Squares of numbers and their products, of which attention is made.
//!
//! A tile is 16 KiB, so that the one that is read again and again stays in the first-level cache and
//! all that a step works with in the second. Loops over it have a constant length, and matrices that
//! do not fill their last tile end in zeros.

use std::slice;

use super::super::panels::Instructions;
use super::super::vector::Vector;

/// Numbers along an edge.
pub(crate) const EDGE: usize = 64;

/// Rows whose sums are kept in registers.
const ROWS: usize = 4;

/// A square of numbers, row by row.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub(super) struct Tile(pub(super) [[f32; EDGE]; EDGE]);

impl Tile {
    /// Nothing but zeros.
    pub(super) const ZEROS: Self = Self([[0.0; EDGE]; EDGE]);

    /// The transposed tile.
    pub(super) fn transposed(&self) -> Self {
        let mut turned = Self::ZEROS;
        for (index, row) in self.0.iter().enumerate() {
            for (turned, value) in turned.0.iter_mut().zip(row) {
                turned[index] = *value;
            }
        }
        turned
    }

    /// Becomes the sum of the products of `a[i]` and `b[i]`.
    pub(super) fn set_products(&mut self, a: &[Self], b: &[Self]) {
        multiply::<false>(Instructions::best(), a, b, self);
    }

    /// Adds `a · b`.
    pub(super) fn add_product(&mut self, a: &Self, b: &Self) {
        multiply::<true>(
            Instructions::best(),
            slice::from_ref(a),
            slice::from_ref(b),
            self,
        );
    }
}

/// Writes the sum of `a[i] · b[i]` to `out`, or with `ADD` adds it.
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "calling a function compiled for more instructions has no safe form"
    )
)]
fn multiply<const ADD: bool>(instructions: Instructions, a: &[Tile], b: &[Tile], out: &mut Tile) {
    match instructions {
        Instructions::Portable => with::<[f32; 4], 2, ADD>(a, b, out),
        // SAFETY: `Tile` asks for the best instructions, which the processor was seen to have.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { with_avx2::<ADD>(a, b, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { with_avx512::<ADD>(a, b, out) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<const ADD: bool>(a: &[Tile], b: &[Tile], out: &mut Tile) {
    with::<std::arch::x86_64::__m256, 2, ADD>(a, b, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn with_avx512<const ADD: bool>(a: &[Tile], b: &[Tile], out: &mut Tile) {
    with::<std::arch::x86_64::__m512, 4, ADD>(a, b, out);
}

/// [`multiply`] with `C` vectors of each row at once.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `Vector`")]
fn with<V: Vector, const C: usize, const ADD: bool>(a: &[Tile], b: &[Tile], out: &mut Tile) {
    for (group, out) in out.0.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
        for column in (0..EDGE).step_by(C * V::LEN) {
            let mut sums = [[V::zeros(); C]; ROWS];
            if ADD {
                for (sums, out) in sums.iter_mut().zip(&*out) {
                    load(sums, &out[column..]);
                }
            }
            for (a, b) in a.iter().zip(b) {
                add_rows::<V, C>(a, b, group, column, &mut sums);
            }
            for (sums, out) in sums.into_iter().zip(&mut *out) {
                for (index, sum) in sums.into_iter().enumerate() {
                    sum.store(&mut out[column + index * V::LEN..]);
                }
            }
        }
    }
}

/// Adds the products of a group of [`ROWS`] rows in the columns that `C` vectors hold. Each sum is in
/// the order of the inner dimension.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `Vector`")]
fn add_rows<V: Vector, const C: usize>(
    a: &Tile,
    b: &Tile,
    group: usize,
    column: usize,
    sums: &mut [[V; C]; ROWS],
) {
    let rows = &a.0.as_chunks::<ROWS>().0[group];
    let mut local = *sums;
    let mut vectors = [V::zeros(); C];
    for (place, b) in b.0.iter().enumerate() {
        load(&mut vectors, &b[column..]);
        for (sums, row) in local.iter_mut().zip(rows) {
            for (sum, vector) in sums.iter_mut().zip(vectors) {
                *sum = sum.add_product(vector, row[place]);
            }
        }
    }
    *sums = local;
}

/// Loads neighbouring vectors in a loop: a closure would not be compiled for the instructions.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `Vector`")]
fn load<V: Vector, const C: usize>(vectors: &mut [V; C], from: &[f32]) {
    for (index, vector) in vectors.iter_mut().enumerate() {
        *vector = V::load(&from[index * V::LEN..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(salt: f32) -> Tile {
        Tile(std::array::from_fn(|row| {
            std::array::from_fn(|col| ((row * EDGE + col) as f32 * 12.989 + salt).sin())
        }))
    }

    fn check<const ADD: bool>(instructions: Instructions) {
        let a = vec![noise(0.1), noise(0.4)];
        let b = vec![noise(0.2), noise(0.5)];
        let old = noise(0.3);
        let mut out = old;
        multiply::<ADD>(instructions, &a, &b, &mut out);
        for row in 0..EDGE {
            for col in 0..EDGE {
                let mut sum = if ADD { old.0[row][col] } else { 0.0 };
                for (a, b) in a.iter().zip(&b) {
                    for k in 0..EDGE {
                        sum += a.0[row][k] * b.0[k][col];
                    }
                }
                let error = (out.0[row][col] - sum).abs();
                assert!(error < 1e-4, "{instructions:?} {ADD}: {error}");
            }
        }
    }

    #[test]
    fn products_agree_with_the_definition_on_all_instructions() {
        let mut kinds = vec![Instructions::Portable];
        #[cfg(target_arch = "x86_64")]
        kinds.extend([Instructions::Avx2, Instructions::Avx512]);
        for instructions in kinds.into_iter().filter(|kind| kind.are_there()) {
            check::<false>(instructions);
            check::<true>(instructions);
        }
    }
}
