//! One bank: the handle, and a file for each thing that can be done with it.

mod add;
mod compact;
mod edit;
mod explain;
mod index;
mod preview;
mod read;
mod retrieve;
mod search;
mod select;
mod windows;

pub use index::INDEX_ROWS;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lore_core::{BankId, BankKeys, Experience, ModelId, TrajectoryFilter};

use crate::schema::Binding;
use crate::table::BlockingTable;
use crate::whole::Before;

/// A bank to be made.
#[derive(Clone, Debug)]
pub struct NewBank {
    /// Its name on disk; see [`crate::bank_id`].
    pub id: BankId,
    /// Its name for people.
    pub name: String,
    /// The embedder it is bound to.
    pub embedder: ModelId,
    /// Numbers in a key.
    pub dim: usize,
    /// Keys beside those of the task and the whole trajectory.
    pub keys: BankKeys,
}

/// An experience with its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyedExperience {
    /// The experience.
    pub experience: Experience,
    /// The embedding of [`lore_core::Trajectory::task_key`], of unit length.
    pub task_key: Vec<f32>,
    /// The embedding of [`lore_core::Trajectory::trajectory_key`], of unit length.
    pub trajectory_key: Vec<f32>,
    /// The embedding of [`lore_core::Trajectory::outcome_key`]; empty when the bank has no such keys.
    pub outcome_key: Vec<f32>,
    /// The embeddings of [`lore_core::Trajectory::window_keys`]; empty when the bank has no such keys.
    pub window_keys: Vec<Vec<f32>>,
}

/// What a list shows.
#[derive(Clone, Debug, Default)]
pub struct BankRowFilter {
    /// Its `split` is not looked at: a bank does not know which types are unseen. Say so below.
    pub filter: TrajectoryFilter,
    /// None of these task types.
    pub without_types: Vec<String>,
}

impl From<TrajectoryFilter> for BankRowFilter {
    fn from(filter: TrajectoryFilter) -> Self {
        Self {
            filter,
            without_types: Vec::new(),
        }
    }
}

/// One experience bank, open. Clones and other processes may use the same bank at the same time.
#[derive(Clone)]
pub struct ExperienceBank {
    pub(crate) id: BankId,
    pub(crate) folder: PathBuf,
    /// The folder of the tables of stretches.
    pub(crate) windows_folder: PathBuf,
    pub(crate) binding: Binding,
    pub(crate) inner: BlockingTable,
    /// Experiences from which on keys are indexed.
    pub(crate) index_rows: u64,
    /// Set when this handle shows a past version.
    pub(crate) version: Option<u64>,
}

impl ExperienceBank {
    /// Its name on disk.
    pub fn id(&self) -> &BankId {
        &self.id
    }

    /// The embedder it is bound to.
    pub fn embedder(&self) -> &ModelId {
        &self.binding.embedder
    }

    /// Numbers in a key.
    pub fn dim(&self) -> usize {
        self.binding.dim
    }

    /// Which keys it holds beside those of the task and the whole trajectory.
    pub fn keys(&self) -> BankKeys {
        self.binding.keys
    }

    /// Refuses an embedder other than the one the bank was made with.
    pub fn check_embedder(&self, embedder: &ModelId, dim: usize) -> Result<()> {
        self.binding.check(&self.id, embedder, dim)
    }

    /// The number of the table's version; rises with every change.
    pub fn version(&self) -> Result<u64> {
        self.inner
            .wait(self.inner.table.version())
            .with_context(|| self.unreadable())
    }

    /// A handle on the bank as it was at `version`, for reading only. Versions that were cleaned up
    /// by [`ExperienceBank::compact`] are gone.
    pub fn checkout(&self, version: u64) -> Result<Self> {
        let mut past = self.clone();
        let open = self.inner.connection.open_table(self.id.as_str());
        let checkout = async {
            let table = open.execute().await?;
            table.checkout(version).await?;
            lancedb::Result::Ok(table)
        };
        past.inner.table = self.inner.wait(checkout).with_context(|| {
            format!(
                "Version {version} of the bank {} is gone. Please run the experiment again with \
                 the bank as it is now.",
                self.id
            )
        })?;
        past.version = Some(version);
        Ok(past)
    }

    /// Waits for a change of the table in `folder`; one that did not reach the disk whole is taken back.
    fn change<T>(
        &self,
        folder: &Path,
        work: impl Future<Output = lancedb::Result<T>>,
    ) -> Result<T> {
        let before = Before::note(folder);
        let done = self.inner.wait(work);
        before.check()?;
        done
    }

    fn check_writable(&self) -> Result<()> {
        if let Some(version) = self.version {
            bail!(
                "Version {version} of the bank {} is the past and cannot be changed.",
                self.id
            );
        }
        Ok(())
    }

    fn unreadable(&self) -> String {
        format!(
            "The bank {} could not be read. Please delete it and build it again if this stays so: \
             the data sets it was made from are still there.",
            self.id
        )
    }

    fn unwritable(&self) -> String {
        format!(
            "The bank {} could not be changed. Is the disk full, or the data folder write-protected?",
            self.id
        )
    }
}
