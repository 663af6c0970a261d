//! Trajectories of `AgentGym` (Xi et al., 2024) and ETO (Song et al., 2024): ShareGPT conversations with
//! the name of the task beside them, and an agent that first says that it understood its instructions.

use lore_core::{Message, Role};
use serde::Deserialize;
use serde_json::Value;

use super::sharegpt::{Turn, message};
use crate::alfworld;
use crate::chat::{self, About};
use crate::format::{Format, Item, Place};
use crate::rows::Row;

/// See the module.
pub(crate) struct AgentGym;

#[derive(Deserialize)]
struct Chat {
    conversations: Vec<Turn>,
    /// `<environment>_<number>` (`AgentGym`).
    item_id: Option<String>,
    /// The path of an ALFWorld game (ETO).
    game_file: Option<String>,
    #[serde(flatten)]
    about: About,
}

impl Format for AgentGym {
    fn name(&self) -> &'static str {
        "AgentGym trajectories"
    }

    fn recognises(&self, row: &Value) -> bool {
        let first = row.get("conversations").and_then(|turns| turns.get(0));
        let is_chat = first.is_some_and(|turn| super::has(turn, &["from", "value"]));
        is_chat
            && ["item_id", "game_file"]
                .iter()
                .any(|field| row.get(field).is_some())
    }

    fn read(&self, row: &Row, place: &Place<'_>) -> Result<Item, String> {
        let mut chat: Chat = row.parse()?;
        drop_promise(&mut chat.conversations);
        let turns: Result<Vec<Message>, String> =
            chat.conversations.into_iter().map(message).collect();
        let mut trajectory = chat::trajectory(&turns?, &chat.about, place)?;
        let task = &mut trajectory.task;
        if let Some(path) = chat.game_file {
            alfworld::ENVIRONMENT.clone_into(&mut task.environment);
            task.split = alfworld::split_in(&path);
            if let Some(known) = alfworld::type_in(&path) {
                known.clone_into(&mut task.task_type);
            }
            task.id.0 = path;
        } else if let Some(id) = chat.item_id {
            if let Some((environment, _number)) = id.rsplit_once('_') {
                environment.clone_into(&mut task.environment);
                if task.task_type == "unknown" {
                    environment.clone_into(&mut task.task_type);
                }
            }
            task.id.0 = id;
        }
        trajectory.id = trajectory.content_id();
        Ok(trajectory.into())
    }
}

/// Takes the agent's first turn out when it only promises to follow its instructions: that is no
/// action, and the world did not answer it.
fn drop_promise(turns: &mut Vec<Turn>) {
    let Some([first, second, _task, ..]) = turns.get(..) else {
        return;
    };
    let is_agent = |turn: &Turn| is_by(turn, Role::Assistant);
    let is_promise = second.loss == Some(false) || second.value.trim_start().starts_with("OK");
    if !is_agent(first) && is_agent(second) && is_promise {
        turns.remove(1);
    }
}

fn is_by(turn: &Turn, role: Role) -> bool {
    super::sharegpt::role(turn).is_ok_and(|of| of == role)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> lore_core::Trajectory {
        let row = Row::Text(json.to_owned());
        assert!(AgentGym.recognises(&row.parse().unwrap()));
        let place = Place {
            entry: "x.json",
            source: "x",
            columns: None,
        };
        match AgentGym.read(&row, &place).unwrap() {
            Item::Trajectory(read) => *read,
            Item::Game(_) => panic!("a trajectory was expected"),
        }
    }

    #[test]
    fn the_promise_is_no_action() {
        let read = read(
            r#"{"conversations": [{"from": "human", "loss": null, "value": "Play."},
                {"from": "gpt", "loss": false, "value": "OK. I'll follow your instructions."},
                {"from": "human", "loss": null, "value": "A room."},
                {"from": "gpt", "loss": true, "value": "look"}], "item_id": "textcraft_12"}"#,
        );
        assert_eq!(read.initial_observation, "Play.\n\nA room.");
        assert_eq!(read.num_steps(), 1);
        assert_eq!(read.task.environment, "textcraft");
        assert_eq!(read.task.id.as_str(), "textcraft_12");
    }

    #[test]
    fn a_games_path_names_its_type_and_split() {
        let read = read(
            r#"{"id": 3, "game_file": "json_2.1.1/valid_unseen/pick_two_obj_and_place-X-None-Y-1/t/g",
                "conversations": [{"from": "human", "value": "Your task is to: put two x in y."},
                {"from": "gpt", "value": "Thought: go\nAction: go"}], "reward": 1.0}"#,
        );
        assert_eq!(read.task.task_type, "pick_two_obj_and_place");
        assert_eq!(read.task.split, lore_core::Split::Test);
        assert!(read.is_success());
    }
}
