//! How fast work goes, and how long it will take.

use std::time::{Duration, Instant};

/// Rates are averaged over about this long, so that one slow episode does not double the estimate.
const MEMORY: Duration = Duration::from_secs(20);

/// Nothing is said before this much has been seen.
const SETTLING: Duration = Duration::from_secs(2);

/// A smoothed rate: an exponential average of done units and of elapsed time, whose quotient is the
/// rate. Averaging the two apart keeps it right for uneven intervals.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    began: Instant,
    last: Instant,
    last_done: u64,
    units: f64,
    secs: f64,
}

impl Pace {
    /// Starts counting at `done` units.
    pub(crate) fn new(now: Instant, done: u64) -> Self {
        Self {
            began: now,
            last: now,
            last_done: done,
            units: 0.0,
            secs: 0.0,
        }
    }

    /// Notes that `done` units are done now, and says how many seconds the rest up to `total` takes;
    /// `None` while that is a guess.
    pub(crate) fn secs_left(&mut self, now: Instant, done: u64, total: u64) -> Option<f64> {
        if done > self.last_done {
            let passed = now.saturating_duration_since(self.last).as_secs_f64();
            let keep = (-passed / MEMORY.as_secs_f64()).exp();
            self.units = self.units * keep + (done - self.last_done) as f64;
            self.secs = self.secs * keep + passed;
            self.last = now;
            self.last_done = done;
        }
        let settled = now.saturating_duration_since(self.began) >= SETTLING;
        if !settled || self.units <= 0.0 || total == 0 {
            return None;
        }
        let since = now.saturating_duration_since(self.last).as_secs_f64();
        let left = total.saturating_sub(done) as f64 * self.secs / self.units;
        Some((left - since).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_pace_is_found() {
        let start = Instant::now();
        let mut pace = Pace::new(start, 10);
        let mut left = None;
        for second in 1..=30u64 {
            left = pace.secs_left(start + Duration::from_secs(second), 10 + second * 2, 110);
        }
        let left = left.expect("half a minute is enough");
        assert!(
            (left - 20.0).abs() < 0.5,
            "{left} seconds for 40 units at 2 a second"
        );
    }

    #[test]
    fn nothing_is_claimed_too_early() {
        let start = Instant::now();
        let mut pace = Pace::new(start, 0);
        assert_eq!(
            pace.secs_left(start + Duration::from_millis(100), 1, 100),
            None
        );
        assert_eq!(pace.secs_left(start + Duration::from_secs(9), 0, 0), None);
    }
}
