//! Tokenizers from the tables of GGUF files.

use anyhow::{Context as _, Result, bail};
use tokenizers::{AddedToken, Tokenizer};

use super::{SpecialNames, bpe, sentence_piece};
use crate::source::GgufFile;

/// llama.cpp's types of tokens that stand for themselves wherever they occur.
const CONTROL: u64 = 3;
const USER_DEFINED: u64 = 4;

/// Builds the tokenizer that a GGUF file describes.
pub(super) fn build(file: &GgufFile) -> Result<(Tokenizer, SpecialNames)> {
    let tokens = file
        .texts("tokenizer.ggml.tokens")
        .context("The file holds no tokenizer; choose a GGUF file that does")?;
    let kind = file.text("tokenizer.ggml.model").unwrap_or("unknown");
    let mut tokenizer = match kind {
        "gpt2" => bpe::build(file, &tokens)?,
        "llama" => sentence_piece::build(file, &tokens)?,
        other => bail!("Tokenizers of the kind {other:?} are not supported"),
    };
    let types = file
        .numbers("tokenizer.ggml.token_type")
        .unwrap_or_default();
    let kinds = tokens.iter().zip(types);
    let special = kinds
        .filter(|(_, kind)| matches!(*kind, CONTROL | USER_DEFINED))
        .map(|(token, kind)| {
            let mut added = AddedToken::from(*token, kind == CONTROL);
            added.normalized = false;
            added
        });
    // The tokenizer sorts them into special and ordinary ones by their own flag.
    tokenizer
        .add_tokens(special)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let id = |key: &str| file.number(key).and_then(|id| u32::try_from(id).ok());
    let name = |key: &str| Some((*tokens.get(id(key)? as usize)?).to_owned());
    let names = SpecialNames {
        bos: name("tokenizer.ggml.bos_token_id"),
        eos: name("tokenizer.ggml.eos_token_id"),
        end_of_turn: id("tokenizer.ggml.eot_token_id").into_iter().collect(),
    };
    Ok((tokenizer, names))
}
