//! Logs of Inspect (`.eval`, a zip with a file for each sample): `{id, epoch, messages, scores}`.

use std::collections::BTreeMap;

use lore_core::{EpisodeEnd, Split, Task, TaskId, Trajectory};
use serde::Deserialize;
use serde_json::Value;

use super::has;
use super::messages::{OpenAiMessage, messages, text};
use crate::chat;
use crate::format::{Format, Item, Place, first_words};
use crate::rows::Row;

/// See the module.
pub(crate) struct InspectLog;

#[derive(Deserialize)]
struct Sample {
    id: Value,
    input: Value,
    messages: Vec<OpenAiMessage>,
    #[serde(default)]
    scores: Option<BTreeMap<String, Score>>,
}

#[derive(Deserialize)]
struct Score {
    value: Value,
}

impl Format for InspectLog {
    fn name(&self) -> &'static str {
        "Inspect log"
    }

    fn recognises(&self, row: &Value) -> bool {
        has(row, &["id", "epoch", "input", "messages"])
    }

    fn read(&self, row: &Row, place: &Place<'_>) -> Result<Item, String> {
        let sample: Sample = row.parse()?;
        let turns = messages(sample.messages)?;
        let (initial_observation, steps) = chat::steps(&turns);
        if steps.is_empty() {
            return Err("The agent says nothing in this sample.".into());
        }
        // The input is a text, or the first messages of the chat.
        let goal = text(&sample.input).ok().filter(|goal| !goal.is_empty());
        let id = match sample.id {
            Value::String(id) => id,
            other => other.to_string(),
        };
        let task = Task {
            id: TaskId(format!("{}/{id}", place.source)),
            environment: "inspect".to_owned(),
            // The log's name is the only thing that all samples of an evaluation share.
            task_type: place.source.to_owned(),
            goal: first_words(&goal.unwrap_or_else(|| initial_observation.clone())),
            split: Split::Train,
        };
        let end = end(sample.scores.unwrap_or_default().values());
        Ok(Trajectory::new(task, place.source, initial_observation, steps, end).into())
    }
}

/// Success when every scorer gave full marks: 1, true, or `C` for correct.
fn end<'a>(scores: impl Iterator<Item = &'a Score>) -> EpisodeEnd {
    let mut end = EpisodeEnd::Unknown;
    for score in scores {
        let is_full = match &score.value {
            Value::Bool(value) => *value,
            Value::Number(value) => value.as_f64().is_some_and(|value| value >= 1.0 - 1e-9),
            Value::String(value) => value == "C",
            _ => continue, // a scorer with several marks says nothing about success
        };
        if !is_full {
            return EpisodeEnd::Failure;
        }
        end = EpisodeEnd::Success;
    }
    end
}
