//! From half to single precision: exact, and as fast as the processor reads.

use half::f16;
use half::slice::HalfFloatSliceExt as _;

/// Writes every number of `from` in single precision.
///
/// The same as [`HalfFloatSliceExt::convert_to_f32_slice`], which calls a function for eight numbers; a page
/// of a cache is unpacked for every few queries, so that this is a third of the time of attention.
#[cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "calling a function compiled for more instructions has no safe form"
    )
)]
pub(super) fn unpack(from: &[f16], to: &mut [f32]) {
    assert_eq!(from.len(), to.len(), "a place for each number");
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor was just seen to have AVX-512, all that the function asks for.
            return unsafe { x86::with_avx512(from, to) };
        }
        if is_x86_feature_detected!("avx") && is_x86_feature_detected!("f16c") {
            // SAFETY: the processor was just seen to have both, all that the function asks for.
            return unsafe { x86::with_f16c(from, to) };
        }
    }
    from.convert_to_f32_slice(to);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![expect(unsafe_code, reason = "vector loads and stores take pointers")]

    use std::arch::x86_64::{
        _mm_loadu_si128, _mm256_cvtph_ps, _mm256_loadu_si256, _mm256_storeu_ps, _mm512_cvtph_ps,
        _mm512_storeu_ps,
    };

    use half::f16;

    #[target_feature(enable = "avx512f")]
    pub(super) fn with_avx512(from: &[f16], to: &mut [f32]) {
        let (wide, rest) = from.as_chunks::<16>();
        let (wide_to, rest_to) = to.as_chunks_mut::<16>();
        for (from, to) in wide.iter().zip(wide_to) {
            // SAFETY: both are sixteen numbers long, 32 and 64 bytes, and need no alignment; `f16` is
            // sixteen bits in the layout that the instruction reads.
            unsafe {
                let halves = _mm256_loadu_si256(from.as_ptr().cast());
                _mm512_storeu_ps(to.as_mut_ptr(), _mm512_cvtph_ps(halves));
            }
        }
        one_by_one(rest, rest_to);
    }

    #[target_feature(enable = "avx,f16c")]
    pub(super) fn with_f16c(from: &[f16], to: &mut [f32]) {
        let (wide, rest) = from.as_chunks::<8>();
        let (wide_to, rest_to) = to.as_chunks_mut::<8>();
        for (from, to) in wide.iter().zip(wide_to) {
            // SAFETY: both are eight numbers long, 16 and 32 bytes, and need no alignment; `f16` is
            // sixteen bits in the layout that the instruction reads.
            unsafe {
                let halves = _mm_loadu_si128(from.as_ptr().cast());
                _mm256_storeu_ps(to.as_mut_ptr(), _mm256_cvtph_ps(halves));
            }
        }
        one_by_one(rest, rest_to);
    }

    fn one_by_one(from: &[f16], to: &mut [f32]) {
        for (from, to) in from.iter().zip(to) {
            *to = from.to_f32();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_becomes_the_number_it_is() {
        let all: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        // Lengths that no vector divides.
        for len in [all.len(), 1, 7, 23, 61] {
            let from = &all[all.len() - len..];
            let mut to = vec![0.0; len];
            unpack(from, &mut to);
            for (half, single) in from.iter().zip(&to) {
                let expected = half.to_f32();
                let same = expected.to_bits() == single.to_bits();
                assert!(same || (expected.is_nan() && single.is_nan()), "{half:?}");
            }
        }
    }
}
