//! Results of τ-bench (Yao et al., 2024): an array of `{task_id, trial, reward, info, traj}`.

use lore_core::{EpisodeEnd, Split, Task, TaskId, Trajectory};
use serde::Deserialize;
use serde_json::Value;

use super::has;
use super::messages::{OpenAiMessage, messages};
use crate::chat;
use crate::format::{Format, Item, Place};
use crate::rows::Row;

/// See the module.
pub(crate) struct TauBench;

#[derive(Deserialize)]
struct Run {
    task_id: u64,
    reward: f64,
    #[serde(default)]
    info: Info,
    traj: Vec<OpenAiMessage>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    task: TauTask,
    error: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TauTask {
    instruction: String,
}

impl Format for TauBench {
    fn name(&self) -> &'static str {
        "tau-bench results"
    }

    fn recognises(&self, row: &Value) -> bool {
        has(row, &["task_id", "reward", "traj"])
    }

    fn read(&self, row: &Row, place: &Place<'_>) -> Result<Item, String> {
        let run: Run = row.parse()?;
        let turns = messages(run.traj)?;
        let (initial_observation, mut steps) = chat::steps(&turns);
        let Some(last) = steps.last_mut() else {
            return Err("The agent says nothing in this run.".into());
        };
        last.reward = run.reward;
        let end = match run.info.error {
            Some(_) => EpisodeEnd::EnvironmentError,
            // The benchmark counts a run as solved within this margin of 1.
            None if (run.reward - 1.0).abs() <= 1e-6 => EpisodeEnd::Success,
            None => EpisodeEnd::Failure,
        };
        let domain = domain(place);
        let task = Task {
            id: TaskId(format!("{domain}/{}", run.task_id)),
            environment: "tau-bench".to_owned(),
            task_type: domain.to_owned(),
            goal: run.info.task.instruction,
            split: Split::Test,
        };
        Ok(Trajectory::new(task, place.source, initial_observation, steps, end).into())
    }
}

/// The benchmark's domain, which only the file's name tells.
fn domain(place: &Place<'_>) -> &'static str {
    let name = format!("{}/{}", place.source, place.entry).to_lowercase();
    ["airline", "retail", "telecom"]
        .into_iter()
        .find(|domain| name.contains(domain))
        .unwrap_or("customer service")
}
