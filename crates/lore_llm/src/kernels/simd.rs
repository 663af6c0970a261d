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
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just seen to have AVX2, all that the function asks for.
        return unsafe { with_avx2(work) };
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<R>(work: impl FnOnce() -> R) -> R {
    work()
}
