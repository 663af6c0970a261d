//! Episodes of ALFWorld's scripted expert, one a line:
//! `{id, split, task_type, task, won, initial_observation, steps: [{action, observation, reward, done}]}`.

use lore_core::{EpisodeEnd, Step, Task, TaskId, Trajectory};
use serde::Deserialize;
use serde_json::Value;

use super::has;
use crate::alfworld;
use crate::format::{Format, Item, Place};
use crate::rows::Row;

/// See the module.
pub(crate) struct AlfworldExpert;

#[derive(Deserialize)]
struct Episode {
    id: String,
    split: Option<String>,
    task_type: String,
    task: String,
    won: bool,
    initial_observation: String,
    steps: Vec<ExpertStep>,
}

#[derive(Deserialize)]
struct ExpertStep {
    action: String,
    observation: String,
    #[serde(default)]
    reward: f64,
    #[serde(default)]
    done: bool,
}

impl Format for AlfworldExpert {
    fn name(&self) -> &'static str {
        "ALFWorld expert episodes"
    }

    fn recognises(&self, row: &Value) -> bool {
        has(
            row,
            &[
                "id",
                "task_type",
                "task",
                "won",
                "initial_observation",
                "steps",
            ],
        )
    }

    fn read(&self, row: &Row, _place: &Place<'_>) -> Result<Item, String> {
        let episode: Episode = row.parse()?;
        let is_done = episode.steps.last().is_some_and(|step| step.done);
        let end = match (episode.won, is_done) {
            (true, _) => EpisodeEnd::Success,
            (false, true) => EpisodeEnd::Failure,
            (false, false) => EpisodeEnd::Truncated,
        };
        let split = alfworld::split_in(episode.split.as_deref().unwrap_or(&episode.id));
        let task = Task {
            id: TaskId(episode.id),
            environment: alfworld::ENVIRONMENT.to_owned(),
            task_type: episode.task_type,
            goal: episode.task,
            split,
        };
        let steps = episode.steps.into_iter().map(|step| Step {
            action: step.action,
            observation: step.observation,
            reward: step.reward,
            ..Step::default()
        });
        Ok(Trajectory::new(
            task,
            "expert",
            episode.initial_observation,
            steps.collect(),
            end,
        )
        .into())
    }
}
