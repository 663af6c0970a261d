//! What people ask of jobs: to begin, to stop, to go on, to move, to go away.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, bail};
use lore_core::{Cluster, JobId};
use lore_protocol::{ApiError, ErrorCode, JobEvent, JobSpec, JobState, Topic, Work};

use super::disk;
use super::record::JobRecord;
use super::state::State;

impl State {
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
        let specs = specs
            .into_iter()
            .map(|spec| self.as_its_cluster_has_it(spec));
        let records = disk::write_specs(&self.setup.dir, specs.collect())?;
        for record in records {
            self.waiting.push(record.id().clone());
            self.jobs.insert(record.id().clone(), record);
        }
        self.queue_changed();
        self.advance();
        Ok(())
    }

    /// A job on another computer takes as many processor cores as somebody said it has there, and a training as
    /// many workers.
    fn as_its_cluster_has_it(&self, mut spec: JobSpec) -> JobSpec {
        let cluster = spec.cluster.as_ref();
        let Some(Ok(cluster)) = cluster.map(|id| self.setup.clusters.get(id)) else {
            return spec;
        };
        if cluster.cores > 0 {
            spec.threads = cluster.cores;
        }
        if matches!(spec.work, Work::Train(_)) {
            spec.assistants = cluster.workers.clamp(1, Cluster::MAX_WORKERS) - 1;
        }
        spec
    }

    /// Asks a running job to save and end; takes a waiting one out of the queue.
    pub(super) fn stop(&mut self, id: &JobId) -> Result<()> {
        let resumable = self.known(id)?.info.has_checkpoint;
        if let Some(place) = self.waiting.iter().position(|waiting| waiting == id) {
            self.waiting.remove(place);
            self.append(id, JobEvent::Cancelled { resumable });
            self.queue_changed();
            self.advance();
            // What could not be written down has not happened.
            return match &self.known(id)?.info.state {
                JobState::Failed { error } => Err(error.clone().into()),
                _ => Ok(()),
            };
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
        let before = self.waiting.clone();
        let job = self.waiting.remove(place);
        self.waiting.insert(index.min(self.waiting.len()), job);
        if let Err(error) = self.keep_queue() {
            self.waiting = before;
            return Err(error);
        }
        self.setup.hub.stale(Topic::Jobs);
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
        if let Err(error) = self.keep_queue() {
            self.known(id)?.hidden = false;
            return Err(error);
        }
        self.setup.hub.stale(Topic::Jobs);
        Ok(())
    }
}

/// True for a job that ended without a process because another did not finish.
fn was_never_started(job: &JobRecord) -> bool {
    matches!(&job.info.state, JobState::Failed { error } if error.code == ErrorCode::Precondition)
        && job.info.started_ms.is_none()
}
