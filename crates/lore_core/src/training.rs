//! How an adapter is trained.

use serde::{Deserialize, Serialize};

use crate::{LoraConfig, MemoryMix, ModelInfo, RetrievalConfig};

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
    /// How the base model is kept in memory. Changes no number, only memory and time. Not written when it
    /// is the default, as above.
    #[serde(skip_serializing_if = "BaseForm::is_automatic")]
    pub base: BaseForm,
    /// The seed of shuffling, dropout and initialisation.
    pub seed: u64,
    /// Optimiser steps between checkpoints.
    pub checkpoint_every: u64,
    /// Retrieved memories in the training context: what makes it ExpRAG-LoRA. `None` is plain LoRA.
    pub retrieval: Option<RetrievalConfig>,
    /// What becomes of the retrieved memories. Not written when it is the default: the recipe of a training
    /// that began before there was a choice stays the same text.
    #[serde(skip_serializing_if = "MemoryMix::is_default")]
    pub memory_mix: MemoryMix,
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
            base: BaseForm::Automatic,
            seed: 2025,
            checkpoint_every: 10,
            retrieval: None,
            memory_mix: MemoryMix::default(),
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

/// How a frozen base model is kept in memory while an adapter is trained on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseForm {
    /// Unpacked where there is room for it.
    #[default]
    Automatic,
    /// In single precision: four bytes a weight.
    Unpacked,
    /// As its file has it, quantised or in 16 bits, unpacked anew for every product (as in `QLoRA`,
    /// Dettmers et al. 2023).
    Stored,
}

impl BaseForm {
    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Unpacked => "unpacked",
            Self::Stored => "as in its file",
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature is serde's"
    )]
    fn is_automatic(&self) -> bool {
        *self == Self::Automatic
    }

    /// True when `model` is kept as its file has it in a training that may take `memory_budget` bytes.
    /// Left to itself, it is unpacked when that takes at most half: the rest is for activations.
    pub fn is_stored(self, model: &ModelInfo, memory_budget: u64) -> bool {
        match self {
            Self::Automatic => unpacked_bytes(model) > memory_budget / 2,
            Self::Unpacked => false,
            Self::Stored => true,
        }
    }

    /// Bytes that the weights of `model` take then.
    pub fn base_bytes(self, model: &ModelInfo, memory_budget: u64) -> u64 {
        if self.is_stored(model, memory_budget) {
            model.num_bytes
        } else {
            unpacked_bytes(model)
        }
    }
}

/// Weights in single precision, and beside that as the file packs them.
fn unpacked_bytes(model: &ModelInfo) -> u64 {
    model
        .num_parameters
        .saturating_mul(4)
        .saturating_add(model.num_bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_model_stays_as_its_file_has_it() {
        let model = ModelInfo {
            num_parameters: 1_000_000_000,
            num_bytes: 600_000_000,
            ..ModelInfo::default()
        };
        for (form, budget, bytes) in [
            (BaseForm::Automatic, 10_000_000_000, 4_600_000_000),
            (BaseForm::Automatic, 9_000_000_000, 600_000_000),
            (BaseForm::Unpacked, 9_000_000_000, 4_600_000_000),
            (BaseForm::Stored, u64::MAX, 600_000_000),
        ] {
            assert_eq!(form.base_bytes(&model, budget), bytes, "{form:?} {budget}");
        }
    }

    #[test]
    fn a_recipe_without_the_newer_choices_is_the_text_it_was() {
        let text = serde_json::to_string(&TrainConfig::default()).expect("writes");
        for key in ["moments", "packing", "\"base\"", "use_dora", "use_rslora"] {
            assert!(!text.contains(key), "{key} in {text}");
        }
        let old = r#"{"epochs":2.0}"#;
        let config: TrainConfig = serde_json::from_str(old).expect("reads");
        assert_eq!(config.moments, MomentFormat::Single);
        assert!(!config.packing && config.base == BaseForm::Automatic);
    }
}
