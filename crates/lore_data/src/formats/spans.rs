//! Spans of `OpenInference` and of `OpenTelemetry`'s conventions for generative AI, one a line or wrapped
//! as OTLP JSON. The last call of a trace to a model was sent everything that went before, so a trace
//! becomes one trajectory.

mod attributes;
mod chat;

use std::collections::BTreeMap;

use lore_core::{Message, Role};
use serde_json::Value;

use crate::chat::{About, trajectory};
use crate::format::{Format, Gather, Gathered, Item, Place};
use crate::rows::Row;
use attributes::{Attributes, field, flat};

/// See the module.
pub(crate) struct Spans;

impl Format for Spans {
    fn name(&self) -> &'static str {
        "OpenTelemetry spans"
    }

    fn recognises(&self, row: &Value) -> bool {
        row.get("resourceSpans").is_some_and(Value::is_array)
            || (row.get("attributes").is_some() && !trace_of(row).is_empty())
    }

    fn read(&self, _row: &Row, _place: &Place<'_>) -> Result<Item, String> {
        Err("A span alone is no trajectory.".into()) // rows go to `gather`
    }

    fn gather(&self) -> Option<Box<dyn Gather>> {
        Some(Box::new(Traces::default()))
    }
}

/// The traces of a file: of each, the call to a model that was sent most.
#[derive(Default)]
struct Traces {
    calls: BTreeMap<String, Call>,
    /// Traces without such a call, with the line they were first seen on.
    empty: BTreeMap<String, u64>,
}

/// One call to a model.
struct Call {
    line: u64,
    /// Its place in time.
    start: String,
    turns: Vec<Message>,
    outcome: Option<Value>,
}

impl Gather for Traces {
    fn push(&mut self, line: u64, row: Row, _place: &Place<'_>, found: &mut Gathered) {
        match row.parse::<Value>() {
            Ok(value) => self.take(line, &value),
            Err(reason) => found.push((line, Err(reason))),
        }
    }

    fn finish(&mut self, place: &Place<'_>, found: &mut Gathered) {
        let calls = std::mem::take(&mut self.calls);
        for (trace, call) in calls {
            let about = About::of(BTreeMap::from([
                ("id", Value::String(trace)),
                ("environment", Value::String("traces".to_owned())),
                ("success", call.outcome.unwrap_or_default()),
            ]));
            let item = trajectory(&call.turns, &about, place).map(Item::from);
            found.push((call.line, item));
        }
        for (trace, line) in std::mem::take(&mut self.empty) {
            let reason = format!("The trace {trace} holds no call to a model with its messages.");
            found.push((line, Err(reason)));
        }
        found.sort_by_key(|(line, _)| *line);
    }
}

impl Traces {
    fn take(&mut self, line: u64, row: &Value) {
        let Some(resources) = row.get("resourceSpans").and_then(Value::as_array) else {
            self.span(line, row);
            return;
        };
        for resource in resources {
            let scopes = list(resource, "scopeSpans");
            for scope in scopes {
                for span in list(scope, "spans") {
                    self.span(line, span);
                }
            }
        }
    }

    fn span(&mut self, line: u64, span: &Value) {
        let trace = trace_of(span);
        let attributes = flat(span.get("attributes").unwrap_or(&Value::Null));
        let turns = chat::turns(span, &attributes);
        if !turns.iter().any(|turn| turn.role == Role::Assistant) {
            if !self.calls.contains_key(&trace) {
                self.empty.entry(trace).or_insert(line);
            }
            return;
        }
        self.empty.remove(&trace);
        let call = Call {
            line,
            start: start_of(span),
            turns,
            outcome: outcome(&attributes),
        };
        let is_later = self.calls.get(&trace).is_none_or(|known| {
            (known.turns.len(), &known.start) <= (call.turns.len(), &call.start)
        });
        if is_later {
            self.calls.insert(trace, call);
        }
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The trace a span belongs to, however its exporter writes that.
fn trace_of(span: &Value) -> String {
    let inner = span.get("context").unwrap_or(span);
    let names = ["trace_id", "traceId", "context.trace_id"];
    let found = names
        .iter()
        .find_map(|name| inner.get(*name).or_else(|| span.get(*name)));
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// When a span began, as text that sorts in time among those of one exporter.
fn start_of(span: &Value) -> String {
    let names = [
        "startTimeUnixNano",
        "start_time",
        "startTime",
        "start_time_unix_nano",
    ];
    match names.iter().find_map(|name| span.get(*name)) {
        Some(Value::String(time)) => time.clone(),
        Some(Value::Number(time)) => {
            let digits = time.to_string();
            format!("{digits:0>20}")
        }
        _ => String::new(),
    }
}

/// What an evaluation wrote onto the span.
fn outcome(attributes: &Attributes) -> Option<Value> {
    [
        "success",
        "reward",
        "eval.score",
        "gen_ai.evaluation.score.value",
    ]
    .iter()
    .find_map(|name| field(attributes, name).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The trajectories in these lines as `goal | actions`, or what is wrong.
    fn read(lines: &[&str]) -> Vec<String> {
        let place = Place {
            entry: "spans.jsonl",
            source: "spans",
            columns: None,
        };
        let mut traces = Traces::default();
        let mut found = Gathered::new();
        for (line, number) in lines.iter().zip(1..) {
            let row = Row::Text((*line).to_owned());
            assert!(Spans.recognises(&row.parse().unwrap()), "{line}");
            traces.push(number, row, &place, &mut found);
        }
        traces.finish(&place, &mut found);
        let show = |item: Result<Item, String>| match item {
            Ok(Item::Trajectory(read)) => {
                let actions: Vec<_> = read.steps.iter().map(|step| step.action.clone()).collect();
                format!("{} | {}", read.task.goal, actions.join(" / "))
            }
            Ok(Item::Game(_)) => "a game".to_owned(),
            Err(reason) => reason,
        };
        found.into_iter().map(|(_, item)| show(item)).collect()
    }

    #[test]
    fn openinference_spans_of_a_trace_are_one_trajectory() {
        let first = r#"{"name": "llm", "context": {"trace_id": "t1", "span_id": "a"}, "start_time": "2026-01-01T00:00:01",
            "attributes": {"openinference.span.kind": "LLM",
              "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Find it.",
              "llm.output_messages.0.message.role": "assistant",
              "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "look",
              "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{}"}}"#;
        let second = r#"{"name": "llm", "context": {"trace_id": "t1", "span_id": "b"}, "start_time": "2026-01-01T00:00:02",
            "attributes": {"llm": {"input_messages": [
                {"message": {"role": "user", "content": "Find it."}},
                {"message": {"role": "assistant", "content": "look"}},
                {"message": {"role": "tool", "content": "A room."}}],
              "output_messages": [{"message": {"role": "assistant", "content": "take it"}}]}}}"#;
        let tool = r#"{"name": "look", "context": {"trace_id": "t2"}, "attributes": {"openinference.span.kind": "TOOL"}}"#;
        assert_eq!(
            read(&[first, second, tool]),
            [
                "Find it. | look / take it",
                "The trace t2 holds no call to a model with its messages."
            ]
        );
        assert_eq!(read(&[first]), ["Find it. | look({})"]);
    }

    #[test]
    fn otlp_with_genai_messages_is_read() {
        let span = r#"{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "ab", "startTimeUnixNano": "17",
            "attributes": [
              {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
              {"key": "gen_ai.input.messages", "value": {"stringValue":
                "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Weather?\"}]}]"}},
              {"key": "gen_ai.output.messages", "value": {"stringValue":
                "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"1\",\"name\":\"get\",\"arguments\":{\"at\":\"Paris\"}}]}]"}}
            ]}]}]}]}"#;
        assert_eq!(read(&[span]), [r#"Weather? | get({"at":"Paris"})"#]);
    }

    #[test]
    fn numbered_prompts_and_events_are_read() {
        let prompts = r#"{"traceId": "a", "attributes": {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Hi",
            "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "Hello"}}"#;
        let events = r#"{"trace_id": "b", "attributes": {"gen_ai.system": "x"}, "events": [
            {"name": "gen_ai.user.message", "attributes": {"content": "Hi"}},
            {"name": "gen_ai.choice", "attributes": {"message": {"role": "assistant", "content": "Hello"}}}]}"#;
        assert_eq!(read(&[prompts, events]), ["Hi | Hello", "Hi | Hello"]);
    }
}
