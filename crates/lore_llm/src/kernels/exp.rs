//! Exponentials: softmax, the logarithm of its sum, cross-entropy.

use super::simd::{mul_add, vectorized_fn};

use super::dot::{max_lanes, sum_lanes};

/// Terms that are added in single precision: sums over a large vocabulary go on in double.
const SUM_CHUNK: usize = 256;

/// Adding 1.5 · 2^23 rounds to an integer, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// `ln 2` in two parts; the first has few bits, so that its products with integers are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `e^x` with a relative error below 3e-7; compiles to vector instructions because it neither
/// branches nor calls. Below -87 it gives the smallest normal numbers instead of zero.
///
/// Method: `e^x = 2^n · e^r` with `n = round(x / ln 2)`, `ln 2` in two parts for an exact `r`, and
/// the minimax polynomial of Cephes' `expf` for `e^r`.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub fn exp(x: f32) -> f32 {
    exp_lanes::<false>(x)
}

/// [`exp`], with products fused or not.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(crate) fn exp_lanes<const FUSED: bool>(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let shifted = mul_add::<FUSED>(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = mul_add::<FUSED>(-n, LN_2_LOW, mul_add::<FUSED>(-n, LN_2_HIGH, x));
    let mut p = 1.987_569_1e-4f32;
    p = mul_add::<FUSED>(p, r, 1.398_199_9e-3);
    p = mul_add::<FUSED>(p, r, 8.333_452e-3);
    p = mul_add::<FUSED>(p, r, 4.166_579_6e-2);
    p = mul_add::<FUSED>(p, r, 1.666_666_5e-1);
    p = mul_add::<FUSED>(p, r, 0.5);
    // The integer moved into the exponent, which counts from -127.
    let power_of_two = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    power_of_two * (mul_add::<FUSED>(p * r, r, r) + 1.0)
}

vectorized_fn! {
    /// Replaces `row` by its softmax.
    pub fn softmax(row: &mut [f32]) {
        softmax_lanes(row);
    }
}

/// [`softmax`] for callers that already run with the widest instructions.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(crate) fn softmax_lanes(row: &mut [f32]) {
    let (_, sum) = exp_shifted_lanes(row);
    let factor = 1.0 / sum;
    for value in row {
        *value *= factor;
    }
}

/// Replaces `row` by `e^(row - max)` and returns `max` and the sum.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(crate) fn exp_shifted_lanes(row: &mut [f32]) -> (f32, f32) {
    let max = max_lanes(row);
    for value in row.iter_mut() {
        *value = exp(*value - max);
    }
    (max, sum_lanes(row))
}

vectorized_fn! {
    /// The logarithm of the sum of `e^logit`: a logit less this is the logarithm of its softmax.
    pub fn log_sum_exp(logits: &[f32]) -> f64 {
        let max = max_lanes(logits);
        let mut sum = 0.0;
        for chunk in logits.chunks(SUM_CHUNK) {
            sum += f64::from(chunk.iter().map(|logit| exp(logit - max)).sum::<f32>());
        }
        f64::from(max) + sum.ln()
    }
}

vectorized_fn! {
    /// Replaces `logits` by the gradient of `weight` times their cross-entropy with `target`, which
    /// is the softmax less one at the target, and returns the cross-entropy.
    pub(crate) fn cross_entropy_row(logits: &mut [f32], target: usize, weight: f32) -> f64 {
        let max = max_lanes(logits);
        let target_logit = logits[target];
        let mut sum = 0.0;
        for chunk in logits.chunks_mut(SUM_CHUNK) {
            for value in chunk.iter_mut() {
                *value = exp(*value - max);
            }
            sum += f64::from(sum_lanes(chunk));
        }
        let factor = weight * (1.0 / sum) as f32;
        for value in logits.iter_mut() {
            *value *= factor;
        }
        logits[target] -= weight;
        sum.ln() + f64::from(max) - f64::from(target_logit)
    }
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_accurate_where_softmax_uses_it() {
        for i in -8_600..8_600 {
            let x = i as f32 * 0.01;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 3e-7, "relative error {error:e} at {x}");
        }
    }

    #[test]
    fn softmax_sums_to_one_whatever_the_offset() {
        for offset in [-1e4, 0.0, 1e4] {
            let mut row: Vec<f32> = (0..37).map(|i| offset + (i % 7) as f32).collect();
            let log = f64::from(row[3]) - log_sum_exp(&row);
            softmax(&mut row);
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            assert!((f64::from(row[3]).ln() - log).abs() < 1e-3);
        }
    }
}
