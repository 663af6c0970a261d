//! What a decoder looks like: one description for every family.

use std::fmt;

use crate::kernels::RopeTable;

/// A family of decoders. They differ in small things (biases, norms), not in shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Llama 2 and 3, SmolLM2, `TinyLlama` and their relatives.
    Llama,
    /// Mistral 7B and its relatives.
    Mistral,
    /// Qwen2 and Qwen2.5: Llama with biases on q, k and v.
    Qwen2,
    /// Qwen3: normalises q and k.
    Qwen3,
    /// Gemma 3: four norms a block, GELU, two rotary bases.
    Gemma3,
}

impl Family {
    /// Every family that is known by name, whether or not it runs.
    pub const ALL: [Self; 5] = [
        Self::Llama,
        Self::Mistral,
        Self::Qwen2,
        Self::Qwen3,
        Self::Gemma3,
    ];

    /// The name in `config.json` (`model_type`) and in GGUF files (`general.architecture`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Mistral => "mistral",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
        }
    }

    /// The family with this name, if it is known.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "gemma3_text" => Some(Self::Gemma3),
            _ => Self::ALL.into_iter().find(|family| family.name() == name),
        }
    }

    /// The family with this name, or a sentence that says why it does not run.
    pub fn supported(name: &str) -> anyhow::Result<Self> {
        Self::from_name(name)
            .filter(|family| family.is_supported())
            .ok_or_else(|| {
                anyhow::anyhow!(
                    "Models of the family {name:?} are not supported yet; Llama, Mistral and Qwen2 \
                     are"
                )
            })
    }

    /// True when [`crate::Decoder`] computes this family.
    pub fn is_supported(self) -> bool {
        matches!(self, Self::Llama | Self::Mistral | Self::Qwen2)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No dimension of a real model is larger; keeps products of two dimensions from overflowing.
const MAX_SIZE: usize = 1 << 28;

/// The shape of a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// The family.
    pub architecture: Family,
    /// Rows of the embedding.
    pub vocab_size: usize,
    /// Numbers in a hidden state.
    pub hidden_size: usize,
    /// Numbers between `up` and `down` of the feed-forward part.
    pub intermediate_size: usize,
    /// Transformer blocks.
    pub num_layers: usize,
    /// Query heads.
    pub num_heads: usize,
    /// Key and value heads; divides `num_heads`.
    pub num_kv_heads: usize,
    /// Numbers in one head.
    pub head_dim: usize,
    /// Added to the mean square in RMSNorm.
    pub norm_eps: f32,
    /// Base of the rotary frequencies.
    pub rope_theta: f32,
    /// Divisors of the rotary frequencies, `head_dim / 2` of them; empty when they are not scaled
    /// (Llama 3.1 and later scale the slow ones).
    pub rope_factors: Vec<f32>,
    /// True when the output projection is the embedding.
    pub tie_embeddings: bool,
    /// The longest sequence, in tokens.
    pub context_length: usize,
}

impl ModelConfig {
    /// Checks that the numbers fit each other.
    pub fn check(&self) -> anyhow::Result<()> {
        let sizes = [
            self.vocab_size,
            self.hidden_size,
            self.intermediate_size,
            self.num_layers,
            self.num_heads,
            self.num_kv_heads,
            self.head_dim,
            self.context_length,
        ];
        anyhow::ensure!(
            sizes.iter().all(|size| (1..=MAX_SIZE).contains(size))
                && self.num_heads.is_multiple_of(self.num_kv_heads)
                && self.head_dim.is_multiple_of(2)
                && [0, self.head_dim / 2].contains(&self.rope_factors.len()),
            "The model's description does not make sense; the file is probably damaged"
        );
        Ok(())
    }

    /// Numbers in all query heads together.
    pub fn query_size(&self) -> usize {
        self.num_heads * self.head_dim
    }

    /// Numbers in all key heads together (and in all value heads).
    pub fn kv_size(&self) -> usize {
        self.num_kv_heads * self.head_dim
    }

    /// The rotations of the first positions, with the model's scaling of the frequencies.
    pub fn rope_table(&self, num_positions: usize) -> RopeTable {
        let theta = f64::from(self.rope_theta);
        let frequencies: Vec<f64> = (0..self.head_dim / 2)
            .map(|pair| {
                let factor = self.rope_factors.get(pair).copied().unwrap_or(1.0);
                theta.powf(-2.0 * pair as f64 / self.head_dim as f64) / f64::from(factor)
            })
            .collect();
        RopeTable::from_frequencies(&frequencies, num_positions)
    }
}
