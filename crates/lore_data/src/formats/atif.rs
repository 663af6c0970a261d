//! The agent trajectory interchange format (ATIF 1): an object with `schema_version`, `agent` and
//! `steps` of user, agent and system. What the format has no field for, our exporter keeps in `extra`.

use lore_core::{EpisodeEnd, Message, Role, Split, Task, TaskId, Trajectory, short_hash};
use serde::Deserialize;
use serde_json::Value;

use super::has;
use super::messages::{push_call, text};
use crate::chat;
use crate::format::{Format, Item, Place, first_words};
use crate::rows::Row;

/// See the module.
pub(crate) struct Atif;

#[derive(Deserialize)]
struct Record {
    agent: Agent,
    steps: Vec<AtifStep>,
    #[serde(default)]
    extra: Value,
}

/// What our exporter writes into `extra`.
#[derive(Deserialize)]
struct Extra {
    task: Task,
    end: EpisodeEnd,
}

#[derive(Deserialize)]
struct Agent {
    name: String,
}

#[derive(Deserialize)]
struct AtifStep {
    source: String,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
    #[serde(default)]
    observation: Option<Observation>,
}

#[derive(Deserialize)]
struct ToolCall {
    function_name: String,
    #[serde(default)]
    arguments: Value,
}

#[derive(Deserialize)]
struct Observation {
    results: Vec<ObservationResult>,
}

#[derive(Deserialize)]
struct ObservationResult {
    #[serde(default)]
    content: Value,
}

impl Format for Atif {
    fn name(&self) -> &'static str {
        "ATIF trajectory"
    }

    fn recognises(&self, row: &Value) -> bool {
        let version = row.get("schema_version").and_then(Value::as_str);
        version.is_some_and(|version| version.starts_with("ATIF")) && has(row, &["agent", "steps"])
    }

    fn read(&self, row: &Row, _place: &Place<'_>) -> Result<Item, String> {
        let record: Record = row.parse()?;
        let mut turns = Vec::new();
        for step in record.steps {
            push_turns(step, &mut turns)?;
        }
        let (initial_observation, steps) = chat::steps(&turns);
        if steps.is_empty() {
            return Err("The agent does nothing in this trajectory.".into());
        }
        // Another program's extras are nothing to us.
        if let Ok(Extra { task, end }) = serde_json::from_value(record.extra) {
            let source = record.agent.name;
            return Ok(Trajectory::new(task, source, initial_observation, steps, end).into());
        }
        let asked = turns.iter().find(|turn| turn.role == Role::User);
        let goal = first_words(asked.map_or(&initial_observation, |turn| &turn.content));
        let task = Task {
            id: TaskId(short_hash(["atif", goal.as_str()])),
            environment: "atif".to_owned(),
            task_type: "unknown".to_owned(),
            goal,
            split: Split::Train,
        };
        // The format does not say how an episode ended.
        let end = EpisodeEnd::Unknown;
        Ok(Trajectory::new(task, record.agent.name, initial_observation, steps, end).into())
    }
}

/// A step of an agent is what it says and calls, then what comes back.
fn push_turns(step: AtifStep, turns: &mut Vec<Message>) -> Result<(), String> {
    let role = match step.source.as_str() {
        "agent" => Role::Assistant,
        "user" => Role::User,
        "system" => Role::System,
        other => return Err(format!("{other:?} is no known source of a step.")),
    };
    let mut content = text(&step.message)?;
    for call in step.tool_calls.unwrap_or_default() {
        push_call(&mut content, &call.function_name, &call.arguments);
    }
    turns.push(Message { role, content });
    for result in step.observation.into_iter().flat_map(|seen| seen.results) {
        turns.push(Message {
            role: Role::Tool,
            content: text(&result.content)?,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_what_they_bring_back_are_a_step() {
        let record = r#"{"schema_version": "ATIF-v1.8", "agent": {"name": "helper", "version": "1"},
            "steps": [{"step_id": 1, "source": "user", "message": "Find the key."},
                      {"step_id": 2, "source": "agent", "message": "I look.",
                       "tool_calls": [{"tool_call_id": "a", "function_name": "look", "arguments": {}}],
                       "observation": {"results": [{"content": "A room."}]}}]}"#;
        let row = Row::Text(record.to_owned());
        assert!(Atif.recognises(&row.parse().unwrap()));
        let place = Place {
            entry: "x.json",
            source: "x",
            columns: None,
        };
        let Item::Trajectory(read) = Atif.read(&row, &place).unwrap() else {
            panic!("a trajectory was expected");
        };
        assert_eq!(read.task.goal, "Find the key.");
        assert_eq!(read.source, "helper");
        assert_eq!(read.steps[0].action, "I look.\nlook({})");
        assert_eq!(read.steps[0].observation, "A room.");
    }
}
