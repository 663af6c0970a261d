//! What the supervisor's thread owns, and what can be asked of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use anyhow::{Result, bail};
use lore_core::{ExperimentId, JobId};
use lore_protocol::{ApiError, ErrorCode, Event, JobEvent, JobLine, JobSpec, JobState, Topic};

use super::journal::Journal;
use super::queue::Outlook;
use super::record::JobRecord;
use super::running::Running;
use super::{Input, Setup, disk};
use crate::effects;

/// How often a live process is looked after.
const TEND: Duration = Duration::from_millis(200);

/// The jobs and their processes.
pub(super) struct State {
    pub(super) setup: Setup,
    pub(super) inbox: SyncSender<Input>,
    pub(super) jobs: BTreeMap<JobId, JobRecord>,
    pub(super) waiting: Vec<JobId>,
    pub(super) running: BTreeMap<JobId, Running>,
    pub(super) last_run: u64,
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

    /// Writes the jobs down, all or none, and puts them into the queue.
    pub(super) fn submit(&mut self, specs: Vec<JobSpec>) -> Result<()> {
        let mut names = BTreeSet::new();
        for spec in &specs {
            if self.jobs.contains_key(&spec.id) || !names.insert(&spec.id) {
                bail!(ApiError::new(format!(
                    "There is a job {:?} already",
                    spec.id
                )));
            }
        }
        let records = disk::write_specs(&self.setup.dir, specs)?;
        for record in records {
            self.waiting.push(record.id().clone());
            self.jobs.insert(record.id().clone(), record);
        }
        self.queue_changed();
        self.advance();
        Ok(())
    }

    /// Asks a running job to save and end; takes a waiting one out of the queue.
    pub(super) fn stop(&mut self, id: &JobId) -> Result<()> {
        let resumable = self.known(id)?.info.has_checkpoint;
        if let Some(place) = self.waiting.iter().position(|waiting| waiting == id) {
            self.waiting.remove(place);
            self.append(id, JobEvent::Cancelled { resumable });
            self.queue_changed();
            self.advance();
            return Ok(());
        }
        let grace = Duration::from_secs(self.setup.settings.get().stop_grace_secs);
        let deadline = self.setup.clock.elapsed() + grace;
        match self.running.get_mut(id) {
            Some(running) if !running.has_ended => {
                running.stop(deadline);
                self.known(id)?.info.state = JobState::Stopping;
                self.setup.hub.stale(Topic::Jobs);
                Ok(())
            }
            // It ended by itself in the meantime: that is what was asked for.
            _ => Ok(()),
        }
    }

    /// Puts a job that ended early back into the queue.
    pub(super) fn resume(&mut self, id: &JobId) -> Result<()> {
        let job = self.known(id)?;
        let title = job.info.spec.title.clone();
        match job.info.state {
            JobState::Queued | JobState::Running | JobState::Stopping => {
                bail!(ApiError::precondition(format!(
                    "{title:?} is waiting or running already"
                )))
            }
            JobState::Finished { .. } => {
                bail!(ApiError::precondition(format!("{title:?} is done already")))
            }
            JobState::Cancelled { .. } | JobState::Failed { .. } => {}
        }
        for id in self.with_followers(id) {
            let job = self.known(&id)?;
            job.info.state = JobState::Queued;
            job.info.progress = None;
            job.hidden = false;
            self.waiting.push(id);
        }
        self.queue_changed();
        self.advance();
        Ok(())
    }

    /// The job, then those that were not started because of it, nearest first.
    fn with_followers(&self, id: &JobId) -> Vec<JobId> {
        let mut found = vec![id.clone()];
        let mut next = 0;
        while let Some(leader) = found.get(next).cloned() {
            next += 1;
            for job in self.jobs.values() {
                let waited = job.info.spec.after.contains(&leader);
                if waited && was_never_started(job) && !found.contains(job.id()) {
                    found.push(job.id().clone());
                }
            }
        }
        found
    }

    /// Moves a waiting job to another place among the waiting.
    pub(super) fn move_to(&mut self, id: &JobId, index: usize) -> Result<()> {
        let Some(place) = self.waiting.iter().position(|waiting| waiting == id) else {
            let title = self.known(id)?.info.spec.title.clone();
            bail!(ApiError::precondition(format!(
                "{title:?} is not waiting, so it cannot be moved"
            )));
        };
        let job = self.waiting.remove(place);
        self.waiting.insert(index.min(self.waiting.len()), job);
        self.queue_changed();
        self.advance();
        Ok(())
    }

    /// Takes a job off the list; a waiting one is stopped first.
    pub(super) fn remove(&mut self, id: &JobId) -> Result<()> {
        let title = self.known(id)?.info.spec.title.clone();
        if self.running.contains_key(id) {
            bail!(ApiError::precondition(format!(
                "{title:?} is running; stop it first"
            )));
        }
        self.stop(id)?;
        self.known(id)?.hidden = true;
        self.queue_changed();
        Ok(())
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
        self.setup.hub.stale(Topic::Jobs);
    }

    /// Asks every worker to save and end, and starts nothing more.
    pub(super) fn shut_down(&mut self, patience: Duration) {
        self.closing = true;
        let deadline = self.setup.clock.elapsed() + patience;
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
        while let Some((id, error)) = self.outlook().doomed() {
            self.waiting.retain(|waiting| *waiting != id);
            self.append(&id, JobEvent::Failed { error });
            self.queue_changed();
        }
        while !self.closing
            && let Some(id) = self.outlook().next()
        {
            self.waiting.retain(|waiting| *waiting != id);
            if let Err(error) = self.begin(&id) {
                let error = ApiError::from(error);
                self.append(&id, JobEvent::Failed { error });
            }
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
        if line.event.is_terminal() {
            self.ended(id);
        }
        self.forward(id, line);
    }

    /// What the end of a job means for everything else.
    fn ended(&mut self, id: &JobId) {
        let now = self.setup.clock.elapsed();
        if let Some(running) = self.running.get_mut(id) {
            running.said_goodbye(now);
        }
        if let Some(job) = self.jobs.get(id) {
            for topic in effects::topics(&job.info.spec) {
                self.setup.hub.stale(topic);
            }
        }
        self.setup.hub.stale(Topic::Jobs);
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
        if let Err(error) = disk::write_queue(&self.setup.dir, &self.jobs, &self.waiting) {
            log::error!("{error:?}");
        }
        self.setup.hub.stale(Topic::Jobs);
    }
}

/// True for a job that ended without a process because another did not finish.
fn was_never_started(job: &JobRecord) -> bool {
    matches!(&job.info.state, JobState::Failed { error } if error.code == ErrorCode::Precondition)
        && job.info.started_ms.is_none()
}
