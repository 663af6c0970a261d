//! Chats in OpenAI's form: `{"messages": [{"role": "user", "content": …}, …]}`, tool calls included.

use lore_core::{Message, Role};
use serde::Deserialize;
use serde_json::Value;

use crate::chat::{self, About};
use crate::format::{Format, Item, Place};
use crate::rows::Row;

/// See the module.
pub(crate) struct Messages;

#[derive(Deserialize)]
struct Chat {
    messages: Vec<OpenAiMessage>,
    #[serde(flatten)]
    about: About,
}

/// One message; `content` is text, parts, or nothing when tools are called.
#[derive(Debug, Deserialize)]
pub(super) struct OpenAiMessage {
    role: String,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
}

/// OpenAI nests the arguments in the function; Inspect puts them beside its name.
#[derive(Debug, Deserialize)]
struct ToolCall {
    function: Function,
    #[serde(default)]
    arguments: Value,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Function {
    Name(String),
    Full {
        name: String,
        #[serde(default)]
        arguments: Value,
    },
}

impl Format for Messages {
    fn name(&self) -> &'static str {
        "OpenAI messages"
    }

    fn recognises(&self, row: &Value) -> bool {
        let first = row.get("messages").and_then(|messages| messages.get(0));
        first.is_some_and(|message| message.get("role").is_some())
    }

    fn read(&self, row: &Row, place: &Place<'_>) -> Result<Item, String> {
        let chat: Chat = row.parse()?;
        let turns = messages(chat.messages)?;
        Ok(chat::trajectory(&turns, &chat.about, place)?.into())
    }
}

/// The messages as ours.
pub(super) fn messages(messages: Vec<OpenAiMessage>) -> Result<Vec<Message>, String> {
    messages.into_iter().map(message).collect()
}

fn message(message: OpenAiMessage) -> Result<Message, String> {
    let role = match message.role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        other => return Err(format!("{other:?} is no known role.")),
    };
    let mut content = text(&message.content)?;
    for call in message.tool_calls.unwrap_or_default() {
        match &call.function {
            Function::Name(name) => push_call(&mut content, name, &call.arguments),
            Function::Full { name, arguments } => push_call(&mut content, name, arguments),
        }
    }
    Ok(Message { role, content })
}

/// Writes a tool call on a line of its own: `name(arguments)`.
pub(super) fn push_call(content: &mut String, name: &str, arguments: &Value) {
    if !content.is_empty() {
        content.push('\n');
    }
    content.push_str(name);
    content.push('(');
    match arguments {
        Value::String(arguments) => content.push_str(arguments),
        Value::Null => {}
        arguments => content.push_str(&arguments.to_string()),
    }
    content.push(')');
}

/// The text of a content; pictures and sound have none.
pub(super) fn text(content: &Value) -> Result<String, String> {
    match content {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            Ok(texts.collect::<Vec<_>>().join("\n"))
        }
        _ => Err("A message's content is neither text nor a list of parts.".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_calls_and_parts_become_text() {
        let read: Vec<OpenAiMessage> = serde_json::from_str(
            r#"[{"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                {"role": "assistant", "content": null, "tool_calls":
                    [{"function": {"name": "find", "arguments": "{\"x\": 1}"}},
                     {"function": "open", "arguments": {"y": 2}}]}]"#,
        )
        .unwrap();
        let turns = messages(read).unwrap();
        assert_eq!(turns[0].content, "Hi");
        assert_eq!(
            turns[1],
            Message::assistant("find({\"x\": 1})\nopen({\"y\":2})")
        );
    }
}
