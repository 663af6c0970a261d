//! Sentence embedders: folders as sentence-transformers writes them.
//!
//! Two kinds of encoder exist: BERT (MiniLM, BGE and their relatives) and decoders that became
//! embedders (Qwen3-Embedding). Both give a vector for each token; the pooling makes one of them.

mod bert;
mod decoder;
mod settings;

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use tokenizers::Tokenizer;

use lore_core::{EmbedKind, Embedder, ModelKind};

use crate::source::HfFolder;
use settings::Settings;

/// Texts that are embedded at once at most.
const MAX_TEXTS: usize = 32;

/// Tokens that are embedded at once at most, padding included; a longer text is embedded alone.
const MAX_TOKENS: usize = 4096;

/// Gives the vectors of all tokens.
trait Encoder: Send {
    /// For each text, the vectors of its tokens one after the other, `[tokens, dim]`.
    fn encode(&mut self, batch: &[&[u32]]) -> Result<Vec<Vec<f32>>>;
}

/// A sentence-transformers folder as an [`Embedder`].
pub struct SentenceEmbedder {
    name: String,
    dim: usize,
    encoder: Box<dyn Encoder>,
    tokenizer: Tokenizer,
    settings: Settings,
}

impl SentenceEmbedder {
    /// Loads a folder with `config.json`, safetensors files and `tokenizer.json`.
    pub fn load(dir: &Path) -> Result<Self> {
        Self::load_parts(dir)
            .with_context(|| format!("Could not load the embedder {}", dir.display()))
    }

    fn load_parts(dir: &Path) -> Result<Self> {
        let mut folder = HfFolder::open(dir)?;
        let info = folder.info();
        ensure!(
            info.kind == ModelKind::Embedder,
            "This is a language model, not an embedder"
        );
        ensure!(info.problem.is_empty(), "{}", info.problem);
        let settings = Settings::read(dir, info.context_length as usize)?;
        let encoder: Box<dyn Encoder> = if info.architecture == "bert" {
            Box::new(bert::Bert::load(dir, &mut folder)?)
        } else {
            Box::new(decoder::TextDecoder::load(dir)?)
        };
        Ok(Self {
            name: folder.name_for_records(),
            dim: info.hidden_size as usize,
            encoder,
            tokenizer: settings::tokenizer(dir, settings.max_tokens)?,
            settings,
        })
    }

    /// Tokens of each text, with those that the tokenizer puts around it.
    fn tokens(&self, texts: &[String], kind: EmbedKind) -> Result<Vec<Vec<u32>>> {
        let prefix = match kind {
            EmbedKind::Key => &self.settings.key_prefix,
            EmbedKind::Query => &self.settings.query_prefix,
        };
        texts
            .iter()
            .map(|text| {
                let encoding = self.tokenizer.encode_fast(format!("{prefix}{text}"), true);
                let encoding = encoding
                    .map_err(|error| anyhow!("{error}"))
                    .context("Could not turn a text into tokens")?;
                let ids = encoding.get_ids().to_vec();
                ensure!(!ids.is_empty(), "An empty text has no meaning to embed");
                Ok(ids)
            })
            .collect()
    }
}

impl Embedder for SentenceEmbedder {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn embed(&mut self, texts: &[String], kind: EmbedKind) -> Result<Vec<Vec<f32>>> {
        let tokens = self.tokens(texts, kind)?;
        let mut vectors = vec![Vec::new(); texts.len()];
        for indices in batches(&tokens) {
            let batch: Vec<&[u32]> = indices.iter().map(|i| tokens[*i].as_slice()).collect();
            let states = self.encoder.encode(&batch)?;
            for (index, states) in indices.into_iter().zip(states) {
                let pooled = self.settings.pooling.pool(&states, self.dim);
                vectors[index] = unit_length(pooled);
            }
        }
        Ok(vectors)
    }
}

impl std::fmt::Debug for SentenceEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SentenceEmbedder({}, {} numbers)", self.name, self.dim)
    }
}

/// Texts that are embedded together, by their place. Neighbours are of similar length, so that they
/// need little padding.
fn batches(tokens: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..tokens.len()).collect();
    order.sort_by_key(|index| tokens[*index].len());
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for index in order {
        // The longest so far: all are padded to it.
        let len = tokens[index].len();
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_TEXTS && (batch.len() + 1) * len <= MAX_TOKENS => {
                batch.push(index);
            }
            _ => batches.push(vec![index]),
        }
    }
    batches
}

fn unit_length(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    for value in &mut vector {
        *value /= norm.max(f32::MIN_POSITIVE);
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_neighbours_by_length_and_bounded_padding() {
        let lengths = [5000, 3, 900, 4, 1000, 900, 1000, 1000, 2];
        let tokens: Vec<Vec<u32>> = lengths.iter().map(|len| vec![0; *len]).collect();
        let batches = batches(&tokens);
        assert_eq!(batches, [vec![8, 1, 3, 2], vec![5, 4, 6, 7], vec![0]]);
    }
}
