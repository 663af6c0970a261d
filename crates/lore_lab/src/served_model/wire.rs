//! Chat completions as OpenAI's servers read and write them.

use std::collections::BTreeSet;

use lore_core::{Completion, FinishReason, GenerateRequest, Role};
use serde_json::{Map, Value as Json, json};

/// Seeds fit into 31 bits: some servers read them as a signed or a short number.
const SEED_BITS: u64 = 0x7fff_ffff;

/// Fields that a server may not know or want; without them it answers as it sees fit.
const OPTIONAL: [&str; 4] = ["seed", "stop", "temperature", "top_p"];

/// The field that limits an answer, as most servers call it, and as OpenAI calls it for newer models.
const LIMIT: &str = "max_tokens";
const NEW_LIMIT: &str = "max_completion_tokens";

/// What a server does not take, found out by asking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dislikes(BTreeSet<&'static str>);

impl Dislikes {
    /// Learns from a refusal that names a field, or does in its words; `None` when there is nothing to learn.
    pub(super) fn learn(&mut self, field: Option<&str>, said: &str) -> Option<&'static str> {
        let fields = [&OPTIONAL[..], &[LIMIT]].concat();
        let is_meant = |name: &&'static str| match field {
            Some(field) => field == *name,
            None => said.contains(&format!("'{name}'")) || said.contains(&format!("`{name}`")),
        };
        let name = fields.into_iter().find(is_meant)?;
        self.0.insert(name).then_some(name)
    }

    /// What was learned, in sentences.
    pub(super) fn notes(&self) -> Vec<String> {
        let names = self.0.iter().filter(|name| **name != LIMIT);
        names
            .map(|name| {
                format!("The server does not take {name:?}; it answers as it sees fit there.")
            })
            .collect()
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// The question. `thinking` tokens come on top of those of the answer.
pub(super) fn question(
    model: &str,
    request: &GenerateRequest,
    thinking: usize,
    dislikes: &Dislikes,
) -> Json {
    let messages: Vec<Json> = request
        .messages
        .iter()
        .map(|message| json!({"role": role(message.role), "content": message.content}))
        .collect();
    let sampling = &request.sampling;
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("messages".into(), messages.into());
    let limit = if dislikes.has(LIMIT) {
        NEW_LIMIT
    } else {
        LIMIT
    };
    body.insert(limit.into(), (sampling.max_new_tokens + thinking).into());
    let mut optional = |name: &str, value: Json| {
        if !dislikes.has(name) {
            body.insert(name.into(), value);
        }
    };
    optional("temperature", sampling.temperature.into());
    optional("seed", (sampling.seed & SEED_BITS).into());
    if sampling.top_p < 1.0 {
        optional("top_p", sampling.top_p.into());
    }
    // What a model thinks has lines, too; its answer is cut here.
    if thinking == 0 && !sampling.stop.is_empty() {
        optional("stop", sampling.stop.clone().into());
    }
    Json::Object(body)
}

/// What a tool said belongs to a call of it, which agents here do not make.
fn role(role: Role) -> &'static str {
    match role {
        Role::Tool => Role::User.as_str(),
        other => other.as_str(),
    }
}

/// The answer; `None` when it is not understood. Where the server does not count, `counted` does.
pub(super) fn answer(
    json: &Json,
    request: &GenerateRequest,
    counted: impl Fn(&str) -> (u32, u32),
) -> Option<Completion> {
    let choice = json["choices"].as_array()?.first()?;
    let message = choice["message"].as_object()?;
    // A model that only thought, or refused, has said nothing.
    let said = message.get("content").and_then(Json::as_str);
    let text = without_thoughts(said.unwrap_or_default());
    let text = cut(text, &request.sampling.stop);
    let usage = &json["usage"];
    let count = |value: &Json| value.as_u64().and_then(|count| u32::try_from(count).ok());
    let (read, written) = counted(text);
    Some(Completion {
        prompt_tokens: count(&usage["prompt_tokens"]).unwrap_or(read),
        completion_tokens: count(&usage["completion_tokens"]).unwrap_or(written),
        cached_tokens: count(&usage["prompt_tokens_details"]["cached_tokens"]).unwrap_or(0),
        text: text.to_owned(),
        finish: match choice["finish_reason"].as_str() {
            Some("length") => FinishReason::Length,
            _ => FinishReason::Stop,
        },
    })
}

/// What comes after the thoughts, for servers that leave them in.
fn without_thoughts(text: &str) -> &str {
    match text.rsplit_once("</think>") {
        Some((_, answer)) => answer.trim_start(),
        // It did not come to an end.
        None if text.trim_start().starts_with("<think>") => "",
        None => text,
    }
}

/// The text before the first stop text. Blank lines before it do not count: servers differ in whether they
/// send them.
fn cut<'a>(text: &'a str, stops: &[String]) -> &'a str {
    let text = text.trim_start();
    let ends = stops.iter().filter_map(|stop| text.find(stop.as_str()));
    &text[..ends.min().unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::{Message, Sampling};

    fn request() -> GenerateRequest {
        GenerateRequest {
            messages: vec![Message::system("Act."), Message::user("A room.")],
            sampling: Sampling {
                seed: u64::MAX,
                stop: vec!["\n".into()],
                ..Sampling::default()
            },
        }
    }

    #[test]
    fn a_greedy_question_says_so() {
        let body = question("m", &request(), 0, &Dislikes::default());
        let expected = json!({
            "model": "m", "max_tokens": 32, "temperature": 0.0, "seed": 0x7fff_ffffu64,
            "stop": ["\n"],
            "messages": [
                {"role": "system", "content": "Act."}, {"role": "user", "content": "A room."},
            ],
        });
        assert_eq!(body, expected);
        let body = question("m", &request(), 1000, &Dislikes::default());
        assert_eq!(body["max_tokens"], 1032);
        assert_eq!(body["stop"], Json::Null);
    }

    #[test]
    fn what_a_server_does_not_take_is_left_out() {
        let mut dislikes = Dislikes::default();
        assert_eq!(dislikes.learn(Some("max_tokens"), ""), Some("max_tokens"));
        let said = "Unsupported value: 'temperature' does not support 0 with this model.";
        assert_eq!(dislikes.learn(None, said), Some("temperature"));
        assert_eq!(dislikes.learn(None, said), None, "nothing new");
        assert_eq!(dislikes.learn(Some("messages"), "'stop'"), None);
        let body = question("m", &request(), 0, &dislikes);
        assert_eq!(body["max_completion_tokens"], 32);
        assert_eq!(
            (&body["max_tokens"], &body["temperature"]),
            (&Json::Null, &Json::Null)
        );
        assert_eq!(body["stop"][0], "\n");
    }

    fn read(content: &str) -> String {
        let json = json!({"choices": [{"message": {"content": content}}]});
        answer(&json, &request(), |_| (1, 1)).unwrap().text
    }

    #[test]
    fn thoughts_and_what_follows_a_stop_are_no_answer() {
        assert_eq!(read("look"), "look");
        assert_eq!(read("\n\nlook\nThen I wait."), "look");
        assert_eq!(read("<think>\nHm.\n</think>\n\nlook"), "look");
        assert_eq!(read("<think>\nHm, what"), "");
    }

    #[test]
    fn counts_are_the_server_s_where_it_counts() {
        let mut json = json!({
            "choices": [{"message": {"content": "look"}, "finish_reason": "length"}],
            "usage": {
                "prompt_tokens": 70, "completion_tokens": 2,
                "prompt_tokens_details": {"cached_tokens": 64},
            },
        });
        let expected = Completion {
            text: "look".into(),
            prompt_tokens: 70,
            cached_tokens: 64,
            completion_tokens: 2,
            finish: FinishReason::Length,
        };
        assert_eq!(answer(&json, &request(), |_| (7, 7)), Some(expected));
        json["usage"] = Json::Null;
        let counted = answer(&json, &request(), |_| (7, 3)).unwrap();
        assert_eq!((counted.prompt_tokens, counted.completion_tokens), (7, 3));
    }

    #[test]
    fn what_is_no_answer_is_not_taken_for_one() {
        for json in [
            json!(null),
            json!({"choices": []}),
            json!({"choices": [{"text": "look"}]}),
            json!({"choices": {"message": {"content": "look"}}}),
        ] {
            assert_eq!(answer(&json, &request(), |_| (1, 1)), None, "{json}");
        }
        let silent = json!({"choices": [{"message": {"content": null}}]});
        assert_eq!(answer(&silent, &request(), |_| (1, 1)).unwrap().text, "");
    }
}
