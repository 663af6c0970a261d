//! What a sentence-transformers folder says besides the weights.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde_json::Value;
use tokenizers::{Tokenizer, TruncationParams};

use crate::json::{MAX_JSON, optional_json, read_text};

/// How texts are prepared and vectors are made of states.
pub(super) struct Settings {
    /// How the vectors of tokens become one.
    pub(super) pooling: Pooling,
    /// Put before queries: the instruction, for models that follow one.
    pub(super) query_prefix: String,
    /// Put before keys.
    pub(super) key_prefix: String,
    /// Where texts are cut.
    pub(super) max_tokens: usize,
}

/// How the vectors of tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// Their mean.
    Mean,
    /// The first one.
    First,
    /// The last one, which has seen all others in a decoder.
    Last,
}

impl Settings {
    /// Reads the settings of a folder whose model has `max_positions`.
    pub(super) fn read(dir: &Path, max_positions: usize) -> Result<Self> {
        let prompts = optional_json(&dir.join("config_sentence_transformers.json"))?;
        let prompt = |kinds: &[&str]| {
            let text = kinds
                .iter()
                .find_map(|kind| prompts["prompts"][kind].as_str());
            text.unwrap_or_default().to_owned()
        };
        Ok(Self {
            pooling: Pooling::of(&optional_json(&dir.join("1_Pooling").join("config.json"))?)?,
            query_prefix: prompt(&["query"]),
            key_prefix: prompt(&["document", "passage", "corpus"]),
            max_tokens: max_tokens(dir)?.unwrap_or(max_positions).min(max_positions),
        })
    }
}

/// Where the embedder was trained to end: told by the one file or the other, if at all.
fn max_tokens(dir: &Path) -> Result<Option<usize>> {
    let trained = optional_json(&dir.join("sentence_bert_config.json"))?;
    let tokenizer = optional_json(&dir.join("tokenizer_config.json"))?;
    let limits = [&trained["max_seq_length"], &tokenizer["model_max_length"]];
    let limits = limits.into_iter().filter_map(Value::as_u64);
    Ok(limits.min().and_then(|limit| usize::try_from(limit).ok()))
}

impl Pooling {
    /// The pooling that a file asks for, in its old or new form; the mean when it does not.
    fn of(file: &Value) -> Result<Self> {
        ensure!(
            file["include_prompt"].as_bool() != Some(false),
            "Embedders that leave their instruction out of the vector are not supported"
        );
        let old = file.as_object().into_iter().flatten();
        let old = old
            .filter(|(_, is_on)| is_on.as_bool() == Some(true))
            .find_map(|(key, _)| key.strip_prefix("pooling_mode_"));
        match file["pooling_mode"].as_str().or(old).unwrap_or("mean") {
            // Only the direction is kept, in which the two do not differ.
            "mean" | "mean_tokens" | "mean_sqrt_len_tokens" => Ok(Self::Mean),
            "cls" | "cls_token" => Ok(Self::First),
            "lasttoken" => Ok(Self::Last),
            other => bail!("The pooling {other:?} of this embedder is not supported"),
        }
    }

    /// The vector of a text from those of its tokens `[tokens, dim]`, up to its length.
    pub(super) fn pool(self, states: &[f32], dim: usize) -> Vec<f32> {
        match self {
            Self::First => states[..dim].to_vec(),
            Self::Last => states[states.len() - dim..].to_vec(),
            Self::Mean => {
                // The sum serves as well: only its direction is kept.
                let mut sums = vec![0.0; dim];
                for state in states.chunks_exact(dim) {
                    for (sum, value) in sums.iter_mut().zip(state) {
                        *sum += value;
                    }
                }
                sums
            }
        }
    }
}

/// The tokenizer, set to cut texts.
pub(super) fn tokenizer(dir: &Path, max_tokens: usize) -> Result<Tokenizer> {
    let path = dir.join("tokenizer.json");
    let mut tokenizer = read_text(&path, MAX_JSON)?
        .parse::<Tokenizer>()
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("{} is damaged", path.display()))?;
    let truncation = TruncationParams {
        max_length: max_tokens,
        ..TruncationParams::default()
    };
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(Some(truncation))
        .map_err(|error| anyhow!("{error}"))?;
    Ok(tokenizer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_pooling_is_found_in_old_and_new_files() {
        let old = json!({"pooling_mode_cls_token": false, "pooling_mode_lasttoken": true});
        assert_eq!(Pooling::of(&old).unwrap(), Pooling::Last);
        let new = json!({"embedding_dimension": 24, "pooling_mode": "cls"});
        assert_eq!(Pooling::of(&new).unwrap(), Pooling::First);
        assert_eq!(Pooling::of(&Value::Null).unwrap(), Pooling::Mean);
        assert!(Pooling::of(&json!({"pooling_mode_max_tokens": true})).is_err());
    }

    #[test]
    fn every_pooling_takes_what_it_says() {
        let states = [1.0, 2.0, 3.0, 4.0, 5.0, 7.0];
        assert_eq!(Pooling::First.pool(&states, 2), [1.0, 2.0]);
        assert_eq!(Pooling::Last.pool(&states, 2), [5.0, 7.0]);
        assert_eq!(Pooling::Mean.pool(&states, 2), [9.0, 13.0]);
    }
}
