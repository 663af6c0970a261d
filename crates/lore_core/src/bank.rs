//! Experience banks, as lists and maps show them.

use serde::{Deserialize, Serialize};

use crate::{BankId, ExperienceId, KeyKind, ModelId};

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
    /// Worlds, in alphabetical order.
    pub environments: Vec<String>,
    /// LanceDB's version of the table.
    pub version: u64,
    /// Fragments on disk.
    pub num_fragments: u64,
    /// Bytes on disk.
    pub num_bytes: u64,
    /// Past versions that can still be read.
    pub num_versions: u64,
    /// Versions that somebody keeps, by name: the jobs that used them.
    pub kept_versions: Vec<(String, u64)>,
    /// Columns with an index.
    pub indices: Vec<String>,
    /// Keys beside those of task and whole trajectory.
    pub keys: BankKeys,
}

/// The keys a bank holds beside those of the task and the whole trajectory; chosen when it is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BankKeys {
    /// The task together with how it ended.
    pub outcome: bool,
    /// Steps in a stretch that has a key of its own; 0 for none.
    pub window_steps: usize,
}

impl BankKeys {
    /// Steps in a stretch when nobody chose a number.
    pub const WINDOW_STEPS: usize = 5;

    /// What a bank needs so that it can be asked by `key`.
    pub fn for_key(key: KeyKind) -> Self {
        Self {
            outcome: key == KeyKind::TaskAndOutcome,
            window_steps: match key {
                KeyKind::Window => Self::WINDOW_STEPS,
                _ => 0,
            },
        }
    }

    /// True when a bank with these can be asked by `key`.
    pub fn has(self, key: KeyKind) -> bool {
        match key {
            KeyKind::Task | KeyKind::Whole => true,
            KeyKind::TaskAndOutcome => self.outcome,
            KeyKind::Window => self.window_steps > 0,
        }
    }
}

/// What taking experiences out would change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalPreview {
    /// Experiences that would go.
    pub num_experiences: u64,
    /// Of these, the ones somebody pinned.
    pub num_pinned: u64,
    /// Of these, the ones somebody noted a lesson on.
    pub num_lessons: u64,
    /// Task types nothing would be left of.
    pub types_emptied: Vec<String>,
    /// Task types that would lose their last success.
    pub types_without_success: Vec<String>,
    /// Versions that keep them nevertheless, by name: jobs that used them can be repeated.
    pub kept_versions: Vec<String>,
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
    /// What somebody noted about it.
    pub lesson: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_asked_by_once_a_bank_is_made_for_it() {
        for key in KeyKind::ALL {
            assert!(BankKeys::for_key(key).has(key), "{key:?}");
        }
        assert!(!BankKeys::default().has(KeyKind::Window));
        assert!(!BankKeys::default().has(KeyKind::TaskAndOutcome));
    }
}
