//! How long work tells what it does, and how it learns that it should stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Listens to long work. The same function then runs in a worker, in a test and in a terminal.
pub trait Watcher {
    /// How far the work is: `done` of `total` (0 when unknown), counted in `unit`.
    fn progress(&mut self, stage: &str, done: u64, total: u64, unit: &str);

    /// A number over time; `name` is `area/name`, `step` counts from 1.
    fn metric(&mut self, name: &str, step: u64, value: f64);

    /// Something for the log.
    fn message(&mut self, text: &str);
}

/// Asks work to save and end. Clones share the request.
#[derive(Clone, Debug, Default)]
pub struct StopToken(Arc<AtomicBool>);

impl StopToken {
    /// A token that nobody has used.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once asked.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
