//! LoRA adapters: their shape, where they came from, and the proof that they learned.

use serde::{Deserialize, Serialize};

use crate::{AdapterId, ExperimentId, JobId, ModelId};

/// The shape of a LoRA adapter (Hu et al. 2021, section 4.1). On disk the names are PEFT's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoraConfig {
    /// Rank of the update.
    #[serde(rename = "r")]
    pub rank: usize,
    /// The update is scaled by `alpha / rank`, or as [`LoraConfig::use_rslora`] says.
    #[serde(rename = "lora_alpha")]
    pub alpha: f64,
    /// Probability of dropping an input of the update while training.
    #[serde(rename = "lora_dropout")]
    pub dropout: f64,
    /// Which projections get an update.
    pub target_modules: Vec<TargetModule>,
    /// Scales the update by `alpha / sqrt(rank)` instead, so that it does not fade as ranks grow
    /// (rank-stabilised LoRA, Kalajdzievski 2023). Not written when off: the recipe of a training that
    /// began before there was a choice stays the same text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub use_rslora: bool,
    /// Trains the length of every adapted weight row beside the update (weight-decomposed, `DoRA`, Liu et
    /// al. 2024). Not written when off, as above.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub use_dora: bool,
}

impl Default for LoraConfig {
    /// The paper's choice: rank 8, alpha 16, dropout 0.1 on q, k, v and o.
    fn default() -> Self {
        Self {
            rank: 8,
            alpha: 16.0,
            dropout: 0.1,
            target_modules: TargetModule::ATTENTION.to_vec(),
            use_rslora: false,
            use_dora: false,
        }
    }
}

impl LoraConfig {
    /// The method's name.
    pub fn method(&self) -> &'static str {
        match (self.use_dora, self.use_rslora) {
            (false, false) => "LoRA",
            (false, true) => "rsLoRA",
            (true, false) => "DoRA",
            (true, true) => "DoRA at rsLoRA's scale",
        }
    }

    /// The factor of the update.
    pub fn scale(&self) -> f64 {
        self.plain_alpha() / self.rank as f64
    }

    /// The alpha with which `alpha / rank` is [`LoraConfig::scale`]: what files that know no
    /// rank-stabilised LoRA must say.
    pub fn plain_alpha(&self) -> f64 {
        if self.use_rslora {
            self.alpha * (self.rank as f64).sqrt()
        } else {
            self.alpha
        }
    }
}

/// A projection that can carry an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetModule {
    /// Attention queries.
    QProj,
    /// Attention keys.
    KProj,
    /// Attention values.
    VProj,
    /// Attention output.
    OProj,
    /// Feed-forward gate.
    GateProj,
    /// Feed-forward up.
    UpProj,
    /// Feed-forward down.
    DownProj,
}

impl TargetModule {
    /// The four of attention.
    pub const ATTENTION: [Self; 4] = [Self::QProj, Self::KProj, Self::VProj, Self::OProj];

    /// All seven.
    pub const ALL: [Self; 7] = [
        Self::QProj,
        Self::KProj,
        Self::VProj,
        Self::OProj,
        Self::GateProj,
        Self::UpProj,
        Self::DownProj,
    ];

    /// The name in Hugging Face checkpoints.
    pub fn name(self) -> &'static str {
        match self {
            Self::QProj => "q_proj",
            Self::KProj => "k_proj",
            Self::VProj => "v_proj",
            Self::OProj => "o_proj",
            Self::GateProj => "gate_proj",
            Self::UpProj => "up_proj",
            Self::DownProj => "down_proj",
        }
    }

    /// The module that holds the projection in Hugging Face checkpoints.
    pub fn parent(self) -> &'static str {
        match self {
            Self::QProj | Self::KProj | Self::VProj | Self::OProj => "self_attn",
            Self::GateProj | Self::UpProj | Self::DownProj => "mlp",
        }
    }
}

/// A trained adapter in the adapter folder (`adapter.json` beside the PEFT files).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adapter {
    /// Its name on disk.
    pub id: AdapterId,
    /// Its name for people.
    pub name: String,
    /// The model it belongs to.
    pub base_model: ModelId,
    /// SHA-256 of the base model's weights file.
    pub base_digest: String,
    /// Its shape.
    pub lora: LoraConfig,
    /// Where it came from.
    pub origin: AdapterOrigin,
    /// The proof that every matrix learned.
    pub certificate: GradientCertificate,
    /// Steps of the optimiser.
    pub num_steps: u64,
    /// The last training loss.
    pub final_loss: f64,
    /// True when memories were in the training context (ExpRAG-LoRA).
    pub with_retrieval: bool,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// SHA-256 of its own weights file; empty when it is not known.
    #[serde(default)]
    pub weights_digest: String,
}

/// Where an adapter came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdapterOrigin {
    /// The job that trained it.
    pub job: Option<JobId>,
    /// The experiment it belongs to.
    pub experiment: Option<ExperimentId>,
    /// Hash of the training trajectories.
    pub data_hash: String,
    /// The seed.
    pub seed: u64,
}

/// What the first two optimiser steps showed: B must have a gradient at step 1, A at step 2
/// (A's is zero before, because B starts at zero). `DoRA`'s magnitudes must have one at step 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GradientCertificate {
    /// LoRA matrices looked at, and vectors of magnitudes.
    pub num_matrices: usize,
    /// Names of matrices whose gradient was zero, missing or not finite; empty in a sound run.
    pub dead: Vec<String>,
    /// Smallest gradient norm of any B at step 1.
    pub min_b_norm: f64,
    /// Smallest gradient norm of any A at step 2.
    pub min_a_norm: f64,
    /// Smallest gradient norm of any vector of magnitudes at step 1; 0 where there is none.
    pub min_magnitude_norm: f64,
    /// True once both steps were looked at.
    pub complete: bool,
}

impl GradientCertificate {
    /// True when every matrix was seen to learn.
    pub fn holds(&self) -> bool {
        self.complete && self.num_matrices > 0 && self.dead.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_stabilised_update_fades_with_the_root_of_its_rank() {
        let lora = LoraConfig {
            rank: 16,
            use_rslora: true,
            ..LoraConfig::default()
        };
        assert!((lora.scale() - 4.0).abs() < 1e-12, "16 / sqrt(16)");
        assert!((lora.plain_alpha() / 16.0 - lora.scale()).abs() < 1e-12);
    }

    #[test]
    fn adapters_from_before_there_was_a_choice_read_as_plain_lora() {
        let old = r#"{"r":8,"lora_alpha":16.0,"lora_dropout":0.1,"target_modules":["q_proj"]}"#;
        let lora: LoraConfig = serde_json::from_str(old).expect("an old file");
        assert!(!lora.use_rslora && !lora.use_dora);
        assert_eq!(serde_json::to_string(&lora).expect("writes"), old);
    }
}
