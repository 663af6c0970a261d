//! Chats in the form ShareGPT made common: `{"conversations": [{"from": "human", "value": …}, …]}`.

use lore_core::{Message, Role};
use serde::Deserialize;
use serde_json::Value;

use crate::chat::{self, About};
use crate::format::{Format, Item, Place};
use crate::rows::Row;

/// See the module.
pub(crate) struct ShareGpt;

#[derive(Deserialize)]
struct Chat {
    conversations: Vec<Turn>,
    #[serde(flatten)]
    about: About,
}

/// One turn; `AgentGym` marks those that are not to be learned.
#[derive(Deserialize)]
pub(super) struct Turn {
    from: String,
    pub(super) value: String,
    #[serde(default)]
    pub(super) loss: Option<bool>,
}

impl Format for ShareGpt {
    fn name(&self) -> &'static str {
        "ShareGPT conversations"
    }

    fn recognises(&self, row: &Value) -> bool {
        let first = row.get("conversations").and_then(|turns| turns.get(0));
        first.is_some_and(|turn| super::has(turn, &["from", "value"]))
    }

    fn read(&self, row: &Row, place: &Place<'_>) -> Result<Item, String> {
        let chat: Chat = row.parse()?;
        let turns: Result<Vec<Message>, String> =
            chat.conversations.into_iter().map(message).collect();
        Ok(chat::trajectory(&turns?, &chat.about, place)?.into())
    }
}

/// The turn as ours.
pub(super) fn message(turn: Turn) -> Result<Message, String> {
    Ok(Message {
        role: role(&turn)?,
        content: turn.value,
    })
}

/// Whose turn it is.
pub(super) fn role(turn: &Turn) -> Result<Role, String> {
    Ok(match turn.from.to_lowercase().as_str() {
        "human" | "user" => Role::User,
        "gpt" | "assistant" | "chatgpt" | "bot" | "model" | "agent" | "function_call" => {
            Role::Assistant
        }
        "system" => Role::System,
        "tool" | "function" | "function_response" | "observation" | "environment" => Role::Tool,
        other => return Err(format!("{other:?} is no known speaker.")),
    })
}
