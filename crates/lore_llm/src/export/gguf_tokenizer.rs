//! A Hugging Face tokenizer as the tables of a GGUF file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use candle_core::quantized::gguf_file::Value;
use serde_json::Value as Json;

use super::gguf_metadata::text;
use crate::chat::ChatTemplate;
use crate::json::optional_json;
use crate::tokenizer::{TextTokenizer, gguf_name_of};

/// llama.cpp's types of tokens.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;

/// The tokenizer and chat template of a Hugging Face folder under GGUF's names, for a model with
/// `vocab_size` embeddings. An error when GGUF has no name for the way the tokenizer cuts words: a wrong
/// name would go unnoticed and spoil every prompt.
pub(super) fn of_folder(dir: &Path, vocab_size: usize) -> Result<Vec<(String, Value)>> {
    let json = optional_json(&dir.join("tokenizer.json"))?;
    let model = &json["model"];
    let pre = (model["type"] == "BPE" && model["byte_fallback"] != true)
        .then(|| gguf_name_of(&json))
        .flatten()
        .context(
            "This model's tokenizer has no name in GGUF files that Lorekeeper knows. Export it as \
             safetensors instead, which carry the tokenizer as it is.",
        )?;
    let tokens = Tokens::read(&json, vocab_size)?;
    let tokenizer = TextTokenizer::from_folder(dir)?;
    let mut properties = vec![
        ("model", text("gpt2")),
        ("pre", text(pre)),
        (
            "tokens",
            Value::Array(tokens.names.into_iter().map(Value::String).collect()),
        ),
        (
            "token_type",
            Value::Array(tokens.kinds.into_iter().map(Value::I32).collect()),
        ),
        (
            "merges",
            Value::Array(merges(model)?.into_iter().map(Value::String).collect()),
        ),
        // The chat template writes it where there is one.
        ("add_bos_token", Value::Bool(false)),
    ];
    for (key, name) in [
        ("bos_token_id", tokenizer.bos()),
        ("eos_token_id", tokenizer.eos()),
    ] {
        if let Some(id) = tokenizer.id_of(name) {
            properties.push((key, Value::U32(id)));
        }
    }
    let mut properties: Vec<(String, Value)> = properties
        .into_iter()
        .map(|(key, value)| (format!("tokenizer.ggml.{key}"), value))
        .collect();
    let template = ChatTemplate::from_folder(dir, &tokenizer)?;
    if !template.is_fallback() {
        properties.push((
            "tokenizer.chat_template".to_owned(),
            text(template.source()),
        ));
    }
    Ok(properties)
}

/// Every token by its number.
struct Tokens {
    names: Vec<String>,
    kinds: Vec<i32>,
}

impl Tokens {
    fn read(json: &Json, vocab_size: usize) -> Result<Self> {
        let mut by_id: BTreeMap<usize, (String, i32)> = BTreeMap::new();
        let vocab = json["model"]["vocab"].as_object();
        for (name, id) in vocab.context("The model's tokenizer has no vocabulary")? {
            let id = id.as_u64().context("The model's tokenizer is damaged")?;
            by_id.insert(id as usize, (name.clone(), NORMAL));
        }
        for added in json["added_tokens"].as_array().into_iter().flatten() {
            let id = added["id"].as_u64();
            let name = added["content"].as_str();
            let (Some(id), Some(name)) = (id, name) else {
                continue;
            };
            let kind = if added["special"] == true {
                CONTROL
            } else {
                USER_DEFINED
            };
            by_id.insert(id as usize, (name.to_owned(), kind));
        }
        let last = by_id.keys().next_back().copied().unwrap_or(0);
        ensure!(
            last < vocab_size,
            "The model's tokenizer knows more tokens than the model"
        );
        // Embeddings are often padded to a round number.
        let (names, kinds) = (0..vocab_size)
            .map(|id| {
                by_id
                    .remove(&id)
                    .unwrap_or_else(|| (format!("[PAD{id}]"), UNUSED))
            })
            .unzip();
        Ok(Self { names, kinds })
    }
}

/// The merges, best first: older files write two words, newer ones a pair.
fn merges(model: &Json) -> Result<Vec<String>> {
    let merges = model["merges"].as_array();
    merges
        .context("The model's tokenizer has no merges")?
        .iter()
        .map(|merge| {
            if let Some(words) = merge.as_str() {
                return Ok(words.to_owned());
            }
            match (merge[0].as_str(), merge[1].as_str()) {
                (Some(left), Some(right)) => Ok(format!("{left} {right}")),
                _ => anyhow::bail!("The model's tokenizer is damaged"),
            }
        })
        .collect()
}
