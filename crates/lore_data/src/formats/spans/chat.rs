//! The messages of a call to a model, by whichever convention the span was written.

use lore_core::{Message, Role};
use serde_json::Value;

use super::attributes::{Attributes, field};
use crate::formats::messages::{push_call, text};

/// More messages than this in one call are not looked for.
const MAX_MESSAGES: usize = 10_000;

/// Everything sent in the call, then what came back; empty when the span holds no messages.
pub(super) fn turns(span: &Value, attributes: &Attributes) -> Vec<Message> {
    // OpenInference.
    let mut turns = numbered(attributes, "llm.input_messages", ".message");
    turns.extend(numbered(attributes, "llm.output_messages", ".message"));
    if !turns.is_empty() {
        return turns;
    }
    // OpenTelemetry's conventions since 2025: whole lists of messages.
    turns.extend(instructions(attributes));
    turns.extend(whole(attributes, "gen_ai.input.messages"));
    turns.extend(whole(attributes, "gen_ai.output.messages"));
    if turns.iter().any(|turn| turn.role == Role::Assistant) {
        return turns;
    }
    // OpenLLMetry.
    turns = numbered(attributes, "gen_ai.prompt", "");
    turns.extend(numbered(attributes, "gen_ai.completion", ""));
    if !turns.is_empty() {
        return turns;
    }
    events(span)
}

/// Messages under names such as `llm.input_messages.0.message.role`.
fn numbered(attributes: &Attributes, list: &str, inner: &str) -> Vec<Message> {
    let mut turns = Vec::new();
    for index in 0..MAX_MESSAGES {
        let start = format!("{list}.{index}{inner}");
        let get = |name: &str| field(attributes, &format!("{start}.{name}"));
        let Some(role) = get("role").and_then(Value::as_str).and_then(role_in) else {
            break;
        };
        let mut content = get("content").map(plain).unwrap_or_default();
        if content.is_empty() {
            content = parts(attributes, &format!("{start}.contents"));
        }
        for call in 0..MAX_MESSAGES {
            // OpenInference nests one level deeper than OpenLLMetry.
            let nested = format!("{start}.tool_calls.{call}.tool_call.function");
            let flat = format!("{start}.tool_calls.{call}");
            let Some((at, Some(name))) = [nested, flat]
                .into_iter()
                .map(|at| (field(attributes, &format!("{at}.name")), at))
                .find_map(|(name, at)| name.map(|name| (at, name.as_str())))
            else {
                break;
            };
            let arguments = field(attributes, &format!("{at}.arguments"));
            push_call(&mut content, name, arguments.unwrap_or(&Value::Null));
        }
        turns.push(Message { role, content });
    }
    turns
}

/// The texts under names such as `….contents.0.message_content.text`.
fn parts(attributes: &Attributes, list: &str) -> String {
    let texts = (0..MAX_MESSAGES).map_while(|index| {
        let start = format!("{list}.{index}.message_content");
        let kind = field(attributes, &format!("{start}.type"));
        let text = field(attributes, &format!("{start}.text"));
        (kind.is_some() || text.is_some()).then(|| text.map(plain).unwrap_or_default())
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// The list of messages in one attribute, as JSON text or as itself.
fn whole(attributes: &Attributes, name: &str) -> Vec<Message> {
    let list = match field(attributes, name) {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(list) => list.clone(),
        None => Value::Null,
    };
    let Value::Array(messages) = list else {
        return Vec::new();
    };
    messages.iter().filter_map(message).collect()
}

fn instructions(attributes: &Attributes) -> Option<Message> {
    let value = match field(attributes, "gen_ai.system_instructions")? {
        Value::String(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
        }
        other => other.clone(),
    };
    let content = match &value {
        Value::Array(parts) => parts.iter().filter_map(part).collect::<Vec<_>>().join("\n"),
        other => plain(other),
    };
    Some(Message::system(content))
}

/// A message with `parts`, or with `content` as OpenAI writes it.
fn message(message: &Value) -> Option<Message> {
    let role = role_in(message.get("role")?.as_str()?)?;
    let mut content = match message.get("parts").and_then(Value::as_array) {
        Some(parts) => parts.iter().filter_map(part).collect::<Vec<_>>().join("\n"),
        None => text(message.get("content").unwrap_or(&Value::Null)).unwrap_or_default(),
    };
    for call in message
        .get("tool_calls")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let call = call.get("function").unwrap_or(call);
        if let Some(name) = call.get("name").and_then(Value::as_str) {
            push_call(
                &mut content,
                name,
                call.get("arguments").unwrap_or(&Value::Null),
            );
        }
    }
    Some(Message { role, content })
}

/// One part of a message in words.
fn part(part: &Value) -> Option<String> {
    match part.get("type").and_then(Value::as_str)? {
        "text" => part.get("content").map(plain),
        "tool_call" => {
            let mut call = String::new();
            let name = part.get("name")?.as_str()?;
            push_call(
                &mut call,
                name,
                part.get("arguments").unwrap_or(&Value::Null),
            );
            Some(call)
        }
        "tool_call_response" => part
            .get("response")
            .or_else(|| part.get("result"))
            .map(plain),
        _ => None, // reasoning, pictures and sound are no part of the record
    }
}

/// Messages written as events of the span, as the conventions had it until 2025.
fn events(span: &Value) -> Vec<Message> {
    let events = span.get("events").and_then(Value::as_array);
    let turns = events.into_iter().flatten().filter_map(|event| {
        let name = event.get("name")?.as_str()?;
        let body = super::flat(event.get("attributes").or_else(|| event.get("body"))?);
        let role = match name {
            "gen_ai.system.message" => Role::System,
            "gen_ai.user.message" => Role::User,
            "gen_ai.assistant.message" | "gen_ai.choice" => Role::Assistant,
            "gen_ai.tool.message" => Role::Tool,
            _ => return None,
        };
        let content = ["content", "message.content", "gen_ai.event.content"]
            .iter()
            .find_map(|name| field(&body, name));
        Some(Message {
            role,
            content: content.map(plain).unwrap_or_default(),
        })
    });
    turns.collect()
}

fn role_in(role: &str) -> Option<Role> {
    Some(match role {
        "system" | "developer" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "model" | "ai" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => return None,
    })
}

/// A value as text: texts as they are, everything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
