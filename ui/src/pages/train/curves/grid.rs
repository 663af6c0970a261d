//! Numbers along an axis that people can read: 1, 2 or 5 times a power of ten apart. Pure.

/// Numbers between `low` and `high`, at most `most` of them; none when that is not a range.
pub(super) fn marks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let range = high - low;
    if !range.is_finite() || range <= 0.0 {
        return Vec::new();
    }
    let step = step(range / most.max(1) as f64);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|index| index as f64 * step).collect()
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `least`.
fn step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let found = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|digit| digit * power >= least);
    found.unwrap_or(10.0) * power
}

/// Only those that are whole, for steps.
pub(super) fn whole_marks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let mut marks = marks(low.max(0.0), high, most);
    marks.retain(|mark| (mark - mark.round()).abs() < 1e-6);
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(low: f64, high: f64, expected: &[f64]) {
        let found = marks(low, high, 5);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
        }
    }

    #[test]
    fn marks_are_round_and_few() {
        check(0.36, 1.07, &[0.4, 0.6, 0.8, 1.0]);
        check(75.0, 134.0, &[80.0, 100.0, 120.0]);
        check(-1.0, 1.0, &[-1.0, -0.5, 0.0, 0.5, 1.0]);
        check(1.0, 1.0, &[]);
        check(f64::NAN, 1.0, &[]);
    }

    #[test]
    fn steps_are_whole() {
        assert_eq!(whole_marks(-0.2, 3.4, 8), [0.0, 1.0, 2.0, 3.0]);
    }
}
