//! Games: tasks with everything an engine needs to play them.

use lore_core::{Split, Task, TaskId};
use serde::{Deserialize, Serialize};

use crate::alfworld;

/// One ALFWorld game: a line of `games.jsonl`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Game {
    /// `<split>/<folder>/<trial>`; unique.
    pub id: String,
    /// One of the six task types.
    pub task_type: String,
    /// The goal as the world prints it, without `Your task is to:`.
    pub task: String,
    /// The problem in PDDL; the domain is the same for all games.
    pub pddl_problem: String,
    /// The part of the benchmark; read from the identifier when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// The grammar of the game's wording, when the file had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grammar: Option<String>,
}

impl Game {
    /// The game as a task.
    pub fn to_task(&self) -> Task {
        Task {
            id: TaskId(self.id.clone()),
            environment: alfworld::ENVIRONMENT.to_owned(),
            task_type: self.task_type.clone(),
            goal: self.task.clone(),
            split: self.split.unwrap_or_else(|| alfworld::split_in(&self.id)),
        }
    }
}
