//! A job as its files tell it: the specification, and every line of its journal folded into one state.

use std::collections::BTreeSet;
use std::path::PathBuf;

use lore_core::{JobId, TaskId};
use lore_protocol::{JobEvent, JobInfo, JobLine, JobSpec, JobState};

use crate::ray::Submission;

/// A job, wherever it stands.
#[derive(Clone, Debug)]
pub(crate) struct JobRecord {
    /// What a list shows.
    pub(crate) info: JobInfo,
    /// Where its files are.
    pub(crate) folder: PathBuf,
    /// Taken off the list by a person.
    pub(crate) hidden: bool,
    /// Test tasks that were played; a resumed run may play one twice.
    pub(crate) episodes: BTreeSet<TaskId>,
    /// Milliseconds its ended processes have run.
    spent_ms: u64,
    /// The process of the last worker that introduced itself.
    pub(crate) pid: Option<u32>,
    /// Under which name it is at work on another computer, until somebody looks after it.
    pub(crate) submission: Option<Submission>,
}

impl JobRecord {
    /// A job that has not said anything.
    pub(crate) fn new(spec: JobSpec, folder: PathBuf) -> Self {
        Self {
            info: JobInfo {
                spec,
                state: JobState::Queued,
                progress: None,
                started_ms: None,
                ended_ms: None,
                last_seq: 0,
                metrics: Vec::new(),
                certificate: None,
                trials: Vec::new(),
                has_checkpoint: false,
                elsewhere: None,
            },
            folder,
            hidden: false,
            episodes: BTreeSet::new(),
            spent_ms: 0,
            pid: None,
            submission: None,
        }
    }

    /// Its name on disk.
    pub(crate) fn id(&self) -> &JobId {
        &self.info.spec.id
    }

    /// True once it has done all it was asked.
    pub(crate) fn is_finished(&self) -> bool {
        matches!(self.info.state, JobState::Finished { .. })
    }

    /// Milliseconds its processes have run, the present one included.
    pub(crate) fn millis_spent(&self, now_ms: u64) -> u64 {
        let running = matches!(self.info.state, JobState::Running | JobState::Stopping);
        let since = self.info.started_ms.filter(|_| running);
        self.spent_ms + since.map_or(0, |started| now_ms.saturating_sub(started))
    }

    /// Takes in one line. A line that was taken in before changes nothing.
    pub(crate) fn fold(&mut self, line: &JobLine) {
        let info = &mut self.info;
        if line.seq <= info.last_seq {
            return;
        }
        info.last_seq = line.seq;
        match &line.event {
            JobEvent::Hello { pid, .. } => {
                info.started_ms = Some(line.ms);
                info.ended_ms = None;
                info.progress = None;
                // A worker may introduce itself after it was asked to stop.
                if info.state != JobState::Stopping {
                    info.state = JobState::Running;
                }
                self.pid = Some(*pid);
            }
            JobEvent::Progress(progress) => info.progress = Some(progress.clone()),
            JobEvent::Metric { name, .. } => {
                if let Err(place) = info.metrics.binary_search(name) {
                    info.metrics.insert(place, name.clone());
                }
            }
            JobEvent::Episode { episode } => {
                self.episodes.insert(episode.task.clone());
            }
            JobEvent::Checkpoint { .. } => info.has_checkpoint = true,
            JobEvent::Gradients { certificate } => info.certificate = Some(certificate.clone()),
            JobEvent::Trial { trial } => info.note_trial(trial),
            JobEvent::Message { .. } | JobEvent::Speed { .. } => {}
            JobEvent::Finished { summary } => self.end(
                line,
                JobState::Finished {
                    summary: summary.clone(),
                },
            ),
            JobEvent::Cancelled { resumable } => self.end(
                line,
                JobState::Cancelled {
                    resumable: *resumable,
                },
            ),
            JobEvent::Failed { error } => self.end(
                line,
                JobState::Failed {
                    error: error.clone(),
                },
            ),
        }
    }

    fn end(&mut self, line: &JobLine, state: JobState) {
        // Only a job that was running has spent time: one that is stopped while it waits for its
        // second turn still has the start of its first.
        if self.info.state != JobState::Queued
            && let Some(started) = self.info.started_ms
        {
            self.spent_ms += line.ms.saturating_sub(started);
        }
        self.info.state = state;
        self.info.ended_ms = Some(line.ms);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use lore_protocol::{MeasureWork, PROTOCOL_VERSION, Work};

    use super::*;

    /// A job that needs what `work` needs.
    pub(crate) fn spec(id: &str, work: Work, after: &[&str]) -> JobSpec {
        JobSpec {
            version: PROTOCOL_VERSION,
            id: JobId::from(id),
            title: format!("Job {id}"),
            experiment: None,
            resources: work.resources(),
            work,
            cluster: None,
            after: after.iter().map(|id| JobId::from(*id)).collect(),
            created_ms: 0,
            code_version: "test".into(),
            threads: 1,
            assistants: 0,
        }
    }

    /// Work that needs the processor.
    pub(crate) fn busy() -> Work {
        Work::Measure(MeasureWork { model: "m".into() })
    }

    fn line(seq: u64, ms: u64, event: JobEvent) -> JobLine {
        JobLine { seq, ms, event }
    }

    #[test]
    fn lines_fold_into_a_state_and_twice_is_once() {
        let mut record = JobRecord::new(spec("a", busy(), &[]), PathBuf::new());
        let metric = |name: &str| JobEvent::Metric {
            name: name.into(),
            step: 1,
            value: 0.5,
        };
        let hello = JobEvent::Hello {
            protocol: PROTOCOL_VERSION,
            pid: 7,
            build: String::new(),
        };
        let lines = [
            line(1, 1000, hello.clone()),
            line(2, 1100, metric("train/loss")),
            line(3, 1200, metric("train/lr")),
            line(4, 1300, metric("train/loss")),
            line(5, 1400, JobEvent::Checkpoint { step: 1 }),
            line(6, 2000, JobEvent::Cancelled { resumable: true }),
            line(7, 5000, hello),
            line(
                8,
                6000,
                JobEvent::Finished {
                    summary: "ok".into(),
                },
            ),
        ];
        for line in lines.iter().chain(&lines) {
            record.fold(line);
        }
        assert!(record.is_finished());
        assert_eq!(record.info.metrics, ["train/loss", "train/lr"]);
        assert!(record.info.has_checkpoint);
        assert_eq!(
            record.spent_ms, 2000,
            "waiting between two runs does not count"
        );
        assert_eq!(record.pid, Some(7));
    }
}
