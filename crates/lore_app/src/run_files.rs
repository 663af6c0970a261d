//! The episodes that runs played: open files, so that paging does not read them again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use lore_core::{Page, Trajectory, TrajectoryFilter, TrajectoryId, TrajectoryRow};
use lore_data::TrajectoryFile;
use lore_protocol::EvaluateWork;

use crate::supervisor::JobRecord;

/// The open files, by path.
#[derive(Default)]
pub(crate) struct RunFiles(Mutex<BTreeMap<PathBuf, Arc<Mutex<Option<Open>>>>>);

/// An open file and how long it was when it was last read.
struct Open {
    file: TrajectoryFile,
    num_bytes: u64,
}

impl RunFiles {
    /// The rows of a run that match.
    pub(crate) fn page(
        &self,
        run: &JobRecord,
        work: &EvaluateWork,
        filter: &TrajectoryFilter,
        offset: u64,
        limit: u64,
    ) -> Result<Page<TrajectoryRow>> {
        let page = self.with(run, work, |file| file.page(filter, offset, limit))?;
        Ok(page.unwrap_or_default())
    }

    /// The trajectory, if the run played it.
    pub(crate) fn get(
        &self,
        run: &JobRecord,
        work: &EvaluateWork,
        id: &TrajectoryId,
    ) -> Result<Option<Trajectory>> {
        // The only error that is not about the file is that the trajectory is not in it.
        let found = self.with(run, work, |file| Ok(file.get(id).ok()))?;
        Ok(found.flatten())
    }

    /// Calls `look` with the run's file as it is now; `None` before the first episode.
    fn with<T>(
        &self,
        run: &JobRecord,
        work: &EvaluateWork,
        look: impl FnOnce(&TrajectoryFile) -> Result<T>,
    ) -> Result<Option<T>> {
        let path = run.folder.join("trajectories.jsonl");
        let slot = {
            let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(files.entry(path.clone()).or_default())
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(num_bytes) = path.metadata().map(|file| file.len()) else {
            *slot = None;
            return Ok(None);
        };
        let open = match slot.take() {
            Some(open) => open.refreshed(&path, num_bytes, work)?,
            None => Open::new(&path, num_bytes, work)?,
        };
        let result = look(&open.file);
        *slot = Some(open);
        result.map(Some)
    }
}

impl Open {
    fn new(path: &Path, num_bytes: u64, work: &EvaluateWork) -> Result<Self> {
        let file = TrajectoryFile::open(path)?.with_unseen_types(&work.unseen_types);
        Ok(Self { file, num_bytes })
    }

    /// Reads what was appended; a file that became shorter was written anew.
    fn refreshed(mut self, path: &Path, num_bytes: u64, work: &EvaluateWork) -> Result<Self> {
        if num_bytes < self.num_bytes {
            return Self::new(path, num_bytes, work);
        }
        if num_bytes > self.num_bytes {
            self.file.refresh()?;
            self.num_bytes = num_bytes;
        }
        Ok(self)
    }
}
