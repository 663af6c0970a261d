//! Tasks: single problem instances of a world.

use serde::{Deserialize, Serialize};

use crate::TaskId;

/// Which part of a benchmark a task belongs to.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// For experience and training.
    #[default]
    Train,
    /// For choosing between checkpoints.
    Validation,
    /// For reporting.
    Test,
}

impl Split {
    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// One problem instance: a world, a goal and a split.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Unique within its world; trajectories of the same task are twins (see [`crate::LeakGuard`]).
    pub id: TaskId,
    /// The kind of world, for example `alfworld`.
    pub environment: String,
    /// The family the task belongs to, for example `pick_and_place_simple`; splits into seen and
    /// unseen are made over these.
    pub task_type: String,
    /// What is to be done, in the world's own words.
    pub goal: String,
    /// The part of the benchmark.
    #[serde(default)]
    pub split: Split,
}

impl Task {
    /// What static retrieval compares: banks store it as the task key, agents ask with it.
    pub fn key(&self) -> String {
        self.goal.clone()
    }
}
