//! Vectors of numbers, as wide as the instructions have them.

/// A vector. Its functions have to be inlined into one that is compiled for its instructions.
pub(super) trait Vector: Copy {
    /// Numbers.
    const LEN: usize;

    /// The first numbers of a slice.
    fn load(from: &[f32]) -> Self;

    /// Writes over the first numbers of a slice.
    fn store(self, to: &mut [f32]);

    /// `self + a · b`, with `b` in every place.
    fn add_product(self, a: Self, b: f32) -> Self;
}

/// Four numbers in plain code.
impl Vector for [f32; 4] {
    const LEN: usize = 4;

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Vector`")]
    fn load(from: &[f32]) -> Self {
        std::array::from_fn(|index| from[index])
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Vector`")]
    fn store(self, to: &mut [f32]) {
        to[..4].copy_from_slice(&self);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `Vector`")]
    fn add_product(self, a: Self, b: f32) -> Self {
        std::array::from_fn(|index| self[index] + a[index] * b)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![expect(
        unsafe_code,
        reason = "intrinsics outside of functions with their instructions"
    )]

    use std::arch::x86_64::{
        __m256, __m512, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_storeu_ps,
        _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_storeu_ps,
    };

    use super::Vector;

    /// Runs only where the processor has AVX2 and FMA: `super::super::block` sees to it.
    impl Vector for __m256 {
        const LEN: usize = 8;

        #[inline(always)]
        #[expect(clippy::inline_always, reason = "see `Vector`")]
        fn load(from: &[f32]) -> Self {
            let from = &from[..Self::LEN];
            // SAFETY: eight numbers were just taken; the instructions are there.
            unsafe { _mm256_loadu_ps(from.as_ptr()) }
        }

        #[inline(always)]
        #[expect(clippy::inline_always, reason = "see `Vector`")]
        fn store(self, to: &mut [f32]) {
            let to = &mut to[..Self::LEN];
            // SAFETY: there is room for eight numbers; the instructions are there.
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self) };
        }

        #[inline(always)]
        #[expect(clippy::inline_always, reason = "see `Vector`")]
        fn add_product(self, a: Self, b: f32) -> Self {
            // SAFETY: the instructions are there.
            unsafe { _mm256_fmadd_ps(a, _mm256_set1_ps(b), self) }
        }
    }

    /// Runs only where the processor has AVX-512: `super::super::block` sees to it.
    impl Vector for __m512 {
        const LEN: usize = 16;

        #[inline(always)]
        #[expect(clippy::inline_always, reason = "see `Vector`")]
        fn load(from: &[f32]) -> Self {
            let from = &from[..Self::LEN];
            // SAFETY: sixteen numbers were just taken; the instructions are there.
            unsafe { _mm512_loadu_ps(from.as_ptr()) }
        }

        #[inline(always)]
        #[expect(clippy::inline_always, reason = "see `Vector`")]
        fn store(self, to: &mut [f32]) {
            let to = &mut to[..Self::LEN];
            // SAFETY: there is room for sixteen numbers; the instructions are there.
            unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self) };
        }

        #[inline(always)]
        #[expect(clippy::inline_always, reason = "see `Vector`")]
        fn add_product(self, a: Self, b: f32) -> Self {
            // SAFETY: the instructions are there.
            unsafe { _mm512_fmadd_ps(a, _mm512_set1_ps(b), self) }
        }
    }
}

/// `out += a · b` for `a` `[R, k]`, `b` `[k, width]` and `out` `[R, width]`, each sum in order of `k`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `Vector`")]
pub(super) fn add_product<V: Vector, const R: usize>(
    a: &[f32],
    b: &[f32],
    out: &mut [f32],
    width: usize,
) {
    let mut col = 0;
    while col + 4 * V::LEN <= width {
        add_columns::<V, R, 4>(a, b, out, width, col);
        col += 4 * V::LEN;
    }
    while col + V::LEN <= width {
        add_columns::<V, R, 1>(a, b, out, width, col);
        col += V::LEN;
    }
    let k = a.len() / R;
    for col in col..width {
        for (a, out) in a.chunks_exact(k).zip(out.chunks_exact_mut(width)) {
            for (a, b) in a.iter().zip(b.chunks_exact(width)) {
                out[col] += a * b[col];
            }
        }
    }
}

/// The part of [`add_product`] that `C` vectors hold.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `Vector`")]
fn add_columns<V: Vector, const R: usize, const C: usize>(
    a: &[f32],
    b: &[f32],
    out: &mut [f32],
    width: usize,
    col: usize,
) {
    let k = a.len() / R;
    let rows: [&[f32]; R] = std::array::from_fn(|row| &a[row * k..(row + 1) * k]);
    let mut sums: [[V; C]; R] = std::array::from_fn(|row| {
        std::array::from_fn(|index| V::load(&out[row * width + col + index * V::LEN..]))
    });
    for (place, b) in b.chunks_exact(width).take(k).enumerate() {
        let b: [V; C] = std::array::from_fn(|index| V::load(&b[col + index * V::LEN..]));
        for (sums, row) in sums.iter_mut().zip(rows) {
            let factor = row[place];
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = sum.add_product(b, factor);
            }
        }
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (index, sum) in sums.into_iter().enumerate() {
            sum.store(&mut out[row * width + col + index * V::LEN..]);
        }
    }
}
