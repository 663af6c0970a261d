//! The widest vector instructions that this processor has.

/// Runs `work` compiled for AVX2 where the processor has it, and as it is elsewhere.
///
/// Builds target the oldest processor of an architecture; loops over numbers are two to four times
/// faster with the instructions that nearly every machine has. `work` has to be small enough to be
/// inlined. It computes the same either way: nothing is reordered and nothing is fused.
#[inline]
#[expect(
    unsafe_code,
    reason = "calling a function compiled for more instructions has no safe form"
)]
pub(crate) fn vectorized<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just seen to have AVX2, all that the function asks for.
        return unsafe { with_avx2(work) };
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}

/// Something to compute. Closures do; what is too large for the compiler to inline a closure of it
/// implements this with `run` always inlined.
pub(crate) trait Work {
    /// What comes of it.
    type Output;

    /// Computes.
    fn run(self) -> Self::Output;
}

impl<R, F: FnOnce() -> R> Work for F {
    type Output = R;

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "has to be compiled with the caller's instruction set"
    )]
    fn run(self) -> R {
        self()
    }
}

/// Makes a function that does what [`vectorized`] does with a closure, whatever its size.
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
