//! Writing a data set: into a folder that becomes visible when it is whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use lore_core::{
    DataDir, DatasetId, DatasetInfo, DatasetKind, ImportReport, Trajectory, content_hash,
};
use serde::Serialize;

use crate::dataset::{Dataset, INFO_FILE, items_file};
use crate::disk::{PartialFolder, WRITE_FAILED};
use crate::format::Item;
use crate::index::{Indexed, Line, index_path};
use crate::split::{default_unseen_types, split_hash};
use crate::tally::Tally;
use crate::twins::write_twins;

/// A data set to be made.
#[derive(Clone, Debug)]
pub struct NewDataset {
    /// The data folder.
    pub data: DataDir,
    /// Its name on disk; must be free.
    pub id: DatasetId,
    /// Its name for people.
    pub name: String,
    /// Where it comes from, in words.
    pub source: String,
    /// Task types that training must not see; [`default_unseen_types`] when `None`.
    pub unseen_types: Option<Vec<String>>,
    /// Now, in milliseconds since 1970.
    pub created_ms: u64,
}

/// Writes a data set of trajectories, for example of episodes that were played here. Exact
/// duplicates are left out and counted. The first error ends it, and then nothing is kept.
pub fn write_dataset(
    target: &NewDataset,
    trajectories: impl IntoIterator<Item = Result<Trajectory>>,
) -> Result<DatasetInfo> {
    let mut writer = DatasetWriter::create(target, DatasetKind::Trajectories)?;
    let mut report = ImportReport::default();
    for trajectory in trajectories {
        match writer.add(&Item::from(trajectory?))? {
            Added::Stored => report.num_accepted += 1,
            Added::Duplicate | Added::NameTaken => report.num_duplicates += 1,
        }
    }
    writer.finish(report)
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It was written.
    Stored,
    /// It was there already.
    Duplicate,
    /// Another item has its identifier.
    NameTaken,
}

/// A data set in the making.
pub(crate) struct DatasetWriter {
    target: NewDataset,
    kind: DatasetKind,
    folder: PartialFolder,
    items: BufWriter<File>,
    index: BufWriter<File>,
    offset: u64,
    tally: Tally,
    /// Content hashes by identifier, and identifiers by content hash: each may stand only once.
    names: BTreeMap<String, String>,
    hashes: BTreeMap<String, String>,
}

impl DatasetWriter {
    /// Starts a data set.
    pub(crate) fn create(target: &NewDataset, kind: DatasetKind) -> Result<Self> {
        let folder = PartialFolder::create(&target.data.datasets(), target.id.as_str())?;
        Self::in_folder(target, kind, folder)
    }

    /// Starts a data set that will take the place of the one of the same name.
    pub(crate) fn replacing(target: &NewDataset, kind: DatasetKind) -> Result<Self> {
        let folder = PartialFolder::replacing(&target.data.datasets(), target.id.as_str())?;
        Self::in_folder(target, kind, folder)
    }

    fn in_folder(target: &NewDataset, kind: DatasetKind, folder: PartialFolder) -> Result<Self> {
        let items_path = folder.path().join(items_file(kind));
        let items = File::create(&items_path).context(WRITE_FAILED)?;
        let index = File::create(index_path(&items_path)).context(WRITE_FAILED)?;
        Ok(Self {
            target: target.clone(),
            kind,
            folder,
            items: BufWriter::new(items),
            index: BufWriter::new(index),
            offset: 0,
            tally: Tally::default(),
            names: BTreeMap::new(),
            hashes: BTreeMap::new(),
        })
    }

    /// What its items are.
    pub(crate) fn kind(&self) -> DatasetKind {
        self.kind
    }

    /// Writes an item of the right kind, unless it is there already.
    pub(crate) fn add(&mut self, item: &Item) -> Result<Added> {
        debug_assert_eq!(item.kind(), self.kind, "callers check the kind");
        let (name, hash) = match item {
            Item::Trajectory(trajectory) => (trajectory.id.0.clone(), trajectory.id.0.clone()),
            // The same problem under another name is the same game.
            Item::Game(game) => (
                game.id.clone(),
                content_hash([&*game.task, &*game.pddl_problem]),
            ),
        };
        if self.hashes.contains_key(&hash) {
            return Ok(Added::Duplicate);
        }
        if self.names.contains_key(&name) {
            return Ok(Added::NameTaken);
        }
        match item {
            Item::Trajectory(trajectory) => self.write(&**trajectory)?,
            Item::Game(game) => self.write(game)?,
        }
        self.tally.add(item, hash.clone());
        self.names.insert(name.clone(), hash.clone());
        self.hashes.insert(hash, name);
        Ok(Added::Stored)
    }

    fn write<L: Line + Serialize>(&mut self, line: &L) -> Result<()> {
        let mut text = serde_json::to_vec(line).context(WRITE_FAILED)?;
        let place = Indexed {
            offset: self.offset,
            len: text.len() as u64,
            row: line.row(),
        };
        text.push(b'\n');
        self.items.write_all(&text).context(WRITE_FAILED)?;
        self.offset += text.len() as u64;
        serde_json::to_writer(&mut self.index, &place).context(WRITE_FAILED)?;
        self.index.write_all(b"\n").context(WRITE_FAILED)
    }

    /// Forgets the unseen types of which there are no items.
    pub(crate) fn forget_missing_types(&mut self) {
        if let Some(unseen) = &mut self.target.unseen_types {
            unseen.retain(|name| self.tally.has_type(name));
        }
    }

    /// A data set that holds exactly what was written so far.
    pub(crate) fn twin(&self) -> Result<Option<DatasetInfo>> {
        let hash = self.tally.content_hash();
        let known = Dataset::list(&self.target.data)?;
        Ok(known
            .into_iter()
            .find(|info| info.kind == self.kind && info.content_hash == hash))
    }

    /// Makes the data set visible.
    pub(crate) fn finish(self, report: ImportReport) -> Result<DatasetInfo> {
        let (folder, info) = self.complete(report)?;
        folder.publish()?;
        Ok(info)
    }

    /// Puts the data set in the place of the one that [`DatasetWriter::replacing`] named.
    pub(crate) fn replace(self, report: ImportReport) -> Result<DatasetInfo> {
        let (folder, info) = self.complete(report)?;
        folder.replace()?;
        Ok(info)
    }

    /// The same, and the one that was there is set aside.
    pub(crate) fn replace_keeping(self, report: ImportReport) -> Result<DatasetInfo> {
        let (folder, info) = self.complete(report)?;
        folder.replace_keeping()?;
        Ok(info)
    }

    fn complete(self, report: ImportReport) -> Result<(PartialFolder, DatasetInfo)> {
        if self.tally.num_items() == 0 {
            match report.rejected.first() {
                Some(row) => bail!(
                    "Nothing could be read. The first problem, on line {}: {}",
                    row.line,
                    row.reason
                ),
                None => bail!("There is nothing in it."),
            }
        }
        let num_index_bytes = close(self.index)?;
        let num_bytes = close(self.items)? + num_index_bytes;
        let mut info = DatasetInfo {
            id: self.target.id,
            name: self.target.name,
            kind: self.kind,
            source: self.target.source,
            report,
            created_ms: self.target.created_ms,
            num_bytes,
            ..DatasetInfo::default()
        };
        let leaks = self.tally.fill(&mut info);
        write_twins(self.folder.path(), &leaks)?;
        info.unseen_types = self.target.unseen_types.unwrap_or_else(|| {
            default_unseen_types(info.types.iter().map(|count| count.name.as_str()))
        });
        info.split_hash = split_hash(&info.content_hash, &info.unseen_types);
        write_info(self.folder.path(), &info)?;
        Ok((self.folder, info))
    }
}

/// Writes `dataset.json`.
pub(crate) fn write_info(folder: &Path, info: &DatasetInfo) -> Result<()> {
    let text = serde_json::to_vec_pretty(info).context(WRITE_FAILED)?;
    crate::disk::write_whole(&folder.join(INFO_FILE), &text)
}

/// Brings a file to the disk and returns its size.
fn close(writer: BufWriter<File>) -> Result<u64> {
    let file = writer
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)
        .context(WRITE_FAILED)?;
    file.sync_all().context(WRITE_FAILED)?;
    Ok(file.metadata().context(WRITE_FAILED)?.len())
}
