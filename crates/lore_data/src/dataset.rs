//! Data sets that came in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use lore_core::{
    DataDir, DatasetId, DatasetInfo, DatasetKind, DatasetStats, ImportReport, Labels, Page,
    RejectedRow, SplitLeak, Task, Trajectory, TrajectoryFilter, TrajectoryId, TrajectoryRow,
};

use crate::disk::{check_name, exchange, recover, recover_all, set_aside};
use crate::split::split_hash;
use crate::twins::split_leaks;
use crate::writer::{Added, DatasetWriter, write_info};
use crate::{GameFile, NewDataset, TrajectoryFile};

/// What a data set says about itself.
pub(crate) const INFO_FILE: &str = "dataset.json";

/// The file of a data set's items.
pub(crate) fn items_file(kind: DatasetKind) -> &'static str {
    match kind {
        DatasetKind::Trajectories => "trajectories.jsonl",
        DatasetKind::Games => "games.jsonl",
    }
}

/// One data set of the data folder.
#[derive(Clone, Debug)]
pub struct Dataset {
    folder: PathBuf,
    info: DatasetInfo,
}

impl Dataset {
    /// Opens the data set called `id`.
    pub fn open(data: &DataDir, id: &DatasetId) -> Result<Self> {
        check_name(id.as_str())?;
        let folder = data.dataset(id);
        recover(&folder);
        if !folder.is_dir() {
            bail!("There is no data set called {id}. It may have been deleted.");
        }
        let mut info = read_info(&folder).with_context(|| {
            format!("The data set {id} is damaged. Please delete it and import it again.")
        })?;
        // The folder's name counts: a copied folder is a data set of its own.
        info.id = id.clone();
        Ok(Self { folder, info })
    }

    /// Every data set, newest first. A damaged one is listed with its problem in the report, so that
    /// it can be seen and deleted.
    pub fn list(data: &DataDir) -> Result<Vec<DatasetInfo>> {
        let folder = data.datasets();
        if !folder.exists() {
            return Ok(Vec::new());
        }
        recover_all(&folder);
        let listing = fs::read_dir(&folder)
            .with_context(|| format!("The folder {} could not be read.", folder.display()))?;
        let mut found = Vec::new();
        for item in listing {
            let item = item.context("The folder of data sets could not be read.")?;
            let Ok(name) = item.file_name().into_string() else {
                continue;
            };
            if check_name(&name).is_err() || !item.path().is_dir() {
                continue;
            }
            let id = DatasetId(name);
            found.push(match Self::open(data, &id) {
                Ok(dataset) => dataset.info,
                Err(error) => damaged(id, &error),
            });
        }
        found.sort_by(|a, b| (b.created_ms, &a.id).cmp(&(a.created_ms, &b.id)));
        Ok(found)
    }

    /// What is in it.
    pub fn info(&self) -> &DatasetInfo {
        &self.info
    }

    /// True when training must not see tasks of this type.
    pub fn is_unseen(&self, task_type: &str) -> bool {
        self.info
            .unseen_types
            .iter()
            .any(|unseen| unseen == task_type)
    }

    /// Its trajectories, for many look-ups in a row.
    pub fn trajectories(&self) -> Result<TrajectoryFile> {
        let path = self.items(DatasetKind::Trajectories)?;
        let file = TrajectoryFile::open(&path)?;
        self.check_num_items(file.len(), &path)?;
        Ok(file.with_unseen_types(&self.info.unseen_types))
    }

    /// Its games, for many look-ups in a row.
    pub fn games(&self) -> Result<GameFile> {
        let path = self.items(DatasetKind::Games)?;
        let file = GameFile::open(&path)?;
        self.check_num_items(file.len(), &path)?;
        Ok(file)
    }

    /// Refuses a file in which items are missing: nobody should learn from a part without knowing.
    fn check_num_items(&self, num_found: usize, path: &Path) -> Result<()> {
        let num_items = self.info.num_items;
        if num_found as u64 != num_items {
            bail!(
                "The data set {:?} is damaged: of its {num_items} items {num_found} can be read. \
                 Please import it again; importing {} makes a new one of what is left.",
                self.info.name,
                path.display()
            );
        }
        Ok(())
    }

    /// A page of its trajectories.
    pub fn page(
        &self,
        filter: &TrajectoryFilter,
        offset: u64,
        limit: u64,
    ) -> Result<Page<TrajectoryRow>> {
        self.trajectories()?.page(filter, offset, limit)
    }

    /// One of its trajectories.
    pub fn get(&self, id: &TrajectoryId) -> Result<Trajectory> {
        self.trajectories()?.get(id)
    }

    /// A page of its games as tasks; see [`GameFile::page`].
    pub fn tasks(&self, text: &str, offset: u64, limit: u64) -> Result<Page<Task>> {
        Ok(self.games()?.page(text, offset, limit))
    }

    /// Sets which task types training must not see, and with them the hash of the split.
    pub fn set_unseen(&mut self, unseen_types: &[String]) -> Result<()> {
        let mut unseen = unseen_types.to_vec();
        unseen.sort();
        unseen.dedup();
        for name in &unseen {
            if !self.info.types.iter().any(|known| known.name == *name) {
                bail!("There are no tasks of the type {name:?} in this data set.");
            }
        }
        let mut info = self.info.clone();
        info.split_hash = split_hash(&info.content_hash, &unseen);
        info.unseen_types = unseen;
        self.store(info)
    }

    /// Items that stand on different sides of the split although they are one game or nearly one text,
    /// most similar first.
    pub fn split_leaks(&self) -> Result<Vec<SplitLeak>> {
        split_leaks(&self.folder, |task_type| self.is_unseen(task_type))
    }

    /// Figures of its trajectories.
    pub fn stats(&self) -> Result<DatasetStats> {
        Ok(DatasetStats {
            tokens: self.info.tokens.clone(),
            environments: self.info.by_environment.clone(),
            ..self.trajectories()?.stats()
        })
    }

    /// Gives other labels to these of its trajectories, or to those that match `filter` when none are
    /// named, and returns how many there were. Identifiers are hashes of the content and follow the
    /// outcome. The set as it was is kept for [`Dataset::take_back_labels`].
    pub fn relabel(
        &mut self,
        data: &DataDir,
        ids: &[TrajectoryId],
        filter: &TrajectoryFilter,
        labels: &Labels,
    ) -> Result<u64> {
        let file = self.trajectories()?;
        let named: BTreeSet<TrajectoryId> = if ids.is_empty() {
            file.ids(filter)?.into_iter().collect()
        } else {
            ids.iter().cloned().collect()
        };
        let target = self.anew(data, Some(self.info.unseen_types.clone()));
        let mut writer = DatasetWriter::replacing(&target, DatasetKind::Trajectories)?;
        let mut num_changed = 0;
        for trajectory in file.read_all()? {
            let mut trajectory = trajectory?;
            if named.contains(&trajectory.id) {
                labels.apply(&mut trajectory);
                num_changed += 1;
            }
            writer.add(&trajectory.into())?;
        }
        // The choice of unseen types stays as far as there are such types still.
        writer.forget_missing_types();
        self.info = writer.replace_keeping(self.info.report.clone())?;
        Ok(num_changed)
    }

    /// Exchanges the set with what it was before the last [`Dataset::relabel`]: once takes the labels
    /// back, twice gives them again. Its name stays.
    pub fn take_back_labels(&mut self) -> Result<()> {
        let before = read_info(&set_aside(&self.folder))
            .context("There are no labels to take back any more.")?;
        let is_same = before.created_ms == self.info.created_ms
            && before.report.num_accepted == self.info.report.num_accepted;
        if !is_same {
            bail!("The data set changed since; its labels cannot be taken back any more.");
        }
        let renamed = DatasetInfo {
            id: self.info.id.clone(),
            name: self.info.name.clone(),
            ..before
        };
        // Before the exchange: whenever the program is killed, the set has its name.
        write_info(&set_aside(&self.folder), &renamed)?;
        exchange(&self.folder)?;
        self.info = renamed;
        Ok(())
    }

    /// Adds a trajectory at the end, unless it is in the set already. The set is written anew, so this
    /// is for small ones, such as what a person played.
    pub fn append(&mut self, data: &DataDir, trajectory: Trajectory) -> Result<()> {
        let file = self.trajectories()?;
        let target = self.anew(data, Some(self.info.unseen_types.clone()));
        let mut writer = DatasetWriter::replacing(&target, DatasetKind::Trajectories)?;
        for old in file.read_all()? {
            writer.add(&old?.into())?;
        }
        let mut report = self.info.report.clone();
        match writer.add(&trajectory.into())? {
            Added::Stored => report.num_accepted += 1,
            Added::Duplicate | Added::NameTaken => report.num_duplicates += 1,
        }
        self.info = writer.replace(report)?;
        Ok(())
    }

    /// What is written in its place.
    fn anew(&self, data: &DataDir, unseen_types: Option<Vec<String>>) -> NewDataset {
        NewDataset {
            data: data.clone(),
            id: self.info.id.clone(),
            name: self.info.name.clone(),
            source: self.info.source.clone(),
            unseen_types,
            created_ms: self.info.created_ms,
        }
    }

    /// Gives it another name for people.
    pub fn rename(&mut self, name: &str) -> Result<()> {
        let name = name.trim();
        if name.is_empty() {
            bail!("A data set needs a name.");
        }
        let mut info = self.info.clone();
        name.clone_into(&mut info.name);
        self.store(info)
    }

    fn store(&mut self, info: DatasetInfo) -> Result<()> {
        write_info(&self.folder, &info)?;
        self.info = info;
        Ok(())
    }

    fn items(&self, kind: DatasetKind) -> Result<PathBuf> {
        if self.info.kind != kind {
            bail!(match kind {
                DatasetKind::Trajectories => "This data set holds games, not trajectories.",
                DatasetKind::Games => "This data set holds trajectories, not games.",
            });
        }
        Ok(self.folder.join(items_file(kind)))
    }
}

fn read_info(folder: &Path) -> Result<DatasetInfo> {
    let path = folder.join(INFO_FILE);
    let text = fs::read(&path).with_context(|| format!("{} is missing.", path.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{} is not what was written there.", path.display()))
}

/// A data set that cannot be opened, as lists show it.
fn damaged(id: DatasetId, error: &anyhow::Error) -> DatasetInfo {
    DatasetInfo {
        name: id.to_string(),
        id,
        report: ImportReport {
            num_rejected: 1,
            rejected: vec![RejectedRow {
                file: INFO_FILE.to_owned(),
                line: 1,
                reason: error.to_string(),
            }],
            ..ImportReport::default()
        },
        ..DatasetInfo::default()
    }
}
