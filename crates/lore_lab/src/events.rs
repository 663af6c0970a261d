//! From watching work to the lines a worker says.

use std::time::{Duration, Instant};

use lore_core::Watcher;
use lore_protocol::{JobEvent, Level, Progress};

use crate::pace::Pace;

/// Progress of one stage is told at most this often; first and last reports always are.
const INTERVAL: Duration = Duration::from_millis(200);

/// Takes what a job says.
pub trait EventSink {
    /// Takes one event.
    fn event(&mut self, event: JobEvent);
}

impl<F: FnMut(JobEvent)> EventSink for F {
    fn event(&mut self, event: JobEvent) {
        self(event);
    }
}

/// Turns what engines report into events: thins progress and adds the time that is left.
pub struct Relay<'a> {
    sink: &'a mut dyn EventSink,
    stage: Option<Stage>,
}

struct Stage {
    name: String,
    told: Instant,
    pace: Pace,
}

impl<'a> Relay<'a> {
    /// Relays to `sink`.
    pub fn new(sink: &'a mut dyn EventSink) -> Self {
        Self { sink, stage: None }
    }

    /// Passes an event on as it is.
    pub fn send(&mut self, event: JobEvent) {
        self.sink.event(event);
    }

    /// Something people should know.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.send(JobEvent::Message {
            level: Level::Warning,
            text: text.into(),
        });
    }

    fn progress_at(&mut self, now: Instant, name: &str, done: u64, total: u64, unit: &str) {
        let is_new = self.stage.as_ref().is_none_or(|stage| stage.name != name);
        let stage = match &mut self.stage {
            Some(stage) if !is_new => stage,
            slot => slot.insert(Stage {
                name: name.to_owned(),
                told: now,
                pace: Pace::new(now, done),
            }),
        };
        let secs_left = stage.pace.secs_left(now, done, total);
        let due = now.saturating_duration_since(stage.told) >= INTERVAL;
        if !(is_new || due || (total > 0 && done >= total)) {
            return;
        }
        stage.told = now;
        self.send(JobEvent::Progress(Progress {
            stage: name.to_owned(),
            done,
            total,
            unit: unit.to_owned(),
            secs_left,
        }));
    }
}

impl Watcher for Relay<'_> {
    fn progress(&mut self, stage: &str, done: u64, total: u64, unit: &str) {
        self.progress_at(Instant::now(), stage, done, total, unit);
    }

    fn metric(&mut self, name: &str, step: u64, value: f64) {
        self.send(JobEvent::Metric {
            name: name.to_owned(),
            step,
            value,
        });
    }

    fn message(&mut self, text: &str) {
        self.send(JobEvent::Message {
            level: Level::Info,
            text: text.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reports: &[(u64, &str, u64)]) -> Vec<(String, u64)> {
        let mut events = Vec::new();
        let mut sink = |event: JobEvent| events.push(event);
        let mut relay = Relay::new(&mut sink);
        let start = Instant::now();
        for (millis, stage, done) in reports {
            let now = start + Duration::from_millis(*millis);
            relay.progress_at(now, stage, *done, 100, "steps");
        }
        events
            .into_iter()
            .map(|event| match event {
                JobEvent::Progress(progress) => (progress.stage, progress.done),
                other => panic!("only progress was reported, not {other:?}"),
            })
            .collect()
    }

    #[test]
    fn progress_is_thinned_but_never_loses_its_ends() {
        let reports = [
            (0, "embed", 0),
            (50, "embed", 1),
            (100, "embed", 2),
            (250, "embed", 3),
            (260, "embed", 100),
            (270, "add", 0),
        ];
        let expected = [("embed", 0), ("embed", 3), ("embed", 100), ("add", 0)];
        assert_eq!(
            told(&reports),
            expected.map(|(name, done)| (name.to_owned(), done))
        );
    }
}
