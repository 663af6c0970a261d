//! A decoder's weights, as plain numbers.
//!
//! **Invariant:** every matrix is in Hugging Face's layout, whatever file it came from: row major
//! `[out, in]`, and rows of q and k ordered for half-split rotary embedding.

use std::fmt;
use std::sync::Arc;

use lore_core::TargetModule;

use crate::ModelConfig;
use crate::kernels::panels::PackedMatrix;

/// Numbers that are shared, not copied.
pub type Vector = Arc<Vec<f32>>;

/// A matrix, row major. Clones share the numbers.
#[derive(Clone, PartialEq)]
pub struct Matrix {
    /// Numbers that come out of a product with a vector.
    pub rows: usize,
    /// Numbers that go in.
    pub cols: usize,
    /// `rows * cols` numbers.
    pub data: Arc<Vec<f32>>,
}

impl Matrix {
    /// A matrix of `rows * cols` numbers.
    pub fn new(rows: usize, cols: usize, data: Vec<f32>) -> Self {
        debug_assert_eq!(rows * cols, data.len(), "the shape must hold every number");
        Self {
            rows,
            cols,
            data: Arc::new(data),
        }
    }

    /// Row `index`: the weights of one output.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.data[index * self.cols..(index + 1) * self.cols]
    }
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matrix[{}, {}]", self.rows, self.cols)
    }
}

/// A linear map: `weight * x + bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Matrix,
    /// `[out]`, where the family has one.
    pub bias: Option<Vector>,
}

/// The weights of one transformer block.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerWeights {
    /// RMSNorm before attention, `[hidden]`.
    pub input_norm: Vector,
    /// Queries, `[heads * head_dim, hidden]`.
    pub q: Linear,
    /// Keys, `[kv_heads * head_dim, hidden]`.
    pub k: Linear,
    /// Values, `[kv_heads * head_dim, hidden]`.
    pub v: Linear,
    /// Attention output, `[hidden, heads * head_dim]`.
    pub o: Linear,
    /// RMSNorm of each head of q before it is rotated, `[head_dim]`, where the family has one.
    pub q_norm: Option<Vector>,
    /// The same of k.
    pub k_norm: Option<Vector>,
    /// RMSNorm of what attention adds, `[hidden]`, where the family has one.
    pub attention_out_norm: Option<Vector>,
    /// RMSNorm before the feed-forward part, `[hidden]`.
    pub post_norm: Vector,
    /// Feed-forward gate, `[intermediate, hidden]`.
    pub gate: Linear,
    /// Feed-forward up, `[intermediate, hidden]`.
    pub up: Linear,
    /// Feed-forward down, `[hidden, intermediate]`.
    pub down: Linear,
    /// RMSNorm of what the feed-forward part adds, `[hidden]`, where the family has one.
    pub feed_forward_out_norm: Option<Vector>,
}

impl LayerWeights {
    /// The projection with this name.
    pub fn linear(&self, module: TargetModule) -> &Linear {
        match module {
            TargetModule::QProj => &self.q,
            TargetModule::KProj => &self.k,
            TargetModule::VProj => &self.v,
            TargetModule::OProj => &self.o,
            TargetModule::GateProj => &self.gate,
            TargetModule::UpProj => &self.up,
            TargetModule::DownProj => &self.down,
        }
    }
}

/// All weights of a decoder, frozen.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The shape.
    pub config: ModelConfig,
    /// One row a token, `[vocab, hidden]`.
    pub embedding: Matrix,
    /// The blocks, first to last.
    pub layers: Vec<LayerWeights>,
    /// RMSNorm before the output projection, `[hidden]`.
    pub final_norm: Vector,
    /// The output projection `[vocab, hidden]`; `None` when it is the embedding.
    pub lm_head: Option<Matrix>,
}

impl Weights {
    /// The output projection, `[vocab, hidden]`.
    pub fn head(&self) -> &Matrix {
        self.lm_head.as_ref().unwrap_or(&self.embedding)
    }
}

/// For each [`TargetModule`], by its number, the projection as the file packs it.
pub(crate) type PackedLayer = [Option<PackedMatrix>; TargetModule::ALL.len()];

/// The same weights as the file packs them, where it does: what decoding reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct PackedWeights {
    /// The blocks, first to last.
    pub(crate) layers: Vec<PackedLayer>,
    /// The output projection.
    pub(crate) head: Option<PackedMatrix>,
}
