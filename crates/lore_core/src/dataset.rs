//! Data sets: what came in, and what is in it.

use serde::{Deserialize, Serialize};

use crate::DatasetId;

/// A data set (`dataset.json`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatasetInfo {
    /// Its name on disk.
    pub id: DatasetId,
    /// Its name for people.
    pub name: String,
    /// Games to play, or trajectories to learn from.
    pub kind: DatasetKind,
    /// The file it came from, or the world its episodes were played in.
    pub source: String,
    /// Games or trajectories.
    pub num_items: u64,
    /// Trajectories that succeeded.
    pub num_successes: u64,
    /// Counts by task type, in alphabetical order.
    pub types: Vec<TypeCount>,
    /// Environments, in alphabetical order.
    pub environments: Vec<String>,
    /// Steps over all trajectories.
    pub num_steps: u64,
    /// Trajectories whose text also stands elsewhere in the set.
    pub num_duplicates: u64,
    /// Task types that training must not see.
    pub unseen_types: Vec<String>,
    /// Hash of the items.
    pub content_hash: String,
    /// Hash of the seen/unseen split.
    pub split_hash: String,
    /// What did not come in, and why.
    pub report: ImportReport,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// Bytes on disk.
    pub num_bytes: u64,
}

/// What a data set holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetKind {
    /// Records of episodes.
    #[default]
    Trajectories,
    /// Games that can be played.
    Games,
}

/// How often a task type occurs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCount {
    /// The task type.
    pub name: String,
    /// Items.
    pub count: u64,
    /// Items that succeeded.
    pub successes: u64,
}

/// What a file seems to hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FormatGuess {
    /// The file or folder.
    pub path: String,
    /// The name of the format, for people; empty when nothing fits.
    pub format: String,
    /// Games or trajectories.
    pub kind: DatasetKind,
    /// Items found in the part that was looked at.
    pub num_items: u64,
    /// True when the whole file was looked at.
    pub complete: bool,
    /// The first few items, in words.
    pub examples: Vec<String>,
    /// Problems found in the part that was looked at.
    pub report: ImportReport,
    /// Bytes of the file.
    pub num_bytes: u64,
}

/// What came in and what did not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportReport {
    /// Items that came in.
    pub num_accepted: u64,
    /// Items that were there already.
    pub num_duplicates: u64,
    /// Items that were not understood.
    pub num_rejected: u64,
    /// The first hundred of those.
    pub rejected: Vec<RejectedRow>,
}

/// A row that was not understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The file, when there are several.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// Why, in words.
    pub reason: String,
}
