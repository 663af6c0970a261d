//! Lists, a page at a time.

use serde::{Deserialize, Serialize};

use crate::{EpisodeEnd, JobId, SplitKind, TrajectoryId};

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// Items that match, over all pages.
    pub total: u64,
    /// The number of the first row.
    pub offset: u64,
    /// The rows.
    pub rows: Vec<T>,
}

/// Which trajectories match; empty fields match everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrajectoryFilter {
    /// Only those whose goal, observations or actions contain this, whatever the case.
    pub text: String,
    /// Only these task types.
    pub task_types: Vec<String>,
    /// Only this outcome.
    pub success: Option<bool>,
    /// Only this kind of split.
    pub split: Option<SplitKind>,
    /// Only these arms.
    pub arms: Vec<String>,
    /// Only those with at least so many actions.
    pub min_steps: Option<u32>,
    /// Only those with at most so many actions.
    pub max_steps: Option<u32>,
}

/// One trajectory in a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrajectoryRow {
    /// Which.
    pub id: TrajectoryId,
    /// The task in words.
    pub goal: String,
    /// The task type.
    pub task_type: String,
    /// Who acted: an arm's name, `expert`, a file.
    pub source: String,
    /// The run, when it was played by one.
    pub job: Option<JobId>,
    /// How it ended.
    pub end: EpisodeEnd,
    /// Actions.
    pub num_steps: u32,
    /// Memories in the prompt.
    pub num_memories: u32,
    /// Whether training saw the type, where that is known.
    pub split: Option<SplitKind>,
    /// Wall time, where known.
    pub millis: u64,
    /// The seed, where there is one.
    pub seed: Option<u64>,
}
