//! A job at work: its attempt, its journal, and how patient the supervisor still is with it.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use lore_core::Secret;

use super::attempt::{Attempt, Exit};
use super::coalesce::Coalescer;
use super::journal::{self, Journal};
use super::process::append_to;

/// How long a worker may take to end after its last word.
const GOODBYE: Duration = Duration::from_secs(10);

/// How long output may keep coming once the worker is gone (from something it started).
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// A job with a live worker.
#[derive(Debug)]
pub(crate) struct Running {
    /// Tells this attempt from an earlier one at the same job.
    pub(crate) run: u64,
    /// What goes to the window.
    pub(crate) coalescer: Coalescer,
    /// True once the job said its last word.
    pub(crate) has_ended: bool,
    /// True once it was asked to stop.
    pub(crate) is_stopping: bool,
    /// True when it had to be ended.
    pub(crate) was_killed: bool,
    attempt: Box<dyn Attempt>,
    journal: Journal,
    log: std::path::PathBuf,
    deadline: Option<Duration>,
    gone_since: Option<Duration>,
}

impl Running {
    /// Wraps an attempt that was just begun.
    pub(crate) fn new(
        run: u64,
        attempt: Box<dyn Attempt>,
        journal: Journal,
        folder: &Path,
    ) -> Self {
        Self {
            run,
            coalescer: Coalescer::default(),
            has_ended: false,
            is_stopping: false,
            was_killed: false,
            attempt,
            journal,
            log: journal::log_path(folder),
            deadline: None,
            gone_since: None,
        }
    }

    /// The journal.
    pub(crate) fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Keeps a line that is not an event.
    pub(crate) fn note(&self, text: &str) {
        let write = || -> Result<()> {
            Ok(append_to(&self.log)?.write_all(format!("{text}\n").as_bytes())?)
        };
        if let Err(error) = write() {
            log::warn!("could not keep a worker's output: {error:#}");
        }
    }

    /// Asks it to save and end by `deadline`.
    pub(crate) fn stop(&mut self, deadline: Duration) {
        self.is_stopping = true;
        self.deadline = Some(deadline + self.attempt.delay());
        self.attempt.stop();
    }

    /// True when the work goes on without the application.
    pub(crate) fn outlives_the_application(&self) -> bool {
        self.attempt.outlives_the_application()
    }

    /// Hands it the key for its server.
    pub(crate) fn hand_over(&mut self, key: Option<Secret>) {
        self.attempt.hand_over(key);
    }

    /// Notes its last word; from now on it should go.
    pub(crate) fn said_goodbye(&mut self, now: Duration) {
        self.has_ended = true;
        self.deadline = Some(now + GOODBYE);
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        self.was_killed = true;
        self.attempt.kill();
    }

    /// Looks after the worker; true when it is gone although its output is still open.
    pub(crate) fn tend(&mut self, now: Duration) -> bool {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.deadline = None;
            self.kill();
        }
        if !self.attempt.is_over() {
            return false;
        }
        now >= *self.gone_since.get_or_insert(now) + LAST_OUTPUT
    }

    /// Ends what is left and says in words how the worker ended.
    pub(crate) fn end(&mut self) -> Exit {
        self.attempt.end()
    }
}
