//! Experience banks, as lists and maps show them.

use serde::{Deserialize, Serialize};

use crate::{BankId, ExperienceId, ModelId};

/// A bank.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BankInfo {
    /// Its name on disk.
    pub id: BankId,
    /// Its name for people.
    pub name: String,
    /// The embedder it is bound to.
    pub embedder: ModelId,
    /// Numbers in a key.
    pub dim: usize,
    /// Experiences.
    pub num_experiences: u64,
    /// Experiences that succeeded.
    pub num_successes: u64,
    /// Task types, in alphabetical order.
    pub task_types: Vec<String>,
    /// LanceDB's version of the table.
    pub version: u64,
    /// Fragments on disk.
    pub num_fragments: u64,
    /// Bytes on disk.
    pub num_bytes: u64,
}

/// One experience in a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExperienceRow {
    /// Which.
    pub id: ExperienceId,
    /// The task in words.
    pub goal: String,
    /// The task type.
    pub task_type: String,
    /// The world.
    pub environment: String,
    /// Whether it succeeded.
    pub success: bool,
    /// Actions.
    pub num_steps: u32,
    /// Tokens as text.
    pub num_tokens: u32,
    /// Who acted.
    pub source: String,
    /// Shown first.
    pub pinned: bool,
    /// Never retrieved.
    pub never_use: bool,
}

/// One experience on the map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MapPoint {
    /// Which.
    pub id: ExperienceId,
    /// First principal component of the task keys.
    pub x: f32,
    /// Second principal component.
    pub y: f32,
    /// The task in words.
    pub goal: String,
    /// The task type.
    pub task_type: String,
    /// Whether it succeeded.
    pub success: bool,
}
