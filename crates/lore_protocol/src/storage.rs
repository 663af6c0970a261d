//! What the data folder keeps: how much room it takes, everything in one file and back, another folder.

use serde::{Deserialize, Serialize};

use lore_core::{JobId, Kept};

/// A question about the data folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StorageRequest {
    /// What takes how much room → [`StorageResponse::Usage`].
    Usage,
    /// Writes everything into one file as a job → [`StorageResponse::Job`].
    BackUp {
        /// The file to make; one that is there is replaced.
        path: String,
        /// Models too; they are large and can be had again.
        models: bool,
    },
    /// What a backup holds, and what of it is here already → [`StorageResponse::Backup`].
    Inspect {
        /// The file.
        path: String,
    },
    /// Adds what a backup holds and is not here, as a job → [`StorageResponse::Job`].
    Restore {
        /// The file.
        path: String,
        /// Takes its settings in place of those that are in use.
        settings: bool,
    },
    /// Copies everything to another folder, which is used from the next start on, as a job →
    /// [`StorageResponse::Job`].
    Move {
        /// The folder: empty, or not there yet.
        folder: String,
    },
    /// Stays with the folder in use after all → `Done`.
    Stay,
    /// Stops mentioning the folder that was in use before; its files stay → `Done`.
    Forget,
}

/// The answer to a [`StorageRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StorageResponse {
    /// What takes how much room.
    Usage(Usage),
    /// What a backup holds.
    Backup(Box<BackupInfo>),
    /// The job that was started.
    Job(JobId),
}

/// What takes how much room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// By kind, in the order of [`Kept::ALL`]; kinds of which there is nothing are left out.
    pub kinds: Vec<KindUsage>,
    /// Bytes of what was deleted and can still be taken back.
    pub trash_bytes: u64,
    /// Bytes of everything else: logs, drafts, measurements.
    pub other_bytes: u64,
    /// The data folder, as far as it concerns moving it.
    pub place: DataPlace,
}

impl Usage {
    /// All of it, in bytes.
    pub fn num_bytes(&self) -> u64 {
        let kinds: u64 = self.kinds.iter().map(|kind| kind.num_bytes).sum();
        kinds + self.trash_bytes + self.other_bytes
    }

    /// What a kind takes, in bytes.
    pub fn bytes_of(&self, kind: Kept) -> u64 {
        let of_kind = self.kinds.iter().filter(|known| known.kind == kind);
        of_kind.map(|known| known.num_bytes).sum()
    }
}

/// Where the data folder is, was, and will be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataPlace {
    /// Why it cannot be moved from here; empty when it can.
    pub why_fixed: String,
    /// The folder that is used from the next start on, once everything is in it.
    pub next: Option<String>,
    /// The folder that was used before. It is whole, and nobody needs it.
    pub previous: Option<String>,
}

/// How much room the things of a kind take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindUsage {
    /// The kind.
    pub kind: Kept,
    /// How many.
    pub num_things: u64,
    /// Bytes of all of them.
    pub num_bytes: u64,
}

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupInfo {
    /// The file.
    pub path: String,
    /// Its size in bytes.
    pub num_bytes: u64,
    /// When it was written, in milliseconds since 1970.
    pub created_ms: u64,
    /// The version of the program that wrote it.
    pub code_version: String,
    /// What was left out when it was written, in words.
    pub left_out: Vec<String>,
    /// By kind, in the order of [`Kept::ALL`].
    pub kinds: Vec<BackupKind>,
}

impl BackupInfo {
    /// Things that a restore would add.
    pub fn num_new(&self) -> u64 {
        let new = self
            .kinds
            .iter()
            .map(|kind| kind.num_things - kind.num_here);
        new.sum()
    }
}

/// What a backup holds of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupKind {
    /// The kind.
    pub kind: Kept,
    /// How many.
    pub num_things: u64,
    /// Bytes of all of them when unpacked.
    pub num_bytes: u64,
    /// How many have the name of something that is here; those stay as they are here.
    pub num_here: u64,
}

/// See [`crate::Work::BackUp`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackUpWork {
    /// The file to make.
    pub path: String,
    /// Models too.
    pub models: bool,
}

/// See [`crate::Work::Restore`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreWork {
    /// The file.
    pub path: String,
    /// Takes its settings, too.
    pub settings: bool,
}

/// See [`crate::Work::MoveData`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveWork {
    /// The folder that everything is copied to.
    pub folder: String,
}

/// Where a worker that copied everything leaves word of it, in the new folder: the files as they were.
pub const MOVED_FILE: &str = ".moved.json";

/// What [`MOVED_FILE`] says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The folder that was copied.
    pub from: String,
    /// Every file that was.
    pub files: Vec<MovedFile>,
}

/// A file as it was when it was copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedFile {
    /// Its path within the folder, with `/` between its parts.
    pub path: String,
    /// Its size.
    pub num_bytes: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified_ns: u64,
}
