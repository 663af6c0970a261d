//! A job at work: its process, its journal, and how patient the supervisor still is with it.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use lore_protocol::Control;

use super::coalesce::Coalescer;
use super::journal::{self, Journal};
use super::process::{WorkerProcess, append_to};

/// How long a worker may take to end after its last word.
const GOODBYE: Duration = Duration::from_secs(10);

/// How long output may keep coming once the process is gone (from something it started).
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// A job with a live process.
#[derive(Debug)]
pub(crate) struct Running {
    /// Tells this process from an earlier one of the same job.
    pub(crate) run: u64,
    /// What goes to the window.
    pub(crate) coalescer: Coalescer,
    /// True once the job said its last word.
    pub(crate) has_ended: bool,
    /// True once it was asked to stop.
    pub(crate) is_stopping: bool,
    /// True when it had to be ended.
    pub(crate) was_killed: bool,
    process: WorkerProcess,
    journal: Journal,
    log: std::path::PathBuf,
    deadline: Option<Duration>,
    gone_since: Option<Duration>,
}

impl Running {
    /// Wraps a process that was just started.
    pub(crate) fn new(run: u64, process: WorkerProcess, journal: Journal, folder: &Path) -> Self {
        Self {
            run,
            coalescer: Coalescer::default(),
            has_ended: false,
            is_stopping: false,
            was_killed: false,
            process,
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
        self.deadline = Some(deadline);
        if let Err(error) = self.process.send(&Control::Stop) {
            log::debug!("{error:#}");
        }
    }

    /// Notes its last word; from now on it should go.
    pub(crate) fn said_goodbye(&mut self, now: Duration) {
        self.has_ended = true;
        self.deadline = Some(now + GOODBYE);
    }

    /// Ends its group at once.
    pub(crate) fn kill(&mut self) {
        self.was_killed = true;
        self.process.kill();
    }

    /// Looks after the process; true when it is gone although its output is still open.
    pub(crate) fn tend(&mut self, now: Duration) -> bool {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.deadline = None;
            self.kill();
        }
        if !self.process.has_exited() {
            return false;
        }
        now >= *self.gone_since.get_or_insert(now) + LAST_OUTPUT
    }

    /// Ends what is left and says in words how the process ended.
    pub(crate) fn end(&mut self) -> Exit {
        match self.process.end() {
            Some(status) => Exit::from(status),
            None => Exit::default(),
        }
    }
}

/// How a process ended.
#[derive(Debug, Default)]
pub(crate) struct Exit {
    /// In words.
    pub(crate) words: String,
    /// True when the system ended it with force: usually for lack of memory.
    pub(crate) by_force: bool,
}

impl From<std::process::ExitStatus> for Exit {
    fn from(status: std::process::ExitStatus) -> Self {
        #[cfg(unix)]
        let by_force = {
            use std::os::unix::process::ExitStatusExt as _;
            status.signal() == Some(libc::SIGKILL)
        };
        #[cfg(not(unix))]
        let by_force = false;
        Self {
            words: status.to_string(),
            by_force,
        }
    }
}
