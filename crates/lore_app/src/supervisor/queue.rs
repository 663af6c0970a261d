//! Whose turn it is. Pure: looks at the jobs and says which one may start, or can never start.

use std::collections::{BTreeMap, BTreeSet};

use lore_core::JobId;
use lore_protocol::{ApiError, JobState, Resource};

use super::record::JobRecord;

/// What the queue looks at.
pub(crate) struct Outlook<'a> {
    /// Every job.
    pub(crate) jobs: &'a BTreeMap<JobId, JobRecord>,
    /// Those that wait, in order.
    pub(crate) waiting: &'a [JobId],
    /// Those with a live process.
    pub(crate) running: BTreeSet<&'a JobId>,
}

impl Outlook<'_> {
    /// The first waiting job that has everything it needs. A job that only waits for a resource
    /// keeps later ones from overtaking it there; one that waits for another job does not.
    pub(crate) fn next(&self) -> Option<JobId> {
        let mut held: BTreeSet<Resource> = self
            .running
            .iter()
            .filter_map(|id| self.jobs.get(*id))
            .flat_map(|job| job.info.spec.resources.iter().copied())
            .collect();
        for id in self.waiting {
            let Some(job) = self.jobs.get(id) else {
                continue;
            };
            if self.running.contains(id) || !self.has_what_it_waits_for(job) {
                continue;
            }
            let needed = &job.info.spec.resources;
            if needed.iter().all(|resource| !held.contains(resource)) {
                return Some(id.clone());
            }
            held.extend(needed);
        }
        None
    }

    /// A waiting job that can never start, and the sentence that says why.
    pub(crate) fn doomed(&self) -> Option<(JobId, ApiError)> {
        self.waiting.iter().find_map(|id| {
            let job = self.jobs.get(id)?;
            let reason = job
                .info
                .spec
                .after
                .iter()
                .find_map(|needed| self.why_never(needed))?;
            Some((id.clone(), ApiError::precondition(reason)))
        })
    }

    fn has_what_it_waits_for(&self, job: &JobRecord) -> bool {
        job.info.spec.after.iter().all(|needed| {
            !self.running.contains(needed)
                && self.jobs.get(needed).is_some_and(JobRecord::is_finished)
        })
    }

    fn why_never(&self, needed: &JobId) -> Option<String> {
        let Some(job) = self.jobs.get(needed) else {
            return Some(format!(
                "Not started, because the job {needed:?} that comes before it is gone. \
                 Start the experiment again."
            ));
        };
        let title = &job.info.spec.title;
        match job.info.state {
            JobState::Failed { .. } => Some(format!(
                "Not started, because {title:?} failed. Resume that job, and this one follows."
            )),
            JobState::Cancelled { .. } => Some(format!(
                "Not started, because {title:?} was stopped. Resume that job, and this one \
                 follows."
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use lore_protocol::{BankWork, ReportWork, Work};

    use super::super::record::tests::{busy, spec};
    use super::*;

    struct Case {
        jobs: BTreeMap<JobId, JobRecord>,
        waiting: Vec<JobId>,
        running: Vec<JobId>,
    }

    impl Case {
        fn new(jobs: &[(&str, Work, &[&str])]) -> Self {
            let records = jobs.iter().map(|(id, work, after)| {
                let record = JobRecord::new(spec(id, work.clone(), after), PathBuf::new());
                (JobId::from(*id), record)
            });
            Self {
                jobs: records.collect(),
                waiting: jobs.iter().map(|(id, ..)| JobId::from(*id)).collect(),
                running: Vec::new(),
            }
        }

        fn outlook(&self) -> Outlook<'_> {
            Outlook {
                jobs: &self.jobs,
                waiting: &self.waiting,
                running: self.running.iter().collect(),
            }
        }

        fn run(&mut self, id: &str) {
            self.waiting.retain(|waiting| waiting.as_str() != id);
            self.running.push(id.into());
        }

        fn end(&mut self, id: &str, state: JobState) {
            self.running.retain(|running| running.as_str() != id);
            self.waiting.retain(|waiting| waiting.as_str() != id);
            self.jobs
                .get_mut(&JobId::from(id))
                .expect("known")
                .info
                .state = state;
        }

        #[track_caller]
        fn next_is(&self, expected: Option<&str>) {
            assert_eq!(self.outlook().next(), expected.map(JobId::from));
        }
    }

    fn report() -> Work {
        Work::Report(ReportWork {
            experiment: "e".into(),
        })
    }

    fn bank() -> Work {
        Work::BuildBank(BankWork {
            bank: "b".into(),
            name: String::new(),
            datasets: Vec::new(),
            embedder: "m".into(),
            keys: lore_core::BankKeys::default(),
        })
    }

    fn finished() -> JobState {
        JobState::Finished {
            summary: String::new(),
        }
    }

    #[test]
    fn the_processor_is_held_by_one_job() {
        let mut case = Case::new(&[("a", busy(), &[]), ("b", bank(), &[]), ("c", report(), &[])]);
        case.next_is(Some("a"));
        case.run("a");
        case.next_is(Some("c"));
        case.run("c");
        case.next_is(None);
        case.end("a", finished());
        case.next_is(Some("b"));
    }

    #[test]
    fn waiting_for_a_job_lets_others_pass() {
        let mut case = Case::new(&[
            ("b", busy(), &["a"]),
            ("a", busy(), &[]),
            ("c", busy(), &[]),
        ]);
        case.next_is(Some("a"));
        case.run("a");
        case.end("a", finished());
        case.next_is(Some("b"));
    }

    #[test]
    fn a_failure_dooms_those_behind_it_and_nobody_else() {
        let mut case = Case::new(&[
            ("a", busy(), &[]),
            ("b", busy(), &["a"]),
            ("c", busy(), &[]),
        ]);
        assert_eq!(case.outlook().doomed(), None);
        case.end(
            "a",
            JobState::Failed {
                error: ApiError::new("no"),
            },
        );
        let (id, error) = case.outlook().doomed().expect("b cannot start");
        assert_eq!(id.as_str(), "b");
        assert!(error.summary.contains("\"Job a\" failed"), "{error}");
        case.next_is(Some("c"));
    }

    #[test]
    fn a_missing_predecessor_is_said_so() {
        let case = Case::new(&[("b", busy(), &["nowhere"])]);
        let (_, error) = case.outlook().doomed().expect("b cannot start");
        assert!(error.summary.contains("nowhere"), "{error}");
    }
}
