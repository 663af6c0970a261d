//! How fast somebody computes, and how long it is worth waiting for that.

use std::time::Duration;

/// What may come on top of an expectation before anybody is called late.
const SLACK: Duration = Duration::from_secs(1);

/// Differences that are not worth computing something twice.
const TRIFLE: Duration = Duration::from_millis(50);

/// By how much a pass may take longer than expected.
const LATE: f64 = 1.5;

/// The same for one that is not waited for, but may still answer.
const LOST: f64 = 20.0;

/// What that takes at least: a busy computer may stand still for a while.
const LOST_AFTER: Duration = Duration::from_mins(2);

/// Seconds for a token.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Pace(f64);

impl Pace {
    pub(super) fn new(took: Duration, num_tokens: usize) -> Self {
        Self(took.as_secs_f64() / num_tokens.max(1) as f64)
    }

    /// The slower of two.
    pub(super) fn slower(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    fn secs(self, num_tokens: usize) -> f64 {
        self.0 * num_tokens as f64
    }

    /// How much longer one of this pace should wait for one of pace `other` that began with a pass `passed` ago;
    /// zero when computing it once more is better, because the other is late or would end later.
    pub(super) fn worth_waiting_for(
        self,
        other: Self,
        num_tokens: usize,
        passed: Duration,
    ) -> Duration {
        let expected = other.secs(num_tokens);
        let left = expected - passed.as_secs_f64();
        if left > self.secs(num_tokens) + TRIFLE.as_secs_f64() {
            return Duration::ZERO;
        }
        let late = duration(expected * LATE) + SLACK;
        late.saturating_sub(passed)
    }

    /// How long one may take before it is given up.
    pub(super) fn until_lost(self, num_tokens: usize) -> Duration {
        duration(self.secs(num_tokens) * LOST) + LOST_AFTER
    }
}

/// Seconds as a duration; what no clock can count is a year.
fn duration(secs: f64) -> Duration {
    const YEAR: Duration = Duration::from_hours(365 * 24);
    Duration::try_from_secs_f64(secs).map_or(YEAR, |it| it.min(YEAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_waits_for_those_who_will_be_done_sooner_than_oneself() {
        let secs = Duration::from_secs;
        let own = Pace::new(secs(10), 100);
        let wait = |pace, passed| own.worth_waiting_for(pace, 100, passed);
        // As fast as oneself, just begun: it will be there no later.
        assert_eq!(wait(own, Duration::ZERO), secs(16));
        assert_eq!(wait(own, secs(16)), Duration::ZERO, "it is late");
        let slow = Pace::new(secs(40), 100);
        assert_eq!(wait(slow, secs(5)), Duration::ZERO, "one is faster");
        assert_eq!(wait(slow, secs(31)), secs(30), "nearly done");
        assert!(slow.until_lost(100) >= secs(800));
    }
}
