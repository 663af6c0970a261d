//! How an adapter is trained.

use serde::{Deserialize, Serialize};

use crate::{LoraConfig, RetrievalConfig};

/// Everything that decides what a training does to an adapter, but for the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainConfig {
    /// The adapter's shape.
    pub lora: LoraConfig,
    /// Passes over the data.
    pub epochs: f64,
    /// Stops after this many optimiser steps, whatever `epochs` says; 0 means no limit.
    pub max_steps: u64,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// Optimiser steps over which the learning rate rises from zero.
    pub warmup_steps: u64,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// AdamW's first-moment decay.
    pub beta1: f64,
    /// AdamW's second-moment decay.
    pub beta2: f64,
    /// AdamW's denominator term.
    pub epsilon: f64,
    /// How AdamW keeps its two moments of every trained number. Not written when it is the default: the
    /// recipe of a training that began before there was a choice stays the same text.
    #[serde(skip_serializing_if = "MomentFormat::is_default")]
    pub moments: MomentFormat,
    /// Trajectories whose gradients are averaged into one optimiser step.
    pub batch_size: usize,
    /// Gradients are scaled down to this norm; 0 switches clipping off.
    pub max_grad_norm: f64,
    /// Longer examples lose memories first, then are left out (and counted).
    pub max_tokens: usize,
    /// Examples of a batch that together have at most `max_tokens` go through the model at once, none of
    /// them seeing another: faster where they are short, and the same gradients but for rounding. Not
    /// written when off, as above.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub packing: bool,
    /// The seed of shuffling, dropout and initialisation.
    pub seed: u64,
    /// Optimiser steps between checkpoints.
    pub checkpoint_every: u64,
    /// Retrieved memories in the training context: what makes it ExpRAG-LoRA. `None` is plain LoRA.
    pub retrieval: Option<RetrievalConfig>,
}

impl Default for TrainConfig {
    /// The paper's recipe; batch size, length and checkpoints, which it does not give, are ours.
    fn default() -> Self {
        Self {
            lora: LoraConfig::default(),
            epochs: 9.0,
            max_steps: 0,
            learning_rate: 5e-5,
            schedule: Schedule::Constant,
            warmup_steps: 0,
            weight_decay: 0.0,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            moments: MomentFormat::Single,
            batch_size: 4,
            max_grad_norm: 1.0,
            max_tokens: 4096,
            packing: false,
            seed: 2025,
            checkpoint_every: 10,
            retrieval: None,
        }
    }
}

/// How an optimiser keeps its moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MomentFormat {
    /// In single precision: eight bytes for each trained number.
    #[default]
    Single,
    /// In eight bits, by blocks of 256 (Dettmers et al. 2022): two bytes for each.
    EightBit,
}

impl MomentFormat {
    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Single => "32 bits",
            Self::EightBit => "8 bits",
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature is serde's"
    )]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How the learning rate moves after warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Stays.
    #[default]
    Constant,
    /// Falls to zero along half a cosine.
    Cosine,
}

impl Schedule {
    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Cosine => "cosine",
        }
    }
}
