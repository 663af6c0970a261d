//! Statistics of success rates.

/// Wilson's score interval for a proportion (Wilson 1927), 95 %: `(low, high)` in `0..=1`.
/// `(0, 1)` when `n` is zero.
pub fn wilson(successes: u32, n: u32) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    if n == 0 {
        return (0.0, 1.0);
    }
    let n = f64::from(n);
    let p = f64::from(successes) / n;
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

/// Exact McNemar test (two-sided binomial on the discordant pairs): the probability of a split at
/// least this uneven if both arms were equally good. `b` and `c` count the tasks only one arm won.
pub fn mcnemar_exact(b: u32, c: u32) -> f64 {
    let n = b + c;
    if n == 0 {
        return 1.0;
    }
    let smaller = b.min(c);
    // P(X = k) of a fair binomial, built up by ratios: no factorials, no overflow.
    let mut term = 0.5f64.powi(n as i32);
    let mut tail = term;
    for k in 0..smaller {
        term *= f64::from(n - k) / f64::from(k + 1);
        tail += term;
    }
    (2.0 * tail).min(1.0)
}

/// Arithmetic mean; `None` for nothing.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-6, "{a} is not {b}");
    }

    /// Values of `scipy.stats.binomtest(54, 61).proportion_ci(method="wilson")`.
    #[test]
    fn wilson_agrees_with_scipy() {
        let (low, high) = wilson(54, 61);
        close(low, 0.781_556_915_275_989);
        close(high, 0.943_287_973_392_677);
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        let (low, _) = wilson(0, 10);
        close(low, 0.0);
    }

    /// Values of `scipy.stats.binomtest(min(b, c), b + c).pvalue`.
    #[test]
    fn mcnemar_agrees_with_scipy() {
        close(mcnemar_exact(10, 2), 0.038_574_218_75);
        close(mcnemar_exact(5, 5), 1.0);
        close(mcnemar_exact(0, 0), 1.0);
        close(mcnemar_exact(0, 6), 0.031_25);
    }
}
