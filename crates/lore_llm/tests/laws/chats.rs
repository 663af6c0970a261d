//! Tokens, templates, and which tokens are learned.

use std::collections::BTreeMap;

use lore_core::{Message, Role};
use lore_llm::{BaseModel, ChatEncoder, ChatTemplate};
use serde::Deserialize;

use crate::fixtures::{json, load};

#[derive(Deserialize)]
struct ChatFixtures {
    tricky: Vec<Tricky>,
    templates: BTreeMap<String, String>,
    #[serde(rename = "chats")]
    examples: Vec<Chat>,
}

#[derive(Deserialize)]
struct Tricky {
    text: String,
    ids: Vec<u32>,
}

#[derive(Deserialize)]
struct Chat {
    messages: Vec<Message>,
    /// By template, then by whether an assistant turn is opened.
    rendered: BTreeMap<String, BTreeMap<bool, String>>,
}

#[test]
fn tokens_equal_those_of_hugging_face() {
    for name in ["tiny-llama", "tiny-llama.gguf"] {
        let base = load(name);
        for Tricky { text, ids } in json::<ChatFixtures>("chats.json").tricky {
            assert_eq!(base.tokenizer.encode(&text).unwrap(), ids, "{text:?}");
        }
    }
}

#[test]
fn decoding_gives_the_text_back() {
    let base = load("tiny-llama.gguf");
    for Tricky { text, ids } in json::<ChatFixtures>("chats.json").tricky {
        if !text.contains("<|im_") {
            assert_eq!(base.tokenizer.decode(&ids).unwrap(), text);
        }
    }
}

#[test]
fn rendering_equals_that_of_hugging_face() {
    let base = load("tiny-llama");
    let fixtures: ChatFixtures = json("chats.json");
    for chat in &fixtures.examples {
        for (name, texts) in &chat.rendered {
            let template = ChatTemplate::new(fixtures.templates[name].clone(), &base.tokenizer);
            for (open, text) in texts {
                assert_eq!(&template.render(&chat.messages, *open).unwrap(), text);
            }
        }
    }
}

/// What is learned, as text, with the tokens of the tiny model.
fn learned(base: &BaseModel, template: &ChatTemplate, messages: &[Message]) -> String {
    let chat = ChatEncoder::new(&base.tokenizer, template)
        .encode_chat(messages)
        .unwrap();
    assert_eq!(chat.ids.len(), chat.learned.len());
    assert_eq!(chat.spans.len(), messages.len());
    let learned = chat.ids.iter().zip(&chat.learned);
    learned
        .filter(|(_, learned)| **learned)
        .map(|(id, _)| base.tokenizer.token_text(*id))
        .collect()
}

fn episode() -> Vec<Message> {
    vec![
        Message::user("You see take mug 1 written on a wall."),
        Message::assistant("take mug 1"),
        Message::user("You take it."),
        Message::assistant("look"),
        Message::user("Done"),
    ]
}

#[test]
fn actions_and_the_end_of_their_turns_are_learned() {
    let base = load("tiny-llama");
    let expected = "take mug 1<|im_end|>look<|im_end|>";
    assert_eq!(learned(&base, &base.template, &episode()), expected);
    let mut with_system = vec![Message::system("Act.")];
    with_system.extend(episode());
    assert_eq!(learned(&base, &base.template, &with_system), expected);
}

/// This template writes the system turn into the last user turn, so that no beginning of a chat is
/// the beginning of the whole chat.
#[test]
fn templates_that_rewrite_earlier_turns_are_understood() {
    let base = load("tiny-llama");
    let strict = json::<ChatFixtures>("chats.json").templates["strict"].clone();
    let template = ChatTemplate::new(strict, &base.tokenizer);
    let mut messages = vec![Message::system("Act.")];
    messages.extend(episode());
    let text = learned(&base, &template, &messages);
    // " t" is one token, " " before "look" is one of its own.
    assert_eq!(text, " take mug 1<|im_end|>look<|im_end|>");
}

#[test]
fn spans_follow_each_other_and_cover_the_chat() {
    let base = load("tiny-llama");
    let chat = base.encoder().encode_chat(&episode()).unwrap();
    let mut end = 0;
    for (_, span) in &chat.spans {
        assert_eq!(span.start, end, "no token between turns");
        end = span.end;
    }
    assert_eq!(end, chat.ids.len());
    assert_eq!(chat.spans[1].0, Role::Assistant);
}

/// The prompt an action was sampled from is the beginning of the example it is learned from.
#[test]
fn prompts_are_beginnings_of_examples() {
    let base = load("tiny-llama");
    let messages = episode();
    let chat = base.encoder().encode_chat(&messages).unwrap();
    for turn in [1, 3] {
        let prompt = base.encoder().encode_prompt(&messages[..turn]).unwrap();
        assert_eq!(chat.ids[..prompt.len()], prompt);
        assert!(chat.learned[prompt.len()] && !chat.learned[prompt.len() - 1]);
    }
}
