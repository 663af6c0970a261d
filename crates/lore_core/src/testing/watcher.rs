//! A watcher that remembers what it was told.

use crate::{StopToken, Watcher};

/// Remembers everything, and can ask for a stop after some progress.
#[derive(Clone, Debug, Default)]
pub struct RecordingWatcher {
    /// `(stage, done, total)` of every progress report.
    pub progress: Vec<(String, u64, u64)>,
    /// `(name, step, value)` of every metric.
    pub metrics: Vec<(String, u64, f64)>,
    /// Every message.
    pub messages: Vec<String>,
    stop: Option<(u64, StopToken)>,
}

impl RecordingWatcher {
    /// Asks `token` to stop once `done` of a progress report reaches this.
    pub fn stopping_at(done: u64, token: &StopToken) -> Self {
        Self {
            stop: Some((done, token.clone())),
            ..Self::default()
        }
    }

    /// The values of one metric, in the order they came.
    pub fn values(&self, name: &str) -> Vec<f64> {
        let of_name = self.metrics.iter().filter(|(metric, ..)| metric == name);
        of_name.map(|(_, _, value)| *value).collect()
    }
}

impl Watcher for RecordingWatcher {
    fn progress(&mut self, stage: &str, done: u64, total: u64, _unit: &str) {
        self.progress.push((stage.to_owned(), done, total));
        if let Some((limit, token)) = &self.stop
            && done >= *limit
        {
            token.stop();
        }
    }

    fn metric(&mut self, name: &str, step: u64, value: f64) {
        self.metrics.push((name.to_owned(), step, value));
    }

    fn message(&mut self, text: &str) {
        self.messages.push(text.to_owned());
    }
}
