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

#[derive(Deserialize)]
struct Turn {
    from: String,
    value: String,
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

fn message(turn: Turn) -> Result<Message, String> {
    let role = match turn.from.to_lowercase().as_str() {
        "human" | "user" => Role::User,
        "gpt" | "assistant" | "chatgpt" | "bot" | "model" | "agent" | "function_call" => {
            Role::Assistant
        }
        "system" => Role::System,
        "tool" | "function" | "function_response" | "observation" | "environment" => Role::Tool,
        other => return Err(format!("{other:?} is no known speaker.")),
    };
    Ok(Message {
        role,
        content: turn.value,
    })
}
