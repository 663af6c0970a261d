//! `submission.json`: under which name a job was handed to a cluster, so that it is found again after a
//! restart of the application.

use std::path::{Path, PathBuf};

use anyhow::Result;
use lore_core::Cluster;
use lore_protocol::{JobLine, JobSpec};
use serde::{Deserialize, Serialize};

use crate::files;

/// One attempt at a job on a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Submission {
    /// The attempt's name on the cluster.
    pub(super) id: String,
    /// Which attempt it is, from 1.
    attempt: u32,
    /// The last line of the job's journal before it: what the attempt said comes after.
    first_seq: u64,
    /// The package that holds the program, by its address on the cluster.
    #[serde(default)]
    pub(super) package: String,
    /// Further workers that compute for it.
    #[serde(default)]
    num_assistants: usize,
}

impl Submission {
    /// The next attempt at a job whose journal ends with line `last_seq`.
    pub(super) fn next(folder: &Path, spec: &JobSpec, last_seq: u64, package: String) -> Self {
        let attempt = Self::read(folder).map_or(1, |last| last.attempt + 1);
        Self {
            // Others may have jobs of this name on the same cluster; hardly ones that were made in the same
            // millisecond.
            id: format!("lorekeeper-{}-{:x}-{attempt}", spec.id, spec.created_ms),
            attempt,
            first_seq: last_seq,
            package,
            num_assistants: if spec.is_shared_out() {
                spec.assistants.min(Cluster::MAX_WORKERS)
            } else {
                0
            },
        }
    }

    /// The names of those who compute for it. They follow from its own, so that they are known as soon as this
    /// is written.
    pub(super) fn assistants(&self) -> Vec<String> {
        (1..=self.num_assistants)
            .map(|number| format!("{}-assistant-{number}", self.id))
            .collect()
    }

    /// The last attempt, if there was one.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        files::read_json(&path(folder)).ok()
    }

    /// The last attempt, when its journal does not tell how it ended.
    pub(crate) fn open(folder: &Path, journal: &[JobLine]) -> Option<Self> {
        let last = Self::read(folder)?;
        let mut told = journal.iter().filter(|line| line.seq > last.first_seq);
        (!told.any(|line| line.event.is_terminal())).then_some(last)
    }

    /// Writes it down.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        files::write_json(&path(folder), self)
    }

    /// The file in the job's folder into which the attempt writes what it says.
    pub(super) fn events(&self) -> String {
        format!("elsewhere-{}.jsonl", self.attempt)
    }

    /// How many of the attempt's events stand in a journal that ends with line `last_seq`.
    pub(super) fn num_taken(&self, last_seq: u64) -> u64 {
        last_seq.saturating_sub(self.first_seq)
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("submission.json")
}

#[cfg(test)]
mod tests {
    use lore_protocol::JobEvent;

    use super::*;
    use crate::supervisor::tests::{busy, spec};

    #[test]
    fn an_attempt_is_open_until_its_journal_says_how_it_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let spec = spec("a", busy(), &[]);
        let line = |seq, event| JobLine { seq, ms: 0, event };
        let end = || JobEvent::Cancelled { resumable: true };
        let next = |last_seq| Submission::next(folder.path(), &spec, last_seq, "gcs://p".into());
        let mut journal = vec![line(1, JobEvent::Checkpoint { step: 1 }), line(2, end())];
        assert_eq!(Submission::open(folder.path(), &journal), None);
        let first = next(2);
        first.write(folder.path()).expect("writes");
        assert_eq!(
            Submission::open(folder.path(), &journal),
            Some(first.clone())
        );
        journal.push(line(3, end()));
        assert_eq!(Submission::open(folder.path(), &journal), None);
        let second = next(3);
        assert_ne!(first.id, second.id);
        assert_ne!(first.events(), second.events());
        assert_eq!(second.num_taken(5), 2);
    }
}
