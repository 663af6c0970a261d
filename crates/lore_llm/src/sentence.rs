//! Sentence embedders: BERT with pooling.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use tokenizers::{Tokenizer, TruncationParams};

use lore_core::{EmbedKind, Embedder, ModelKind};

use crate::json::optional_json;
use crate::source::HfFolder;

/// Texts that are embedded at once at most.
const MAX_BATCH: usize = 32;

/// The longest text, in tokens, of embedders that do not say.
const DEFAULT_MAX_TOKENS: usize = 256;

/// A sentence-transformers folder as an [`Embedder`].
pub struct SentenceEmbedder {
    name: String,
    dim: usize,
    model: BertModel,
    tokenizer: Tokenizer,
    pooling: Pooling,
    /// Put before queries and keys.
    query_prefix: String,
    key_prefix: String,
}

/// How the vectors of tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pooling {
    /// Their mean.
    Mean,
    /// The first one.
    First,
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
        let config: Config = serde_json::from_value(optional_json(&dir.join("config.json"))?)
            .context("config.json does not describe a BERT model")?;
        let tensors: HashMap<String, Tensor> = folder
            .float_tensors()?
            .into_iter()
            .map(|(name, tensor)| {
                let values = Tensor::from_vec(tensor.values, tensor.shape, &Device::Cpu)?;
                Ok((name, values))
            })
            .collect::<Result<_>>()?;
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let model = BertModel::load(weights, &config).context("The model is not complete")?;
        let prompts = optional_json(&dir.join("config_sentence_transformers.json"))?;
        let prompt = |kind: &str| {
            let text = prompts["prompts"][kind].as_str();
            text.unwrap_or_default().to_owned()
        };
        Ok(Self {
            name: folder.name_for_records(),
            dim: config.hidden_size,
            model,
            tokenizer: load_tokenizer(dir, config.max_position_embeddings)?,
            pooling: pooling(dir)?,
            query_prefix: prompt("query"),
            key_prefix: prompt("document"),
        })
    }

    /// Tokens of each text, first and last token included.
    fn encode(&self, texts: &[String], kind: EmbedKind) -> Result<Vec<Vec<u32>>> {
        let prefix = match kind {
            EmbedKind::Key => &self.key_prefix,
            EmbedKind::Query => &self.query_prefix,
        };
        texts
            .iter()
            .map(|text| {
                let encoding = self.tokenizer.encode_fast(format!("{prefix}{text}"), true);
                let encoding = encoding.map_err(|error| anyhow!("{error}"));
                Ok(encoding
                    .context("Could not turn a text into tokens")?
                    .get_ids()
                    .to_vec())
            })
            .collect()
    }

    /// Embeds texts of similar length, padded to the longest.
    fn embed_batch(&self, batch: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let rows = batch.len();
        let longest = batch.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let mut ids = vec![0u32; rows * longest];
        let mut mask = vec![0f32; rows * longest];
        for (row, tokens) in batch.iter().enumerate() {
            let start = row * longest;
            ids[start..start + tokens.len()].copy_from_slice(tokens);
            mask[start..start + tokens.len()].fill(1.0);
        }
        let ids = Tensor::from_vec(ids, (rows, longest), &Device::Cpu)?;
        let mask = Tensor::from_vec(mask, (rows, longest), &Device::Cpu)?;
        let hidden = self
            .model
            .forward(&ids, &ids.zeros_like()?, Some(&mask))?
            .to_vec3::<f32>()?;
        let vectors = hidden.iter().zip(batch).map(|(states, tokens)| {
            let pooled = self.pooling.pool(&states[..tokens.len()]);
            unit_length(pooled)
        });
        Ok(vectors.collect())
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
        let encoded = self.encode(texts, kind)?;
        // Neighbours of similar length need little padding.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|index| encoded[*index].len());
        let mut vectors = vec![Vec::new(); texts.len()];
        for indices in order.chunks(MAX_BATCH) {
            let batch: Vec<&[u32]> = indices.iter().map(|i| encoded[*i].as_slice()).collect();
            for (index, vector) in indices.iter().zip(self.embed_batch(&batch)?) {
                vectors[*index] = vector;
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

impl Pooling {
    fn pool(self, states: &[Vec<f32>]) -> Vec<f32> {
        let mut pooled = states[0].clone();
        if self == Self::Mean {
            for state in &states[1..] {
                for (sum, value) in pooled.iter_mut().zip(state) {
                    *sum += value;
                }
            }
            // The sum serves as well: only its direction is kept.
        }
        pooled
    }
}

fn unit_length(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    for value in &mut vector {
        *value /= norm.max(f32::MIN_POSITIVE);
    }
    vector
}

/// The tokenizer, set to cut texts where the embedder was trained to end.
fn load_tokenizer(dir: &Path, max_positions: usize) -> Result<Tokenizer> {
    let path = dir.join("tokenizer.json");
    let mut tokenizer = Tokenizer::from_file(&path)
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("{} is damaged", path.display()))?;
    let settings = optional_json(&dir.join("sentence_bert_config.json"))?;
    let max_tokens = settings["max_seq_length"]
        .as_u64()
        .map_or(DEFAULT_MAX_TOKENS, |tokens| tokens as usize);
    let truncation = TruncationParams {
        max_length: max_tokens.min(max_positions),
        ..TruncationParams::default()
    };
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(Some(truncation))
        .map_err(|error| anyhow!("{error}"))?;
    Ok(tokenizer)
}

/// The pooling that the folder asks for; the mean when it does not.
fn pooling(dir: &Path) -> Result<Pooling> {
    let settings = optional_json(&dir.join("1_Pooling").join("config.json"))?;
    let first = settings["pooling_mode_cls_token"].as_bool() == Some(true);
    Ok(if first { Pooling::First } else { Pooling::Mean })
}
