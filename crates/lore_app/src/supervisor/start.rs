//! From a waiting job to a process, from its lines to events, and from its end to a last word.

use std::path::Path;
use std::process::ChildStdout;

use anyhow::{Context as _, Result};
use lore_core::{JobId, Secret};
use lore_protocol::{ApiError, Elsewhere, ErrorCode, JobEvent, JobState, PROTOCOL_VERSION, Topic};

use super::attempt::{Attempt, Exit};
use super::journal::{self, Journal};
use super::process::{WorkerProcess, read_lines};
use super::record::JobRecord;
use super::running::Running;
use super::state::State;
use super::{Input, disk};
use crate::handlers::served;
use crate::{effects, files};

/// Lines of a crashed worker's log that go into the details.
const LAST_LINES: usize = 20;

impl State {
    /// Begins a job, here or on another computer.
    pub(super) fn begin(&mut self, id: &JobId) -> Result<()> {
        self.last_run += 1;
        let run = self.last_run;
        let job = self.known(id)?;
        let folder = job.folder.clone();
        let is_elsewhere = job.info.spec.cluster.is_some();
        let journal = Journal::open(&folder)?;
        let attempt = if is_elsewhere {
            self.send_away(id, run, None)?
        } else {
            self.start_process(id, run, &folder)?
        };
        self.find_key(id, run)?;
        let running = Running::new(run, attempt, journal, &folder);
        self.running.insert(id.clone(), running);
        let now = self.setup.clock.now_ms();
        let info = &mut self.known(id)?.info;
        info.state = JobState::Running;
        info.started_ms = Some(now);
        info.ended_ms = None;
        info.progress = None;
        info.elsewhere = is_elsewhere.then_some(Elsewhere::Sending);
        Ok(())
    }

    fn start_process(&self, id: &JobId, run: u64, folder: &Path) -> Result<Box<dyn Attempt>> {
        let mut command = self.setup.worker.command(&self.setup.dir);
        command.arg("--job").arg(disk::spec_path(folder));
        let (process, stdout) = WorkerProcess::start(command, &journal::log_path(folder))?;
        self.listen(id, run, stdout)?;
        Ok(Box::new(process))
    }

    fn listen(&self, id: &JobId, run: u64, stdout: ChildStdout) -> Result<()> {
        let (job, inbox) = (id.clone(), self.inbox.clone());
        let read = move || {
            let line = |text| Input::Line {
                job: job.clone(),
                run,
                text,
            };
            read_lines(stdout, |text| inbox.send(line(text)).is_ok());
            // When nobody listens any more, nobody needs to know.
            inbox.send(Input::Closed { job, run }).ok();
        };
        std::thread::Builder::new()
            .name(format!("reads {id}"))
            .spawn(read)
            .context("Could not listen to the worker")?;
        Ok(())
    }

    /// Finds the key for a job whose model is on a server, in a thread of its own: the keychain may wait for the
    /// person.
    fn find_key(&mut self, id: &JobId, run: u64) -> Result<()> {
        let Some(model) = self.known(id)?.info.spec.work.served_model().cloned() else {
            return Ok(());
        };
        let (job, inbox, setup) = (id.clone(), self.inbox.clone(), self.setup.clone());
        let find = move || {
            let key = served::key_for(&setup, &model).unwrap_or_else(|error| {
                setup.warnings.add(error.to_string());
                None
            });
            // When nobody listens any more, nobody needs it.
            inbox.send(Input::Key { job, run, key }).ok();
        };
        std::thread::Builder::new()
            .name(format!("finds the key for {id}"))
            .spawn(find)
            .context("Could not look for the key of the server")?;
        Ok(())
    }

    /// Hands a job the key for its server.
    pub(super) fn hand_over(&mut self, id: &JobId, run: u64, key: Option<Secret>) {
        if let Some(running) = self
            .running
            .get_mut(id)
            .filter(|running| running.run == run)
        {
            running.hand_over(key);
        }
    }

    /// Takes in a line of a worker's output.
    pub(super) fn line(&mut self, id: &JobId, run: u64, text: &str) {
        let Some(running) = self.running.get(id).filter(|running| running.run == run) else {
            return;
        };
        match parse(text) {
            // Nothing counts after the last word.
            Some(event) if !running.has_ended => self.event(id, event),
            _ => running.note(text),
        }
    }

    fn event(&mut self, id: &JobId, event: JobEvent) {
        match &event {
            JobEvent::Hello { protocol, .. } => {
                let protocol = *protocol;
                self.append(id, event);
                self.setup.hub.stale(Topic::Jobs);
                if protocol != PROTOCOL_VERSION {
                    self.refuse(id, protocol);
                }
            }
            JobEvent::Speed { speed } => {
                // How fast another computer is says nothing about this one.
                if let Some(job) = self.jobs.get(id)
                    && job.info.spec.cluster.is_none()
                {
                    effects::keep_speed(&self.setup.dir, &job.info.spec.work, *speed);
                }
                self.append(id, event);
            }
            _ => self.append(id, event),
        }
    }

    fn refuse(&mut self, id: &JobId, protocol: u32) {
        let error = ApiError::new(format!(
            "The worker program is of another version (it speaks {protocol}, this program speaks \
             {PROTOCOL_VERSION}). Install Lorekeeper again."
        ));
        self.append(id, JobEvent::Failed { error });
        if let Some(running) = self.running.get_mut(id) {
            running.kill();
        }
    }

    /// A worker's output ended: so does the worker.
    pub(super) fn closed(&mut self, id: &JobId, run: u64) {
        if self.running.get(id).is_some_and(|job| job.run == run) {
            self.finish(id);
        }
    }

    /// Looks after every live process.
    pub(super) fn tick(&mut self) {
        let now = self.setup.clock.elapsed();
        let mut gone = Vec::new();
        let mut due = Vec::new();
        for (id, running) in &mut self.running {
            due.push((id.clone(), running.coalescer.due(now)));
            if running.tend(now) {
                gone.push(id.clone());
            }
        }
        for (id, lines) in due {
            self.publish(&id, lines);
        }
        for id in gone {
            self.finish(&id);
        }
    }

    /// Ends what is left of a job's worker; a job without a last word gets one.
    fn finish(&mut self, id: &JobId) {
        let Some(mut running) = self.running.remove(id) else {
            return;
        };
        let exit = running.end();
        let (has_ended, is_stopping) = (running.has_ended, running.is_stopping);
        let was_killed = running.was_killed;
        drop(running);
        let job = self.jobs.get_mut(id);
        let stood = job.and_then(|job| job.info.elsewhere.take());
        let is_unheard = matches!(stood, Some(Elsewhere::OutOfReach | Elsewhere::NeedsToken));
        if !has_ended && let Some(job) = self.jobs.get(id) {
            let event = if is_stopping && is_unheard {
                JobEvent::Failed {
                    error: unheard(job),
                }
            } else if is_stopping {
                JobEvent::Cancelled {
                    resumable: job.info.has_checkpoint,
                }
            } else {
                JobEvent::Failed {
                    error: crash(job, &exit, was_killed),
                }
            };
            self.append(id, event);
        }
        self.advance();
    }
}

/// An event, or `None` for a line that belongs into the log.
fn parse(text: &str) -> Option<JobEvent> {
    text.starts_with('{')
        .then(|| serde_json::from_str(text).ok())
        .flatten()
}

/// What to tell a person whose stop did not reach the other computer.
fn unheard(job: &JobRecord) -> ApiError {
    let title = &job.info.spec.title;
    ApiError::with_code(
        ErrorCode::Offline,
        format!(
            "The other computer did not hear the stop, so {title:?} may go on there. Press Resume once it \
             answers again: what runs there is ended first"
        ),
    )
}

/// What to tell a person whose job ended without a last word.
pub(super) fn crash(job: &JobRecord, exit: &Exit, was_killed: bool) -> ApiError {
    let title = &job.info.spec.title;
    let why = if exit.by_force && !was_killed {
        "was ended by the system, most likely because memory ran out"
    } else {
        "ended unexpectedly"
    };
    let next = if job.info.has_checkpoint {
        "Press Resume to go on from the last save."
    } else {
        "Press Resume to try again."
    };
    let log = files::tail(&journal::log_path(&job.folder), 16 << 10);
    let lines: Vec<&str> = log.lines().collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
    ApiError {
        code: ErrorCode::WorkerCrashed,
        summary: format!("{title:?} {why}. {next}"),
        details: format!("{}\n{last}", exit.words).trim().to_owned(),
    }
}
