//! What the data folder keeps: room, everything in one file and back, another folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use anyhow::{Context as _, Result};
use lore_core::{DataDir, JobId, Kept, KeptThing};
use lore_data::{ArchiveReader, tree};
use lore_protocol::{
    ApiError, BackUpWork, BackupInfo, BackupKind, DataPlace, ErrorCode, KindUsage, MoveWork,
    Response, RestoreWork, StorageRequest, StorageResponse, Topic, Usage, Work,
};

use super::exports;
use crate::core::Core;
use crate::data_home::DataHome;
use crate::machine;

/// Answers.
pub(super) fn handle(core: &Core, request: StorageRequest) -> Result<Response> {
    let response = match request {
        StorageRequest::Usage => StorageResponse::Usage(Usage {
            place: place(core)?,
            ..usage(&core.dir)?
        }),
        StorageRequest::BackUp { path, models } => {
            StorageResponse::Job(start(core, Work::BackUp(BackUpWork { path, models }))?)
        }
        StorageRequest::Inspect { path } => {
            StorageResponse::Backup(Box::new(inspect(&core.dir, &path)?))
        }
        StorageRequest::Restore { path, settings } => {
            StorageResponse::Job(start(core, Work::Restore(RestoreWork { path, settings }))?)
        }
        StorageRequest::Move { folder } => {
            StorageResponse::Job(start(core, Work::MoveData(MoveWork { folder }))?)
        }
        StorageRequest::Stay => {
            home(core)?.set_next(None)?;
            return Ok(done(core));
        }
        StorageRequest::Forget => {
            home(core)?.forget_previous()?;
            return Ok(done(core));
        }
    };
    Ok(Response::Storage(response))
}

fn done(core: &Core) -> Response {
    core.hub.stale(Topic::Storage);
    Response::Done
}

/// Puts the work into the queue once it could succeed.
fn start(core: &Core, work: Work) -> Result<JobId> {
    let title = match &work {
        Work::BackUp(work) => {
            check_back_up(core, work)?;
            "Back up everything"
        }
        Work::Restore(work) => {
            check_restore(core, work)?;
            "Restore a backup"
        }
        Work::MoveData(work) => {
            check_move(core, work)?;
            "Move the data folder"
        }
        _ => "",
    };
    core.submit(title, |_| Ok(work))
}

/// Refuses what could only fail later.
pub(super) fn check_back_up(core: &Core, work: &BackUpWork) -> Result<(), ApiError> {
    exports::check_file(core, Path::new(&work.path))
}

/// The same for taking a backup in.
pub(super) fn check_restore(core: &Core, work: &RestoreWork) -> Result<()> {
    let info = inspect(&core.dir, &work.path)?;
    // A share of the kinds' bytes may be here already; who has that little room should make some anyway.
    let new = info
        .kinds
        .iter()
        .filter(|kind| kind.num_here < kind.num_things);
    needs_room(core.dir.root(), new.map(|kind| kind.num_bytes).sum())?;
    Ok(())
}

/// The same for moving.
pub(super) fn check_move(core: &Core, work: &MoveWork) -> Result<()> {
    home(core)?;
    let folder = Path::new(&work.folder);
    exports::check_destination(core, folder)?;
    let names_itself = folder.components().all(|part| {
        matches!(
            part,
            Component::Normal(_) | Component::RootDir | Component::Prefix(_)
        )
    });
    if !names_itself || core.dir.root().starts_with(folder) {
        return Err(ApiError::new("Choose a folder that is not around the present one").into());
    }
    let parent = folder.ancestors().find(|folder| folder.is_dir());
    needs_room(parent.unwrap_or(folder), usage(&core.dir)?.num_bytes())?;
    Ok(())
}

/// Refuses what does not fit on the disk.
fn needs_room(folder: &Path, num_bytes: u64) -> Result<(), ApiError> {
    let megabytes = |bytes: u64| bytes / 1_000_000;
    match machine::free_bytes(folder) {
        Some(free) if free < num_bytes => Err(ApiError::with_code(
            ErrorCode::DiskFull,
            format!(
                "That takes {} MB, and {} MB are free on the disk of {}. Make room or choose another disk.",
                megabytes(num_bytes),
                megabytes(free),
                folder.display()
            ),
        )),
        _ => Ok(()),
    }
}

fn home(core: &Core) -> Result<&DataHome, ApiError> {
    core.home
        .as_deref()
        .ok_or_else(|| ApiError::precondition(WHY_FIXED))
}

const WHY_FIXED: &str = "This window was opened with a data folder of its own (--data). Start Lorekeeper \
                         without it to move the usual one.";

fn place(core: &Core) -> Result<DataPlace> {
    match &core.home {
        Some(home) => home.place(),
        None => Ok(DataPlace {
            why_fixed: WHY_FIXED.to_owned(),
            ..DataPlace::default()
        }),
    }
}

/// What takes how much room.
pub(crate) fn usage(dir: &DataDir) -> Result<Usage> {
    let mut usage = Usage::default();
    let mut kinds: BTreeMap<Kept, (BTreeSet<String>, u64)> = BTreeMap::new();
    for file in tree(dir.root())? {
        match KeptThing::at(&file.path) {
            Some(thing) => {
                let (things, num_bytes) = kinds.entry(thing.kind).or_default();
                things.insert(thing.id);
                *num_bytes += file.num_bytes;
            }
            None if file.path.starts_with("trash/") => usage.trash_bytes += file.num_bytes,
            None => usage.other_bytes += file.num_bytes,
        }
    }
    let of_kind = |kind| {
        let (things, num_bytes) = kinds.get(&kind)?;
        Some(KindUsage {
            kind,
            num_things: things.len() as u64,
            num_bytes: *num_bytes,
        })
    };
    usage.kinds = Kept::ALL.into_iter().filter_map(of_kind).collect();
    Ok(usage)
}

/// What the backup at `path` holds.
fn inspect(dir: &DataDir, path: &str) -> Result<BackupInfo> {
    let place = Path::new(path);
    if !place.is_absolute() || !place.is_file() {
        return Err(ApiError::not_found(format!("There is no file {path:?}")).into());
    }
    let archive = ArchiveReader::open(place)?;
    let mut things: BTreeMap<KeptThing, u64> = BTreeMap::new();
    for file in archive.files() {
        let thing = KeptThing::at(&file.path).with_context(|| {
            format!(
                "{path:?} holds {:?}, which is nothing that Lorekeeper keeps",
                file.path
            )
        })?;
        *things.entry(thing).or_default() += file.num_bytes;
    }
    let of_kind = |kind| {
        let own: Vec<_> = things
            .iter()
            .filter(|(thing, _)| thing.kind == kind)
            .collect();
        let is_here = |thing: &KeptThing| {
            let mut places = thing.places().into_iter();
            places.any(|place| dir.root().join(place).exists())
        };
        (!own.is_empty()).then(|| BackupKind {
            kind,
            num_things: own.len() as u64,
            num_bytes: own.iter().map(|(_, num_bytes)| **num_bytes).sum(),
            num_here: own.iter().filter(|(thing, _)| is_here(thing)).count() as u64,
        })
    };
    let head = archive.head();
    Ok(BackupInfo {
        path: path.to_owned(),
        num_bytes: archive.num_bytes(),
        created_ms: head.created_ms,
        code_version: head.code_version.clone(),
        left_out: head.left_out.clone(),
        kinds: Kept::ALL.into_iter().filter_map(of_kind).collect(),
    })
}
