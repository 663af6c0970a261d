//! `tokenizer.json` in a folder that is sound otherwise, and a text for it.
#![no_main]

use lore_fuzz::Folder;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::with("tokenizer.json", bytes);
    if let Ok(model) = lore_llm::BaseModel::load(&folder.path) {
        let text = "You are in a room. É 123 \u{1f600}\n  <s>take mug 1</s>";
        if let Ok(ids) = model.tokenizer.encode(text) {
            model.tokenizer.decode(&ids).ok();
        }
        model.tokenizer.encode_placed(text).ok();
    }
});
