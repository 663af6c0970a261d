//! What the supervisor's thread owns, and how events change it.

use std::collections::BTreeMap;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use anyhow::{Context as _, Result};
use lore_core::{ExperimentId, JobId};
use lore_protocol::{ApiError, Event, JobEvent, JobLine, JobState, Topic};

use super::journal::Journal;
use super::queue::Outlook;
use super::record::JobRecord;
use super::running::Running;
use super::{Input, Setup, disk};
use crate::effects;

/// How often a live process is looked after.
const TEND: Duration = Duration::from_millis(200);

/// How often an experiment's time left is told anew while one of its jobs makes progress.
const TELL_EXPERIMENTS: Duration = Duration::from_secs(5);

/// The jobs and their processes.
pub(super) struct State {
    pub(super) setup: Setup,
    pub(super) inbox: SyncSender<Input>,
    pub(super) jobs: BTreeMap<JobId, JobRecord>,
    pub(super) waiting: Vec<JobId>,
    pub(super) running: BTreeMap<JobId, Running>,
    pub(super) last_run: u64,
    /// When experiments were last declared stale for the progress of a job.
    experiments_told: Duration,
    closing: bool,
}

impl State {
    /// The jobs as the files tell them.
    pub(super) fn load(setup: Setup, inbox: SyncSender<Input>) -> Self {
        let known = disk::load(&setup);
        Self {
            setup,
            inbox,
            jobs: known.jobs,
            waiting: known.waiting,
            running: BTreeMap::new(),
            last_run: 0,
            experiments_told: Duration::ZERO,
            closing: false,
        }
    }

    /// Every job.
    pub(super) fn jobs(&self) -> &BTreeMap<JobId, JobRecord> {
        &self.jobs
    }

    /// Every job on the list: running, then waiting in order, then ended, newest first.
    pub(super) fn list(&self) -> Vec<JobRecord> {
        let place = |id: &JobId| self.waiting.iter().position(|waiting| waiting == id);
        let mut list: Vec<&JobRecord> = self.jobs.values().filter(|job| !job.hidden).collect();
        list.sort_by_cached_key(|job| {
            let rank = match job.info.state {
                JobState::Running | JobState::Stopping => 0,
                JobState::Queued => 1,
                _ => 2,
            };
            let newest = u64::MAX - job.info.ended_ms.unwrap_or(job.info.spec.created_ms);
            (rank, place(job.id()), newest)
        });
        list.into_iter().cloned().collect()
    }

    /// The jobs of an experiment, by name.
    pub(super) fn of_experiment(&self, id: &ExperimentId) -> Vec<JobRecord> {
        let own = |job: &&JobRecord| job.info.spec.experiment.as_ref() == Some(id);
        self.jobs.values().filter(own).cloned().collect()
    }

    /// Forgets the jobs of an experiment; none of them is active.
    pub(super) fn forget(&mut self, id: &ExperimentId) {
        let other = |job: &JobRecord| job.info.spec.experiment.as_ref() != Some(id);
        self.jobs.retain(|_, job| other(job));
        let jobs = &self.jobs;
        self.waiting.retain(|id| jobs.contains_key(id));
        self.queue_changed();
    }

    /// Learns the jobs of an experiment from its folder.
    pub(super) fn learn(&mut self, id: &ExperimentId) {
        for record in disk::load_folders(&self.setup, &self.setup.dir.runs(id)) {
            self.jobs.entry(record.id().clone()).or_insert(record);
        }
        self.follow_on();
        self.setup.hub.stale(Topic::Jobs);
    }

    /// Asks every worker to save and end, and starts nothing more.
    pub(super) fn shut_down(&mut self, patience: Duration) {
        self.closing = true;
        let deadline = self.setup.clock.elapsed() + patience;
        // What goes on elsewhere is found again by the next start.
        self.running
            .retain(|_, job| !job.outlives_the_application());
        for running in self.running.values_mut().filter(|job| !job.has_ended) {
            running.stop(deadline);
        }
    }

    /// True once everything is shut down.
    pub(super) fn is_done(&self) -> bool {
        self.closing && self.running.is_empty()
    }

    /// Starts whatever can be started, and ends whatever never can.
    pub(super) fn advance(&mut self) {
        loop {
            self.end_doomed();
            if self.closing {
                return;
            }
            let Some(id) = self.outlook().next() else {
                return;
            };
            self.waiting.retain(|waiting| *waiting != id);
            // One that cannot be started dooms those that wait for it.
            if let Err(error) = self.begin(&id) {
                let error = ApiError::from(error);
                self.append(&id, JobEvent::Failed { error });
            }
            self.queue_changed();
        }
    }

    fn end_doomed(&mut self) {
        while let Some((id, error)) = self.outlook().doomed() {
            self.waiting.retain(|waiting| *waiting != id);
            self.append(&id, JobEvent::Failed { error });
            self.queue_changed();
        }
    }

    /// Writes an event down, takes it in, and passes it on.
    pub(super) fn append(&mut self, id: &JobId, event: JobEvent) {
        let Some(job) = self.jobs.get_mut(id) else {
            return;
        };
        let mut line = JobLine {
            seq: job.info.last_seq + 1,
            ms: self.setup.clock.now_ms(),
            event,
        };
        let written = match self.running.get_mut(id) {
            Some(running) => running.journal().append(&line),
            None => Journal::open(&job.folder).and_then(|mut journal| journal.append(&line)),
        };
        if let Err(error) = written {
            log::error!("{error:?}");
            // What cannot be written down has not happened: the job ends here.
            if let Some(running) = self.running.get_mut(id) {
                running.kill();
            }
            line.event = JobEvent::Failed {
                error: ApiError::from(error),
            };
        }
        job.fold(&line);
        let is_experiments = job.info.spec.experiment.is_some();
        if line.event.is_terminal() {
            self.ended(id);
        } else if is_experiments && matches!(line.event, JobEvent::Progress(_)) {
            self.tell_experiments();
        }
        self.forward(id, line);
    }

    /// What the end of a job means for everything else.
    fn ended(&mut self, id: &JobId) {
        let now = self.setup.clock.elapsed();
        if let Some(running) = self.running.get_mut(id) {
            running.said_goodbye(now);
        }
        if let Some(job) = self.jobs.get_mut(id) {
            job.info.elsewhere = None;
        }
        self.take_in(id);
        if let Some(job) = self.jobs.get(id) {
            for topic in effects::topics(&job.info.spec) {
                self.setup.hub.stale(topic);
            }
        }
        self.setup.hub.stale(Topic::Jobs);
    }

    /// Has the window ask again how long experiments still take, now and then.
    fn tell_experiments(&mut self) {
        let now = self.setup.clock.elapsed();
        if now >= self.experiments_told + TELL_EXPERIMENTS {
            self.experiments_told = now;
            self.setup.hub.stale(Topic::Experiments);
        }
    }

    fn forward(&mut self, id: &JobId, line: JobLine) {
        let now = self.setup.clock.elapsed();
        let lines = match self.running.get_mut(id) {
            Some(running) => running.coalescer.take(line, now),
            None => vec![line],
        };
        self.publish(id, lines);
    }

    pub(super) fn publish(&self, id: &JobId, lines: Vec<JobLine>) {
        for line in lines {
            let job = id.clone();
            self.setup.hub.publish(Event::Job { job, line });
        }
    }

    /// How long the thread may sleep.
    pub(super) fn patience(&self) -> Duration {
        if self.running.values().any(|job| job.coalescer.is_holding()) {
            super::coalesce::PAUSE / 2
        } else if self.running.is_empty() {
            Duration::from_hours(1)
        } else {
            TEND
        }
    }

    pub(super) fn known(&mut self, id: &JobId) -> Result<&mut JobRecord> {
        self.jobs
            .get_mut(id)
            .ok_or_else(|| ApiError::not_found(format!("The job {id:?} is gone")).into())
    }

    fn outlook(&self) -> Outlook<'_> {
        Outlook {
            jobs: &self.jobs,
            waiting: &self.waiting,
            running: self.running.keys().collect(),
        }
    }

    /// Remembers the order of the queue over restarts, and tells the window.
    pub(super) fn queue_changed(&self) {
        if let Err(error) = self.keep_queue() {
            log::error!("{error:?}");
        }
        self.setup.hub.stale(Topic::Jobs);
    }

    /// The same for a change that a person asked for, who wants to know when it will not last.
    pub(super) fn keep_queue(&self) -> Result<()> {
        disk::write_queue(&self.setup.dir, &self.jobs, &self.waiting)
            .context("The list of jobs could not be saved. Is the disk full?")
    }
}
