//! Jobs on other computers: handed over, and found again after a restart.

use anyhow::Result;
use lore_core::JobId;
use lore_protocol::{ApiError, Elsewhere, JobEvent, Topic};

use super::Input;
use super::attempt::Attempt;
use super::journal::Journal;
use super::record::JobRecord;
use super::running::Running;
use super::state::State;
use crate::ray::{Errand, RayAttempt, Submission, Told};

impl State {
    /// Hands a job over to the cluster that is to do it, or goes on with one that was handed over before.
    pub(super) fn send_away(
        &self,
        id: &JobId,
        run: u64,
        again: Option<Submission>,
    ) -> Result<Box<dyn Attempt>> {
        let job = self.jobs.get(id);
        let job = job.ok_or_else(|| ApiError::not_found(format!("The job {id:?} is gone")))?;
        let cluster = job.info.spec.cluster.clone().unwrap_or_default();
        let (inbox, name) = (self.inbox.clone(), id.clone());
        let listener = move |told: Told| {
            let job = name.clone();
            let input = match told {
                Told::Line(text) => Input::Line { job, run, text },
                Told::Stands(stands) => Input::Stands { job, run, stands },
                Told::Closed => Input::Closed { job, run },
            };
            inbox.send(input).is_ok()
        };
        let errand = Errand {
            cluster: self.setup.clusters.get(&cluster)?,
            clusters: self.setup.clusters.clone(),
            dir: self.setup.dir.clone(),
            spec: job.info.spec.clone(),
            folder: job.folder.clone(),
            last_seq: job.info.last_seq,
            worker: self.setup.worker.clone(),
            grace_secs: self.setup.settings.get().stop_grace_secs,
            listener: Box::new(listener),
        };
        Ok(Box::new(RayAttempt::start(errand, again)?))
    }

    /// Looks again after every job that is at work elsewhere and that nobody looks after.
    pub(super) fn follow_on(&mut self) {
        let lost = |id: &&JobId| !self.running.contains_key(*id);
        let away = self.jobs.values().filter(|job| job.submission.is_some());
        let away: Vec<JobId> = away.map(JobRecord::id).filter(lost).cloned().collect();
        for id in away {
            if let Err(error) = self.follow_one(&id) {
                let error = ApiError::from(error);
                self.append(&id, JobEvent::Failed { error });
            }
        }
    }

    fn follow_one(&mut self, id: &JobId) -> Result<()> {
        self.last_run += 1;
        let run = self.last_run;
        let job = self.known(id)?;
        let again = job.submission.take();
        let folder = job.folder.clone();
        let attempt = self.send_away(id, run, again)?;
        let journal = Journal::open(&folder)?;
        let running = Running::new(run, attempt, journal, &folder);
        self.running.insert(id.clone(), running);
        Ok(())
    }

    /// Notes how a job stands on the computer that does it.
    pub(super) fn stands(&mut self, id: &JobId, run: u64, stands: Elsewhere) {
        let is_at_work = |running: &Running| running.run == run && !running.has_ended;
        if !self.running.get(id).is_some_and(is_at_work) {
            return;
        }
        if let Some(job) = self.jobs.get_mut(id)
            && job.info.elsewhere.replace(stands) != Some(stands)
        {
            self.setup.hub.stale(Topic::Jobs);
        }
    }
}
