//! A worker's process: its own group, so that ending it ends everything it started. A worker whose
//! input closes saves and ends by itself; that is how none outlives a program that was killed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result};
use lore_core::{DataDir, Secret};
use lore_protocol::Control;
use process_wrap::std::{ChildWrapper, CommandWrap};

use super::attempt::{Attempt, Exit};

/// The longest line; longer ones are cut, so that a worker gone wild cannot fill the memory.
const MAX_LINE: u64 = 8 << 20;

/// The program that workers run.
#[derive(Clone, Debug)]
pub(crate) struct WorkerProgram {
    /// The program.
    pub(crate) path: PathBuf,
    /// The folder of models that came with the application.
    pub(crate) models: Option<PathBuf>,
}

impl WorkerProgram {
    /// A command line that only lacks what is to be done.
    pub(crate) fn command(&self, dir: &DataDir) -> Command {
        let mut command = Command::new(&self.path);
        command.arg("--data").arg(dir.root());
        // Candle's own threads spin while they wait and take the cores from those that compute.
        command.env("CANDLE_NUM_THREADS", "1");
        if let Some(models) = &self.models {
            command.arg("--models").arg(models);
        }
        command
    }
}

/// A live process group. Dropping it ends the group.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    child: Box<dyn ChildWrapper>,
    stdin: Option<ChildStdin>,
    has_ended: bool,
}

impl WorkerProcess {
    /// Starts `command` with lines in, lines out, and everything else to the end of `log`.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<(Self, ChildStdout)> {
        let errors = append_to(log)?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(errors));
        let program = command.get_program().to_owned();
        let mut wrap = CommandWrap::from(command);
        #[cfg(unix)]
        wrap.wrap(process_wrap::std::ProcessGroup::leader());
        #[cfg(windows)]
        wrap.wrap(process_wrap::std::JobObject);
        let mut child = wrap.spawn().with_context(|| {
            format!(
                "Could not start the program that does the work ({}). Install Lorekeeper \
                 again.",
                program.display()
            )
        })?;
        let stdin = child.stdin().take();
        let stdout = child
            .stdout()
            .take()
            .context("The worker has no output to read")?;
        let process = Self {
            child,
            stdin,
            has_ended: false,
        };
        Ok((process, stdout))
    }

    /// Sends one line of JSON. A worker that is gone does not mind.
    pub(crate) fn send(&mut self, value: &impl serde::Serialize) -> Result<()> {
        let mut text = serde_json::to_string(value).context("Could not put a line into words")?;
        text.push('\n');
        let stdin = self.stdin.as_mut().context("The worker is not listening")?;
        stdin
            .write_all(text.as_bytes())
            .and_then(|()| stdin.flush())
            .context("The worker is not listening any more")
    }

    /// True once the process has ended.
    pub(crate) fn has_exited(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// Ends the whole group.
    pub(crate) fn kill(&mut self) {
        // The only other outcome is that everyone is gone already.
        if let Err(error) = self.child.start_kill() {
            log::debug!("nothing left to end: {error}");
        }
    }

    /// Ends what is left of the group and says how its first process ended.
    pub(crate) fn end(&mut self) -> Option<ExitStatus> {
        // Once only: later the group's number may belong to others.
        if !std::mem::replace(&mut self.has_ended, true) {
            self.stdin = None;
            self.kill();
        }
        self.child.wait().ok()
    }
}

impl Attempt for WorkerProcess {
    fn stop(&mut self) {
        if let Err(error) = self.send(&Control::Stop) {
            log::debug!("{error:#}");
        }
    }

    fn hand_over(&mut self, key: Option<Secret>) {
        if let Err(error) = self.send(&Control::Key { key }) {
            log::debug!("{error:#}");
        }
    }

    fn kill(&mut self) {
        Self::kill(self);
    }

    fn is_over(&mut self) -> bool {
        self.has_exited()
    }

    fn end(&mut self) -> Exit {
        Self::end(self).map_or_else(Exit::default, Exit::from)
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        Self::end(self);
    }
}

/// Opens a file for adding to its end.
pub(crate) fn append_to(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("Could not write the log {}", path.display()))
}

/// Calls `take` with every line until the output ends or `take` has enough.
pub(crate) fn read_lines(stdout: ChildStdout, mut take: impl FnMut(String) -> bool) {
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        if !take(text.trim_end_matches(['\n', '\r']).to_owned()) {
            return;
        }
    }
}
