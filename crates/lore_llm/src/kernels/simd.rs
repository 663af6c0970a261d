//! The widest vector instructions that this processor has.

/// Makes a function that is compiled for AVX2 too, and runs so where the processor has it.
///
/// Builds target the oldest processor of an architecture; loops over numbers are two to four times
/// faster with the instructions that nearly every machine has. It computes the same either way:
/// nothing is reordered and nothing is fused.
macro_rules! vectorized_fn {
    (
        $(#[$meta:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $output:ty)?
        $body:block
    ) => {
        $(#[$meta])*
        #[cfg_attr(
            target_arch = "x86_64",
            expect(
                unsafe_code,
                reason = "calling a function compiled for more instructions has no safe form"
            )
        )]
        $visibility fn $name($($argument: $type),*) $(-> $output)? {
            #[inline(always)]
            fn plain($($argument: $type),*) $(-> $output)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn with_avx2($($argument: $type),*) $(-> $output)? {
                plain($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") {
                // SAFETY: the processor was just seen to have AVX2, all that the function asks for.
                return unsafe { with_avx2($($argument),*) };
            }
            plain($($argument),*)
        }
    };
}

/// [`vectorized_fn`] for AVX-512 too, with fused products where there are any: `FUSED` says so within
/// the body. Results differ from processor to processor in the last bit.
macro_rules! fused_fn {
    (
        $(#[$meta:meta])*
        $visibility:vis fn $name:ident<const FUSED: bool>($($argument:ident: $type:ty),* $(,)?)
        $body:block
    ) => {
        $(#[$meta])*
        #[cfg_attr(
            target_arch = "x86_64",
            expect(
                unsafe_code,
                reason = "calling a function compiled for more instructions has no safe form"
            )
        )]
        $visibility fn $name($($argument: $type),*) {
            #[inline(always)]
            fn plain<const FUSED: bool>($($argument: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f")]
            fn with_avx512($($argument: $type),*) {
                plain::<true>($($argument),*);
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn with_avx2($($argument: $type),*) {
                plain::<true>($($argument),*);
            }

            #[cfg(target_arch = "x86_64")]
            match $crate::kernels::panels::Instructions::best() {
                $crate::kernels::panels::Instructions::Avx512 => {
                    // SAFETY: the processor was just seen to have all that the function asks for.
                    return unsafe { with_avx512($($argument),*) };
                }
                $crate::kernels::panels::Instructions::Avx2 => {
                    // SAFETY: as above.
                    return unsafe { with_avx2($($argument),*) };
                }
                $crate::kernels::panels::Instructions::Portable => {}
            }
            plain::<{ cfg!(target_arch = "aarch64") }>($($argument),*);
        }
    };
}

pub(crate) use fused_fn;
pub(crate) use vectorized_fn;

/// `a · b + c`, rounded once with `FUSED`. Without an instruction for it `f32::mul_add` is slow.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(crate) fn mul_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}
