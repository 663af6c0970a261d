//! Dot products and sums in a fixed order, so that results do not depend on the processor.

use super::simd::vectorized_fn;

/// Partial sums kept side by side: enough for the widest vector unit, twice over.
pub(super) const LANES: usize = 16;

vectorized_fn! {
    /// `Σ a[i] · b[i]` over slices of equal length.
    pub fn dot(a: &[f32], b: &[f32]) -> f32 {
        dot_lanes(a, b)
    }
}

/// [`dot`] for callers that already run with the widest instructions.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(super) fn dot_lanes(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len(), "vectors of equal length");
    let mut sums = [0.0f32; LANES];
    add_products(&mut sums, a, b);
    let (_, a_rest) = a.as_chunks::<LANES>();
    let (_, b_rest) = b.as_chunks::<LANES>();
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    fold(sums) + rest
}

/// Adds the products of whole groups of lanes to partial sums.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(super) fn add_products(sums: &mut [f32; LANES], a: &[f32], b: &[f32]) {
    let mut local = *sums;
    let (a_chunks, _) = a.as_chunks::<LANES>();
    let (b_chunks, _) = b.as_chunks::<LANES>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            local[lane] += a[lane] * b[lane];
        }
    }
    *sums = local;
}

/// `Σ a[i]`.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(super) fn sum_lanes(a: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (chunks, rest) = a.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    fold(sums) + rest.iter().sum::<f32>()
}

/// The largest element; negative infinity for none.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(super) fn max_lanes(a: &[f32]) -> f32 {
    let mut largest = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = a.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            // Not `f32::max`, whose rule for NaN costs an instruction more.
            largest[lane] = if chunk[lane] > largest[lane] {
                chunk[lane]
            } else {
                largest[lane]
            };
        }
    }
    let of_rest = rest.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    fold_max(largest).max(of_rest)
}

/// The largest lane, of pairs of pairs.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(super) fn fold_max(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            if lanes[lane + width] > lanes[lane] {
                lanes[lane] = lanes[lane + width];
            }
        }
        width /= 2;
    }
    lanes[0]
}

/// Adds the lanes pairwise.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "has to be compiled with the caller's instruction set"
)]
pub(super) fn fold(mut sums: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_counts_every_element() {
        for len in 0..70 {
            let a: Vec<f32> = (0..len).map(|i| i as f32).collect();
            let expected: f32 = a.iter().map(|x| x * x).sum();
            assert!((dot(&a, &a) - expected).abs() <= expected * 1e-6);
            assert!((sum_lanes(&a) - a.iter().sum::<f32>()).abs() < 1e-3);
            let largest = a.last().copied().unwrap_or(f32::NEG_INFINITY);
            assert_eq!(max_lanes(&a).to_bits(), largest.to_bits());
        }
    }
}
