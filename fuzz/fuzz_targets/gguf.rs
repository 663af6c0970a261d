//! GGUF files: looked at as the list of models does, and loaded if they seem sound.
#![no_main]

use lore_fuzz::File;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = File::new("model.gguf", bytes);
    let sound = lore_llm::inspect(&file.path).is_ok_and(|info| info.problem.is_empty());
    if sound {
        lore_llm::BaseModel::load(&file.path).ok();
    }
});
