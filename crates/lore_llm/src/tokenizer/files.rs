//! Tokenizers of Hugging Face folders.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::Value;
use tokenizers::Tokenizer;

use super::SpecialNames;
use crate::json::{MAX_JSON, optional_json, read_text};

/// Reads `tokenizer.json` and, where they exist, the files that name special tokens.
pub(super) fn read(dir: &Path) -> Result<(Tokenizer, SpecialNames)> {
    let path = dir.join("tokenizer.json");
    ensure!(
        path.is_file(),
        "The folder {} has no tokenizer.json; get the model again with all of its files",
        dir.display()
    );
    let tokenizer = read_text(&path, MAX_JSON)?
        .parse::<Tokenizer>()
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("{} is damaged", path.display()))?;
    let config = optional_json(&dir.join("tokenizer_config.json"))?;
    let mut end_of_turn = Vec::new();
    for name in ["config.json", "generation_config.json"] {
        collect_ids(
            &optional_json(&dir.join(name))?["eos_token_id"],
            &mut end_of_turn,
        );
    }
    let names = SpecialNames {
        bos: token_name(&config["bos_token"]),
        eos: token_name(&config["eos_token"]),
        end_of_turn,
    };
    Ok((tokenizer, names))
}

/// A token is written as its name, or as an object with the name in it.
fn token_name(value: &Value) -> Option<String> {
    let name = value.as_str().or_else(|| value["content"].as_str())?;
    Some(name.to_owned())
}

/// One number, or a list of them.
fn collect_ids(value: &Value, ids: &mut Vec<u32>) {
    let several = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    ids.extend(
        several
            .iter()
            .filter_map(|id| u32::try_from(id.as_u64()?).ok()),
    );
}
