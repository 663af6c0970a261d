//! The supervisor: a queue of jobs, each in a process of its own, on this computer or on another one.
//!
//! One thread owns everything ([`state::State`]); others ask it through [`Supervisor`]. Readers of
//! workers' output are threads that only pass lines on, through a bounded channel: a worker that
//! floods waits, the supervisor does not.
//!
//! **Invariant:** an event stands in the job's journal before anyone hears of it.

mod arrivals;
mod attempt;
mod away;
mod coalesce;
mod disk;
mod journal;
mod orders;
mod process;
mod queue;
mod record;
mod running;
mod start;
mod state;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, ThreadId};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use lore_core::{DataDir, ExperimentId, JobId, Secret};
use lore_protocol::{ApiError, Elsewhere, JobSpec};

pub(crate) use attempt::{Attempt, Exit};
pub(crate) use journal::{log_path, read as read_journal};
pub(crate) use process::{WorkerProcess, WorkerProgram, append_to, read_lines};
pub(crate) use record::JobRecord;
#[cfg(test)]
pub(crate) use record::tests;

use crate::clock::Clock;
use crate::clusters::Clusters;
use crate::data_home::DataHome;
use crate::hub::Hub;
use crate::keys::Keys;
use crate::settings::{SettingsFile, Warnings};
use state::State;

/// Lines that may wait for the supervisor before readers wait for it.
const INBOX: usize = 1024;

/// What the supervisor works with.
#[derive(Clone)]
pub(crate) struct Setup {
    /// The data folder.
    pub(crate) dir: DataDir,
    /// The worker program.
    pub(crate) worker: WorkerProgram,
    /// Other computers.
    pub(crate) clusters: Arc<Clusters>,
    /// Where events go.
    pub(crate) hub: Arc<Hub>,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// For the grace period.
    pub(crate) settings: Arc<SettingsFile>,
    /// For damaged files.
    pub(crate) warnings: Arc<Warnings>,
    /// For jobs whose model is on a server.
    pub(crate) keys: Arc<Keys>,
    /// For moving the data folder.
    pub(crate) home: Option<Arc<DataHome>>,
}

/// What reaches the supervisor's thread.
enum Input {
    /// Someone asks.
    Call(Box<dyn FnOnce(&mut State) + Send>),
    /// A worker wrote a line.
    Line { job: JobId, run: u64, text: String },
    /// A job stands so on another computer.
    Stands {
        job: JobId,
        run: u64,
        stands: Elsewhere,
    },
    /// A worker's output ended.
    Closed { job: JobId, run: u64 },
    /// The key for a job's server was found, or none.
    Key {
        job: JobId,
        run: u64,
        key: Option<Secret>,
    },
}

/// The way to the supervisor's thread.
pub(crate) struct Supervisor {
    inbox: SyncSender<Input>,
    thread: Mutex<Option<JoinHandle<()>>>,
    thread_id: ThreadId,
}

impl Supervisor {
    /// Reads the list of jobs from disk and goes on with those that waited.
    pub(crate) fn start(setup: Setup) -> Result<Self> {
        let (inbox, outbox) = sync_channel(INBOX);
        let sender = inbox.clone();
        let thread = std::thread::Builder::new()
            .name("supervisor".into())
            .spawn(move || {
                let mut state = State::load(setup, sender);
                state.follow_on();
                state.advance();
                run(state, &outbox);
            })
            .context("Could not start the part of Lorekeeper that looks after jobs")?;
        Ok(Self {
            inbox,
            thread_id: thread.thread().id(),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Asks on the supervisor's thread and waits for the answer.
    fn call<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut State) -> T + Send + 'static,
    ) -> Result<T> {
        if self.is_own_thread() {
            bail!("The supervisor cannot answer while it tells about an event");
        }
        let (answer, answered) = sync_channel(1);
        let call = Box::new(move |state: &mut State| {
            // Whoever asked may have left; then nobody misses the answer.
            answer.send(ask(state)).ok();
        });
        let closed = "Lorekeeper is closing; open it again to go on";
        // The error would carry the call itself, which says nothing to anyone.
        self.inbox.send(Input::Call(call)).ok().context(closed)?;
        answered.recv().context(closed)
    }

    fn is_own_thread(&self) -> bool {
        std::thread::current().id() == self.thread_id
    }

    /// Every job: running, then waiting in order, then ended, newest first.
    pub(crate) fn list(&self) -> Result<Vec<JobRecord>> {
        self.call(|state| state.list())
    }

    /// Every job, those that were taken off the list included, by name.
    pub(crate) fn all(&self) -> Result<Vec<JobRecord>> {
        self.call(|state| state.jobs().values().cloned().collect())
    }

    /// One job.
    pub(crate) fn get(&self, id: &JobId) -> Result<JobRecord> {
        let wanted = id.clone();
        self.call(move |state| state.jobs().get(&wanted).cloned())?
            .ok_or_else(|| ApiError::not_found(format!("The job {id:?} is gone")).into())
    }

    /// The jobs of an experiment, by name.
    pub(crate) fn of_experiment(&self, id: &ExperimentId) -> Result<Vec<JobRecord>> {
        let id = id.clone();
        self.call(move |state| state.of_experiment(&id))
    }

    /// Writes the jobs down and puts them into the queue.
    pub(crate) fn submit(&self, specs: Vec<JobSpec>) -> Result<()> {
        self.call(|state| state.submit(specs))?
    }

    /// Stops a job after saving; takes a waiting one out of the queue.
    pub(crate) fn stop(&self, id: &JobId) -> Result<()> {
        let id = id.clone();
        self.call(move |state| state.stop(&id))?
    }

    /// Puts a job that ended early back into the queue, and those that waited for it in vain.
    pub(crate) fn resume(&self, id: &JobId) -> Result<()> {
        let id = id.clone();
        self.call(move |state| state.resume(&id))?
    }

    /// Moves a waiting job to another place among the waiting.
    pub(crate) fn move_to(&self, id: &JobId, index: usize) -> Result<()> {
        let id = id.clone();
        self.call(move |state| state.move_to(&id, index))?
    }

    /// Takes a job off the list.
    pub(crate) fn remove(&self, id: &JobId) -> Result<()> {
        let id = id.clone();
        self.call(move |state| state.remove(&id))?
    }

    /// Forgets the jobs of an experiment whose folder went away.
    pub(crate) fn forget(&self, id: &ExperimentId) -> Result<()> {
        let id = id.clone();
        self.call(move |state| state.forget(&id))
    }

    /// Learns the jobs of an experiment whose folder came back.
    pub(crate) fn learn(&self, id: &ExperimentId) -> Result<()> {
        let id = id.clone();
        self.call(move |state| state.learn(&id))
    }

    /// Asks every worker to save and end, waits at most `patience`, and ends those that are left.
    pub(crate) fn shut_down(&self, patience: Duration) {
        if self.is_own_thread() {
            // A listener held the application last; its thread ends itself once it is done here.
            let ask = Box::new(move |state: &mut State| state.shut_down(patience));
            if self.inbox.try_send(Input::Call(ask)).is_err() {
                log::warn!("could not ask the workers to stop; they end when their input closes");
            }
            return;
        }
        let asked = self.call(move |state| state.shut_down(patience));
        let thread = self.thread.lock();
        let thread = thread.unwrap_or_else(PoisonError::into_inner).take();
        if let (Ok(()), Some(thread)) = (asked, thread)
            && thread.join().is_err()
        {
            log::error!("the supervisor ended with a panic");
        }
    }
}

/// The supervisor's thread, until it is shut down and every worker is gone.
fn run(mut state: State, inbox: &Receiver<Input>) {
    loop {
        match inbox.recv_timeout(state.patience()) {
            Ok(Input::Call(ask)) => ask(&mut state),
            Ok(Input::Line { job, run, text }) => state.line(&job, run, &text),
            Ok(Input::Stands { job, run, stands }) => state.stands(&job, run, stands),
            Ok(Input::Closed { job, run }) => state.closed(&job, run),
            Ok(Input::Key { job, run, key }) => state.hand_over(&job, run, key),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        state.tick();
        if state.is_done() {
            return;
        }
    }
}
