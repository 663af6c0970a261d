//! What a server with a model answers to a chat, and what it says when it refuses one.
//!
//! The parsers are the crate's own files. They are private, and the crate they stand in links a database.
#![no_main]
#![expect(dead_code, reason = "the rest of the client is not here")]

#[path = "../../crates/lore_lab/src/served_model/fault.rs"]
mod fault;
#[path = "../../crates/lore_lab/src/served_model/wire.rs"]
mod wire;

use lore_core::{GenerateRequest, Message, Sampling, Secret};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let request = GenerateRequest {
        messages: vec![Message::user("Go.")],
        sampling: Sampling {
            stop: vec!["\n".to_owned()],
            ..Sampling::default()
        },
    };
    if let Ok(json) = serde_json::from_str(&text)
        && let Some(answer) = wire::answer(&json, &request, |said| (1, said.len() as u32))
    {
        assert!(!answer.text.contains('\n'));
    }
    let key = Secret::from("sk-42");
    let refusal = fault::Refusal::read(400, &text, None, Some(&key));
    let mut dislikes = wire::Dislikes::default();
    dislikes.learn(refusal.field.as_deref(), &refusal.said);
    wire::question("m", &request, 0, &dislikes);
    let told = fault::Fault::Refused(refusal).tell("http://localhost/v1", 1);
    assert!(!told.summary.contains("sk-42"));
});
