//! Intervals around proportions and around their differences.

use super::{Estimate, Z_95};

/// Wilson's score interval for a proportion (Wilson 1927), 95 %: `(low, high)` in `0..=1`.
/// `(0, 1)` when `n` is zero.
pub fn wilson(successes: u32, n: u32) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    of_rate(f64::from(successes) / f64::from(n), f64::from(n))
}

/// The same for a rate that `n` independent observations would give; `n` need not be whole.
pub(super) fn of_rate(p: f64, n: f64) -> (f64, f64) {
    let z2 = Z_95 * Z_95;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

/// The difference `a - b` of two independent rates with an interval made of theirs (Newcombe 1998, his
/// method 10 when both intervals are Wilson's).
pub fn newcombe(a: Estimate, b: Estimate) -> Estimate {
    let value = a.value - b.value;
    Estimate {
        value,
        low: value - (a.value - a.low).hypot(b.high - b.value),
        high: value + (a.high - a.value).hypot(b.value - b.low),
    }
}
