//! Chats of other programs as trajectories: what the agent says is an action, everything said to it
//! between two actions is one observation.

use std::collections::BTreeMap;

use lore_core::{EpisodeEnd, Message, Role, Split, Step, Task, TaskId, Trajectory, short_hash};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::alfworld;
use crate::format::{Place, first_words};

/// What a chat's row says about its episode beside the chat. Programs differ in names and types, so
/// nothing is required and what is odd is passed over. Our own exporters write `task`, `end` and
/// `source`, so that nothing is lost on the way out and back.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct About(BTreeMap<String, Value>);

/// The trajectory of a chat, or in words why it is none.
pub(crate) fn trajectory(
    turns: &[Message],
    about: &About,
    place: &Place<'_>,
) -> Result<Trajectory, String> {
    if turns.is_empty() {
        return Err("The chat is empty.".into());
    }
    if !turns.iter().any(|turn| turn.role == Role::Assistant) {
        return Err("The agent says nothing in this chat.".into());
    }
    let (initial_observation, steps) = steps(turns);
    let end = about.end(&steps);
    let task = about.task(turns, &initial_observation);
    let source = about.text(&["source"]).unwrap_or(place.source);
    Ok(Trajectory::new(
        task,
        source,
        initial_observation,
        steps,
        end,
    ))
}

/// The first observation, and every action with what followed it.
pub(crate) fn steps(turns: &[Message]) -> (String, Vec<Step>) {
    let mut initial = String::new();
    let mut steps: Vec<Step> = Vec::new();
    for turn in turns {
        if turn.role == Role::Assistant {
            steps.push(Step {
                action: turn.content.clone(),
                ..Step::default()
            });
            continue;
        }
        let heard = match steps.last_mut() {
            Some(step) => &mut step.observation,
            None => &mut initial,
        };
        if !heard.is_empty() {
            heard.push_str("\n\n");
        }
        heard.push_str(&turn.content);
    }
    (initial, steps)
}

impl About {
    /// What is known beside a chat that does not stand in a row of its own.
    pub(crate) fn of(fields: BTreeMap<&str, Value>) -> Self {
        Self(
            fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }

    /// The first of these fields that holds text.
    fn text(&self, fields: &[&str]) -> Option<&str> {
        fields.iter().find_map(|field| self.0.get(*field)?.as_str())
    }

    /// A field in one of our own forms.
    fn own<T: DeserializeOwned>(&self, field: &str) -> Option<T> {
        serde_json::from_value(self.0.get(field)?.clone()).ok()
    }

    fn task(&self, turns: &[Message], initial_observation: &str) -> Task {
        // Our own exporters write the whole task.
        if let Some(task) = self.own("task") {
            return task;
        }
        let id = match self.0.get("id") {
            Some(Value::String(id)) => Some(id.clone()),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        };
        let goal = self.goal(turns, initial_observation);
        let alfworld_type = id.as_deref().and_then(alfworld::type_in);
        let is_alfworld = alfworld_type.is_some() || initial_observation.contains("ALFRED!");
        let environment = self.text(&["environment", "env"]).unwrap_or({
            if is_alfworld {
                alfworld::ENVIRONMENT
            } else {
                "chat"
            }
        });
        let task_type = self.text(&["task_type", "category"]).or(alfworld_type);
        Task {
            // Without an identifier, chats with the same goal are episodes of the same task.
            id: TaskId(id.unwrap_or_else(|| short_hash([environment, goal.as_str()]))),
            environment: environment.to_owned(),
            task_type: task_type.unwrap_or("unknown").to_owned(),
            goal,
            split: self
                .text(&["split"])
                .map_or(Split::Train, alfworld::split_in),
        }
    }

    fn goal(&self, turns: &[Message], initial_observation: &str) -> String {
        if let Some(goal) = self.text(&["task", "goal", "instruction"]) {
            return goal.trim().to_owned();
        }
        if let Some(goal) = turns
            .iter()
            .find_map(|turn| alfworld::goal_in(&turn.content))
        {
            return goal;
        }
        let asked = turns.iter().find(|turn| turn.role == Role::User);
        first_words(asked.map_or(initial_observation, |turn| &turn.content))
    }

    fn end(&self, steps: &[Step]) -> EpisodeEnd {
        if let Some(end) = self.own("end") {
            return end;
        }
        let told = ["success", "won", "reward", "score"]
            .iter()
            .find_map(|field| tells_success(self.0.get(*field)?));
        let told = told.or_else(|| reward_in(&steps.last()?.observation));
        match told {
            Some(true) => EpisodeEnd::Success,
            Some(false) => EpisodeEnd::Failure,
            None => EpisodeEnd::Unknown,
        }
    }
}

/// Whether a field tells of success: `true`, 1 or more, or a word for it. `None` when it tells nothing.
pub(crate) fn tells_success(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(good) => Some(*good),
        Value::Number(number) => number.as_f64().map(|reward| reward >= 1.0 - 1e-9),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "" | "unknown" | "null" | "none" => None,
            "true" | "success" | "yes" | "won" | "resolved" => Some(true),
            number => Some(number.parse().is_ok_and(|reward: f64| reward >= 1.0 - 1e-9)),
        },
        _ => None,
    }
}

/// The outcome in a last observation such as `Episode finished, reward = True` (`FireAct`).
fn reward_in(observation: &str) -> Option<bool> {
    let (_, reward) = observation.rsplit_once("reward = ")?;
    let word = reward
        .split(|c: char| c.is_whitespace() || c == ',')
        .next()?;
    match word.trim_end_matches('.') {
        "True" | "true" => Some(true),
        "False" | "false" => Some(false),
        number => number
            .parse::<f64>()
            .ok()
            .map(|reward| reward >= 1.0 - 1e-9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place {
        entry: "chats.jsonl",
        source: "chats",
        columns: None,
    };

    #[test]
    fn turns_between_actions_are_one_observation() {
        let turns = [
            Message::system("Be brief."),
            Message::user("Find the key."),
            Message::assistant("look"),
            Message::user("A room."),
            Message::user("It is dark."),
            Message::assistant("light lamp"),
        ];
        let read = trajectory(&turns, &About::default(), &PLACE).unwrap();
        assert_eq!(read.initial_observation, "Be brief.\n\nFind the key.");
        assert_eq!(read.steps[0].observation, "A room.\n\nIt is dark.");
        assert_eq!(read.steps[1].observation, "");
        assert_eq!(read.task.goal, "Find the key.");
        assert_eq!(read.end, EpisodeEnd::Unknown);
    }

    #[test]
    fn outcomes_are_read_where_they_stand() {
        let outcome = |json: &str, last: &str| {
            let about: About = serde_json::from_str(json).unwrap();
            let turns = [Message::assistant("act"), Message::user(last)];
            trajectory(&turns, &about, &PLACE).unwrap().end
        };
        assert_eq!(outcome(r#"{"won": true}"#, ""), EpisodeEnd::Success);
        let odd = r#"{"success": {}, "score": "true", "source": 7, "task": null}"#;
        assert_eq!(outcome(odd, ""), EpisodeEnd::Success);
        assert_eq!(outcome(r#"{"reward": 0.5}"#, ""), EpisodeEnd::Failure);
        assert_eq!(
            outcome("{}", "Episode finished, reward = True"),
            EpisodeEnd::Success
        );
        assert_eq!(
            outcome("{}", "Episode finished, reward = 0"),
            EpisodeEnd::Failure
        );
    }

    #[test]
    fn a_chat_without_an_agent_is_refused_in_words() {
        let refused = trajectory(&[Message::user("Hello?")], &About::default(), &PLACE);
        assert!(refused.unwrap_err().contains("says nothing"));
    }
}
