//! Trajectories of SWE-agent (Yang et al., 2024), one `.traj` file each:
//! `{trajectory: [{action, observation, response, thought, …}], history, info}`.

use lore_core::{EpisodeEnd, Role, Split, Step, Task, TaskId, Trajectory};
use serde::Deserialize;
use serde_json::Value;

use super::messages::{OpenAiMessage, messages};
use crate::chat::tells_success;
use crate::format::{Format, Item, Place, first_words};
use crate::rows::Row;

/// See the module.
pub(crate) struct SweAgent;

#[derive(Deserialize)]
struct Record {
    trajectory: Vec<Turn>,
    #[serde(default)]
    history: Vec<Value>,
    #[serde(default)]
    info: Info,
}

#[derive(Deserialize)]
struct Turn {
    action: String,
    #[serde(default)]
    observation: Option<String>,
    #[serde(default)]
    thought: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    exit_status: Option<String>,
    /// Written by evaluations of the patch, not by the agent.
    resolved: Option<Value>,
}

impl Format for SweAgent {
    fn name(&self) -> &'static str {
        "SWE-agent trajectory"
    }

    fn recognises(&self, row: &Value) -> bool {
        let turns = row.get("trajectory").and_then(Value::as_array);
        turns.is_some_and(|turns| {
            (row.get("info").is_some() || row.get("history").is_some())
                && turns
                    .first()
                    .is_none_or(|turn| turn.get("action").is_some())
        })
    }

    fn read(&self, row: &Row, place: &Place<'_>) -> Result<Item, String> {
        let record: Record = row.parse()?;
        if record.trajectory.is_empty() {
            return Err("The agent does nothing in this trajectory.".into());
        }
        let issue = issue(record.history);
        let steps = record.trajectory.into_iter().map(|turn| Step {
            action: action(turn.thought.as_deref().unwrap_or_default(), &turn.action),
            observation: turn.observation.unwrap_or_default(),
            ..Step::default()
        });
        let name = place.entry.rsplit('/').next().unwrap_or(place.entry);
        let id = name.split(".traj").next().unwrap_or(name);
        let task = Task {
            id: TaskId(id.to_owned()),
            environment: "swe-agent".to_owned(),
            // Issues are named `<owner>__<repository>-<number>`.
            task_type: id
                .rsplit_once('-')
                .map_or("unknown", |(repository, _)| repository)
                .to_owned(),
            goal: first_words(if issue.is_empty() { id } else { &issue }),
            split: Split::Train,
        };
        let end = end(&record.info);
        Ok(Trajectory::new(task, place.source, issue, steps.collect(), end).into())
    }
}

/// What the agent was asked before it first spoke. Turns that are no chat are passed over.
fn issue(history: Vec<Value>) -> String {
    let turns = history.into_iter().filter_map(|turn| {
        let turn: OpenAiMessage = serde_json::from_value(turn).ok()?;
        messages(vec![turn]).ok()?.pop()
    });
    let asked: Vec<String> = turns
        .take_while(|turn| turn.role != Role::Assistant)
        .filter(|turn| turn.role == Role::User)
        .map(|turn| turn.content)
        .collect();
    // Demonstrations come first, the issue itself last.
    asked.into_iter().next_back().unwrap_or_default()
}

fn action(thought: &str, action: &str) -> String {
    match thought.trim() {
        "" => action.trim_end().to_owned(),
        thought => format!("{thought}\n{}", action.trim_end()),
    }
}

/// Handing a patch in says nothing about its being right.
fn end(info: &Info) -> EpisodeEnd {
    match info.resolved.as_ref().and_then(tells_success) {
        Some(true) => return EpisodeEnd::Success,
        Some(false) => return EpisodeEnd::Failure,
        None => {}
    }
    match info.exit_status.as_deref() {
        Some(status) if status.contains("exit_cost") || status.contains("exit_context") => {
            EpisodeEnd::Truncated
        }
        Some(status) if status.contains("error") => EpisodeEnd::EnvironmentError,
        _ => EpisodeEnd::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_stand_before_actions_and_the_file_names_the_task() {
        let record = r#"{"environment": "swe_main", "trajectory": [
            {"action": "ls\n", "observation": "a.py", "response": "x", "thought": "Look."},
            {"action": "submit", "observation": "", "thought": ""}],
            "history": [{"role": "system", "content": "You fix bugs."},
                        {"role": "user", "content": "It crashes."},
                        {"role": "assistant", "content": "Look.", "agent": "primary"}],
            "info": {"exit_status": "submitted", "submission": "diff", "model_stats": {}}}"#;
        let row = Row::Text(record.to_owned());
        assert!(SweAgent.recognises(&row.parse().unwrap()));
        let place = Place {
            entry: "run/marsh__marsh-12.traj",
            source: "run",
            columns: None,
        };
        let Item::Trajectory(read) = SweAgent.read(&row, &place).unwrap() else {
            panic!("a trajectory was expected");
        };
        assert_eq!(read.task.id.as_str(), "marsh__marsh-12");
        assert_eq!(read.task.task_type, "marsh__marsh");
        assert_eq!(read.task.goal, "It crashes.");
        assert_eq!(read.steps[0].action, "Look.\nls");
        assert_eq!(read.steps[0].observation, "a.py");
        assert_eq!(read.end, EpisodeEnd::Unknown);
    }
}
