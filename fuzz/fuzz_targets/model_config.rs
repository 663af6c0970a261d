//! `config.json` in a folder that is sound otherwise.
#![no_main]

use lore_fuzz::Folder;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::with("config.json", bytes);
    if lore_llm::inspect(&folder.path).is_ok() {
        lore_llm::BaseModel::load(&folder.path).ok();
    }
});
