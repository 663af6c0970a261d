//! Vectors of numbers, as wide as the instructions have them.

/// A vector. Its functions have to be inlined into one that is compiled for its instructions.
pub(crate) trait Vector: Copy {
    /// Numbers.
    const LEN: usize;

    /// Nothing but zeros.
    fn zeros() -> Self;

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
    fn zeros() -> Self {
        [0.0; 4]
    }

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
        __m256, __m512, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps,
        _mm256_storeu_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps,
        _mm512_storeu_ps,
    };

    use super::Vector;

    /// Runs only where the processor has AVX2 and FMA: whoever picks the instructions sees to it.
    impl Vector for __m256 {
        const LEN: usize = 8;

        #[inline(always)]
        #[expect(clippy::inline_always, reason = "see `Vector`")]
        fn zeros() -> Self {
            // SAFETY: the instructions are there.
            unsafe { _mm256_setzero_ps() }
        }

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

    /// Runs only where the processor has AVX-512: whoever picks the instructions sees to it.
    impl Vector for __m512 {
        const LEN: usize = 16;

        #[inline(always)]
        #[expect(clippy::inline_always, reason = "see `Vector`")]
        fn zeros() -> Self {
            // SAFETY: the instructions are there.
            unsafe { _mm512_setzero_ps() }
        }

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
