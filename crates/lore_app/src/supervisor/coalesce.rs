//! Thins what goes to the window: numbers come faster than anyone can look.

use std::time::Duration;

use lore_protocol::{JobEvent, JobLine};

/// The time between two messages of one job.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// Holds back progress and metrics of one job, the latest of each kind.
#[derive(Debug, Default)]
pub(crate) struct Coalescer {
    held: Vec<(String, JobLine)>,
    due: Option<Duration>,
}

impl Coalescer {
    /// Takes a line at time `now`; returns what must go out at once. Anything but progress and
    /// metrics goes at once, after all that was held, so that order is kept.
    pub(crate) fn take(&mut self, line: JobLine, now: Duration) -> Vec<JobLine> {
        let kind = match &line.event {
            JobEvent::Progress(_) => String::from("progress"),
            JobEvent::Metric { name, .. } => format!("metric {name}"),
            _ => {
                let mut lines = self.release();
                lines.push(line);
                return lines;
            }
        };
        self.due.get_or_insert(now + PAUSE);
        self.held.retain(|(other, _)| *other != kind);
        self.held.push((kind, line));
        Vec::new()
    }

    /// What is due at time `now`.
    pub(crate) fn due(&mut self, now: Duration) -> Vec<JobLine> {
        match self.due {
            Some(due) if due <= now => self.release(),
            _ => Vec::new(),
        }
    }

    /// True while something is held back.
    pub(crate) fn is_holding(&self) -> bool {
        self.due.is_some()
    }

    fn release(&mut self) -> Vec<JobLine> {
        self.due = None;
        self.held.drain(..).map(|(_, line)| line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(seq: u64, name: &str) -> JobLine {
        JobLine {
            seq,
            ms: 0,
            event: JobEvent::Metric {
                name: name.into(),
                step: seq,
                value: 0.0,
            },
        }
    }

    fn seqs(lines: &[JobLine]) -> Vec<u64> {
        lines.iter().map(|line| line.seq).collect()
    }

    #[test]
    fn the_latest_of_each_kind_in_order() {
        let mut coalescer = Coalescer::default();
        for (seq, name) in [(1, "loss"), (2, "lr"), (3, "loss")] {
            assert!(coalescer.take(metric(seq, name), Duration::ZERO).is_empty());
        }
        assert!(coalescer.due(Duration::from_millis(49)).is_empty());
        assert_eq!(seqs(&coalescer.due(PAUSE)), [2, 3]);
        assert!(!coalescer.is_holding());
    }

    #[test]
    fn a_last_word_pushes_out_what_was_held() {
        let mut coalescer = Coalescer::default();
        coalescer.take(metric(1, "loss"), Duration::ZERO);
        let last = JobLine {
            seq: 2,
            ms: 0,
            event: JobEvent::Cancelled { resumable: false },
        };
        assert_eq!(seqs(&coalescer.take(last, Duration::ZERO)), [1, 2]);
    }
}
