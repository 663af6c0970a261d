//! One attempt at a job, wherever it is made: by a process of this computer or by another computer.

use std::fmt::Debug;
use std::time::Duration;

use lore_core::Secret;

/// What the supervisor asks of an attempt. Lines of the worker reach it on another way.
pub(crate) trait Attempt: Debug + Send {
    /// Asks the worker to save and end.
    fn stop(&mut self);

    /// How much longer that takes than the time a worker has to save.
    fn delay(&self) -> Duration {
        Duration::ZERO
    }

    /// Hands it the key for its server. No other computer is given one.
    fn hand_over(&mut self, _key: Option<Secret>) {}

    /// Ends it at once, or at least waits no longer for it.
    fn kill(&mut self);

    /// True when nothing more comes of it.
    fn is_over(&mut self) -> bool;

    /// Ends what is left and says how the worker ended.
    fn end(&mut self) -> Exit;

    /// True when the work goes on without the application and is found again by its next start.
    fn outlives_the_application(&self) -> bool {
        false
    }
}

/// How a worker ended.
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
