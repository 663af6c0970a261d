//! What a decoder looks like: one description for every family.

use crate::Family;
use crate::kernels::{Activation, AttentionShape};
use crate::rotary::{Rotary, Rotations};

/// No dimension of a real model is larger; keeps products of two dimensions from overflowing.
const MAX_SIZE: usize = 1 << 28;

/// No real model has more blocks, or larger heads.
const MAX_LAYERS: usize = 1 << 12;
const MAX_HEAD_DIM: usize = 1 << 16;

/// Refuses sizes that lists are made of while a description is still being read.
pub(crate) fn check_lists(num_layers: usize, head_dim: usize) -> anyhow::Result<()> {
    anyhow::ensure!(
        num_layers <= MAX_LAYERS && head_dim <= MAX_HEAD_DIM,
        "The model's description does not make sense ({num_layers} layers, heads of {head_dim} \
         numbers); the file is probably damaged"
    );
    Ok(())
}

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
    /// Bends the gate of the feed-forward part.
    pub activation: Activation,
    /// Factor of a query's product with a key, usually `1 / sqrt(head_dim)`.
    pub attention_scale: f32,
    /// Factor of the embeddings: 1, or `sqrt(hidden_size)` for Gemma.
    pub embedding_scale: f32,
    /// Logits become `cap · tanh(logit / cap)`.
    pub logit_cap: Option<f32>,
    /// Rotations of layers that see everything.
    pub rotary: Rotary,
    /// Layers that do not see everything.
    pub sliding: Option<SlidingLayers>,
    /// True when the output projection is the embedding.
    pub tie_embeddings: bool,
    /// The longest sequence, in tokens.
    pub context_length: usize,
}

/// Layers that see only the nearest tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct SlidingLayers {
    /// Tokens a query sees, itself included.
    pub window: usize,
    /// For each layer, whether it is one of them.
    pub layers: Vec<bool>,
    /// Their rotations.
    pub rotary: Rotary,
}

impl ModelConfig {
    /// Checks that the numbers fit each other.
    pub fn check(&self) -> anyhow::Result<()> {
        check_lists(self.num_layers, self.head_dim)?;
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
        let slides_soundly = |sliding: &SlidingLayers| {
            sliding.window > 0
                && sliding.layers.len() == self.num_layers
                && sliding.rotary.is_sound(self.head_dim)
        };
        anyhow::ensure!(
            sizes.iter().all(|size| (1..=MAX_SIZE).contains(size))
                && self.num_heads.is_multiple_of(self.num_kv_heads)
                && self.head_dim.is_multiple_of(2)
                && self.attention_scale.is_finite()
                && self.embedding_scale.is_finite()
                && self.logit_cap.is_none_or(|cap| cap > 0.0)
                && self.rotary.is_sound(self.head_dim)
                && self.sliding.as_ref().is_none_or(slides_soundly),
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

    /// The heads of a layer and what they see.
    pub fn attention_shape(&self, layer: usize) -> AttentionShape {
        AttentionShape {
            num_heads: self.num_heads,
            num_kv_heads: self.num_kv_heads,
            head_dim: self.head_dim,
            scale: self.attention_scale,
            window: self.slides(layer).map(|sliding| sliding.window),
        }
    }

    /// The rotations of the first positions, for each layer. Layers of a kind share theirs.
    pub fn rotations(&self, num_positions: usize) -> Vec<Rotations> {
        let full = self.rotary.rotations(self.head_dim, num_positions);
        let of_sliding = self.sliding.as_ref().map(|sliding| {
            if sliding.rotary == self.rotary {
                full.clone()
            } else {
                sliding.rotary.rotations(self.head_dim, num_positions)
            }
        });
        let of_layer = |layer| match &of_sliding {
            Some(rotations) if self.slides(layer).is_some() => rotations.clone(),
            _ => full.clone(),
        };
        (0..self.num_layers).map(of_layer).collect()
    }

    /// How a layer slides, if it does.
    fn slides(&self, layer: usize) -> Option<&SlidingLayers> {
        self.sliding
            .as_ref()
            .filter(|sliding| sliding.layers[layer])
    }
}
