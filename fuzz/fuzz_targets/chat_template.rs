//! Chat templates.
#![no_main]

use std::sync::OnceLock;

use lore_core::Message;
use lore_llm::{BaseModel, ChatTemplate};

static MODEL: OnceLock<std::sync::Arc<BaseModel>> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|source: &str| {
    let model = MODEL.get_or_init(lore_fuzz::tiny_model);
    let template = ChatTemplate::new(source, &model.tokenizer);
    let chat = [
        Message::system("Act."),
        Message::user("You see a mug."),
        Message::assistant("take mug"),
    ];
    template.render(&chat, true).ok();
});
