//! Chat completions as OpenAI's clients write and read them. Fields that are not known are ignored.

use lore_core::{Completion, FinishReason, MemoryUse, Message, Role, Sampling};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::Refusal;

/// The longest answer when the caller sets no limit: a small model may never end by itself.
const MAX_TOKENS: usize = 1024;

/// Stop texts at most, as OpenAI has it.
const MAX_STOPS: usize = 4;

/// What a caller asks.
#[derive(Debug, Deserialize)]
pub(super) struct ChatRequest {
    model: String,
    messages: Vec<ChatMessage>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    stop: Option<OneOrMany>,
    seed: Option<i64>,
    n: Option<u64>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct ChatMessage {
    role: String,
    content: Option<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(rename = "type")]
    sort: String,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// How the caller wants the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// All at once.
    Whole,
    /// As it is written, with the counts at the end if they are wanted.
    Pieces { with_usage: bool },
}

impl ChatRequest {
    /// Reads the body of a request.
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body)
            .map_err(|error| Refusal::invalid(format!("The request is not understood: {error}")))
    }

    /// Checks that the model that is `served` is asked for.
    pub(super) fn check_model(&self, served: &str) -> Result<(), Refusal> {
        if self.model == served {
            Ok(())
        } else {
            Err(Refusal::no_such_model(served))
        }
    }

    /// How the answer is wanted.
    pub(super) fn delivery(&self) -> Delivery {
        if self.stream != Some(true) {
            return Delivery::Whole;
        }
        let options = self.stream_options.as_ref();
        Delivery::Pieces {
            with_usage: options.and_then(|options| options.include_usage) == Some(true),
        }
    }

    /// The chat.
    pub(super) fn chat(&self) -> Result<Vec<Message>, Refusal> {
        if self.messages.is_empty() {
            return Err(Refusal::field("messages", "The chat is empty"));
        }
        self.messages.iter().map(ChatMessage::read).collect()
    }

    /// How tokens are picked; `random_seed` is for callers that set none.
    pub(super) fn sampling(&self, random_seed: u64) -> Result<Sampling, Refusal> {
        if self.n.is_some_and(|n| n != 1) {
            return Err(Refusal::field("n", "One answer at a time: n must be 1"));
        }
        let limit = self.max_completion_tokens.or(self.max_tokens);
        if limit == Some(0) {
            return Err(Refusal::field(
                "max_tokens",
                "max_tokens must be at least 1",
            ));
        }
        let stop = match &self.stop {
            None => Vec::new(),
            Some(OneOrMany::One(stop)) => vec![stop.clone()],
            Some(OneOrMany::Many(stops)) => stops.clone(),
        };
        if stop.len() > MAX_STOPS || stop.iter().any(String::is_empty) {
            let message = "stop takes up to four texts, none of them empty";
            return Err(Refusal::field("stop", message));
        }
        Ok(Sampling {
            temperature: within("temperature", self.temperature, 2.0)?,
            top_p: within("top_p", self.top_p, 1.0)?,
            max_new_tokens: limit.unwrap_or(MAX_TOKENS),
            seed: self.seed.map_or(random_seed, i64::cast_unsigned),
            stop,
        })
    }
}

/// A number between 0 and `max`; 1 when the caller sets none.
fn within(name: &'static str, value: Option<f64>, max: f64) -> Result<f64, Refusal> {
    let value = value.unwrap_or(1.0);
    if (0.0..=max).contains(&value) {
        Ok(value)
    } else {
        let message = format!("{name} must be between 0 and {max}");
        Err(Refusal::field(name, message))
    }
}

impl ChatMessage {
    fn read(&self) -> Result<Message, Refusal> {
        let role = match self.role.as_str() {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            other => {
                let message = format!("Messages of {other:?} are not understood here");
                return Err(Refusal::field("messages", message));
            }
        };
        let content = match &self.content {
            None => String::new(),
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => read_parts(parts)?,
        };
        Ok(Message { role, content })
    }
}

fn read_parts(parts: &[Part]) -> Result<String, Refusal> {
    let texts = parts.iter().map(|part| match (&*part.sort, &part.text) {
        ("text", Some(text)) => Ok(text.as_str()),
        (other, _) => {
            let message = format!("The model reads text; a part of type {other:?} is not");
            Err(Refusal::field("messages", message))
        }
    });
    Ok(texts.collect::<Result<Vec<_>, _>>()?.concat())
}

/// What is the same in every part of an answer.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    /// Names the answer.
    pub(super) id: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// The model.
    pub(super) model: String,
}

impl Stamp {
    /// The answer all at once. Beside what every client knows it names the memories that were used.
    pub(super) fn whole(&self, completion: &Completion, memories: &[MemoryUse]) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": completion.text, "refusal": null},
                "logprobs": null,
                "finish_reason": finish(completion.finish),
            }],
            "usage": usage(completion),
            "memories": memories,
        })
    }

    /// A part of the answer.
    pub(super) fn piece(&self, delta: &Value, finished: Option<FinishReason>) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0,
                "delta": delta,
                "logprobs": null,
                "finish_reason": finished.map(finish),
            }],
        })
    }

    /// The part with the counts.
    pub(super) fn counts(&self, completion: &Completion) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": [],
            "usage": usage(completion),
        })
    }
}

fn finish(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
    }
}

fn usage(completion: &Completion) -> Value {
    json!({
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "total_tokens": completion.prompt_tokens + completion.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": completion.cached_tokens},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &Value) -> ChatRequest {
        ChatRequest::read(value.to_string().as_bytes()).unwrap()
    }

    fn asked(mut more: Value) -> ChatRequest {
        more["model"] = "m".into();
        more["messages"] = json!([{"role": "user", "content": "hello"}]);
        read(&more)
    }

    #[test]
    fn what_is_not_known_is_ignored_and_what_is_not_set_is_as_everywhere() {
        let request = asked(json!({"tools": [], "logit_bias": {"1": 2}, "user": "ada"}));
        let sampling = request.sampling(7).unwrap();
        let expected = Sampling {
            temperature: 1.0,
            top_p: 1.0,
            max_new_tokens: MAX_TOKENS,
            seed: 7,
            stop: Vec::new(),
        };
        assert_eq!(sampling, expected);
        assert_eq!(request.delivery(), Delivery::Whole);
    }

    #[test]
    fn settings_are_respected() {
        let request = asked(json!({
            "temperature": 0, "top_p": 0.5, "max_tokens": 9, "max_completion_tokens": 5,
            "stop": "\n", "seed": -1, "stream": true, "stream_options": {"include_usage": true},
        }));
        let sampling = request.sampling(7).unwrap();
        assert_eq!((sampling.temperature, sampling.top_p), (0.0, 0.5));
        assert_eq!((sampling.max_new_tokens, sampling.seed), (5, u64::MAX));
        assert_eq!(sampling.stop, ["\n"]);
        assert_eq!(request.delivery(), Delivery::Pieces { with_usage: true });
    }

    #[test]
    fn messages_may_come_in_parts() {
        let request = read(&json!({"model": "m", "messages": [
            {"role": "developer", "content": "Act."},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": null},
        ]}));
        let expected = [
            Message::system("Act."),
            Message::user("ab"),
            Message::assistant(""),
        ];
        assert_eq!(request.chat().unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_the_field_at_fault() {
        for (more, field) in [
            (json!({"temperature": 2.1}), "temperature"),
            (json!({"temperature": -0.1}), "temperature"),
            (json!({"top_p": 1.1}), "top_p"),
            (json!({"n": 2}), "n"),
            (json!({"max_tokens": 0}), "max_tokens"),
            (json!({"stop": ["a", "b", "c", "d", "e"]}), "stop"),
            (json!({"stop": ""}), "stop"),
        ] {
            let refusal = asked(more).sampling(0).unwrap_err();
            assert_eq!(refusal.body()["error"]["param"], field);
        }
        let tool = json!({"model": "m", "messages": [{"role": "tool", "content": "x"}]});
        read(&tool).chat().unwrap_err();
        let picture = json!([{"type": "image_url", "image_url": {"url": "x"}}]);
        let picture = json!({"model": "m", "messages": [{"role": "user", "content": picture}]});
        read(&picture).chat().unwrap_err();
        let empty = json!({"model": "m", "messages": []});
        read(&empty).chat().unwrap_err();
        ChatRequest::read(b"{").unwrap_err();
        ChatRequest::read(br#"{"messages": []}"#).unwrap_err();
        asked(json!({})).check_model("other").unwrap_err();
    }
}
