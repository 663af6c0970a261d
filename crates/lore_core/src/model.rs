//! Models and embedders, as lists show them.

use serde::{Deserialize, Serialize};

use crate::ModelId;

/// A model (`model.json`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelInfo {
    /// Its name on disk.
    pub id: ModelId,
    /// Its name for people.
    pub name: String,
    /// Acts, or embeds.
    pub kind: ModelKind,
    /// The family, for example `llama`.
    pub architecture: String,
    /// Weights.
    pub num_parameters: u64,
    /// How the weights are stored, for example `Q4_1`.
    pub precision: String,
    /// The longest prompt plus completion, in tokens.
    pub context_length: u64,
    /// Transformer blocks.
    pub num_layers: u64,
    /// Numbers in a hidden state.
    pub hidden_size: u64,
    /// Entries of the vocabulary.
    pub vocab_size: u64,
    /// Bytes on disk.
    pub num_bytes: u64,
    /// SHA-256 of the weights.
    pub digest: String,
    /// The name its makers gave it, for adapters: `HuggingFaceTB/SmolLM2-135M-Instruct`.
    pub hub_name: String,
    /// Licence, where known.
    pub license: String,
    /// The weights: a path within the model's folder, or elsewhere on this machine.
    pub path: String,
    /// Empty when the model loads; else why it does not.
    pub problem: String,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Acts and is fine-tuned.
    #[default]
    Language,
    /// Makes keys and queries.
    Embedder,
}
