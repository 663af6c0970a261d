//! Gold paths of ScienceWorld, one a line: `{id, task_name, variation, split, task, score, steps,
//! conversations}`. Wang et al., "ScienceWorld: Is your Agent Smarter than a 5th Grader?" (2022).

use lore_core::{EpisodeEnd, Split, Step, Task, TaskId, Trajectory};
use serde::Deserialize;
use serde_json::Value;

use super::has;
use crate::format::{Format, Item, Place};
use crate::rows::Row;

/// See the module.
pub(crate) struct ScienceWorldGold;

#[derive(Deserialize)]
struct Episode {
    task_name: String,
    variation: u64,
    split: Option<String>,
    task: String,
    score: f64,
    steps: Vec<GoldStep>,
    #[serde(default)]
    conversations: Vec<Turn>,
}

#[derive(Deserialize)]
struct GoldStep {
    action: String,
    observation: String,
    #[serde(default)]
    reward: f64,
    #[serde(default)]
    done: bool,
}

#[derive(Deserialize)]
struct Turn {
    value: String,
}

impl Format for ScienceWorldGold {
    fn name(&self) -> &'static str {
        "ScienceWorld gold episodes"
    }

    fn recognises(&self, row: &Value) -> bool {
        has(row, &["task_name", "variation", "task", "score", "steps"])
    }

    fn read(&self, row: &Row, _place: &Place<'_>) -> Result<Item, String> {
        let episode: Episode = row.parse()?;
        let is_done = episode.steps.last().is_some_and(|step| step.done);
        // The world scores to 100; below zero it has failed.
        let end = match episode.score {
            score if score >= 100.0 => EpisodeEnd::Success,
            score if score < 0.0 || is_done => EpisodeEnd::Failure,
            _ => EpisodeEnd::Truncated,
        };
        // The first turn holds the task and what is seen at the start; the steps do not.
        let first_turn = episode.conversations.into_iter().next();
        let initial_observation =
            first_turn.map_or_else(|| episode.task.clone(), |turn| turn.value);
        let task = Task {
            id: TaskId(format!("{}/{}", episode.task_name, episode.variation)),
            environment: "scienceworld".to_owned(),
            task_type: episode.task_name,
            goal: episode.task,
            split: match episode.split.as_deref() {
                Some("test") => Split::Test,
                Some("dev" | "validation") => Split::Validation,
                _ => Split::Train,
            },
        };
        let steps = episode.steps.into_iter().map(|step| Step {
            action: step.action,
            observation: step.observation,
            reward: step.reward,
            ..Step::default()
        });
        Ok(Trajectory::new(task, "expert", initial_observation, steps.collect(), end).into())
    }
}
