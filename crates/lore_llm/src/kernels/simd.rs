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

pub(crate) use vectorized_fn;
