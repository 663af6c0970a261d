//! A decoder's weights: plain numbers, or on demand the file's own form of them.
//!
//! **Invariant:** every matrix is in Hugging Face's layout, whatever file it came from: row major
//! `[out, in]`, and rows of q and k ordered for half-split rotary embedding.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use lore_core::TargetModule;

use crate::ModelConfig;
use crate::kernels::panels::PackedMatrix;

mod stored;

pub(crate) use stored::StoredRows;

/// Numbers that are shared, not copied.
pub type Vector = Arc<Vec<f32>>;

/// A matrix, row major. Clones share the numbers.
#[derive(Clone, PartialEq)]
pub struct Matrix {
    /// Numbers that come out of a product with a vector.
    pub rows: usize,
    /// Numbers that go in.
    pub cols: usize,
    numbers: Numbers,
}

/// The numbers of a matrix.
#[derive(Clone, PartialEq)]
enum Numbers {
    /// Ready to be used.
    Unpacked(Vector),
    /// As the file has them.
    Stored(Arc<StoredRows>),
}

impl Matrix {
    /// A matrix of `rows * cols` numbers.
    pub fn new(rows: usize, cols: usize, data: Vec<f32>) -> Self {
        debug_assert_eq!(rows * cols, data.len(), "the shape must hold every number");
        Self {
            rows,
            cols,
            numbers: Numbers::Unpacked(Arc::new(data)),
        }
    }

    /// A matrix that stays as the file has it.
    pub(crate) fn stored(rows: usize, cols: usize, stored: StoredRows) -> Self {
        Self {
            rows,
            cols,
            numbers: Numbers::Stored(Arc::new(stored)),
        }
    }

    /// All numbers, `rows * cols` of them.
    pub fn numbers(&self) -> Cow<'_, [f32]> {
        self.rows(0..self.rows)
    }

    /// The numbers of some rows.
    pub fn rows(&self, rows: Range<usize>) -> Cow<'_, [f32]> {
        match &self.numbers {
            Numbers::Unpacked(all) => {
                Cow::Borrowed(&all[rows.start * self.cols..rows.end * self.cols])
            }
            Numbers::Stored(stored) => Cow::Owned(stored.unpack(rows)),
        }
    }

    /// Row `index`: the weights of one output.
    pub fn row(&self, index: usize) -> Cow<'_, [f32]> {
        self.rows(index..index + 1)
    }

    /// Bytes of memory that the numbers take.
    pub fn num_bytes(&self) -> u64 {
        let bytes = match &self.numbers {
            Numbers::Unpacked(all) => size_of_val(all.as_slice()),
            Numbers::Stored(stored) => stored.num_bytes(),
        };
        bytes as u64
    }

    /// True when numbers are unpacked anew for every use.
    pub fn is_stored(&self) -> bool {
        matches!(self.numbers, Numbers::Stored(_))
    }

    /// The same rows in another order.
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        match &self.numbers {
            Numbers::Unpacked(_) => {
                let rows = order.iter().map(|row| self.row(*row));
                let numbers: Vec<Cow<'_, [f32]>> = rows.collect();
                Self::new(order.len(), self.cols, numbers.concat())
            }
            Numbers::Stored(stored) => {
                Self::stored(order.len(), self.cols, stored.reordered(order))
            }
        }
    }
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Matrix[{}, {}]", self.rows, self.cols)
    }
}

/// How the matrices of a model are kept in memory. No number depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightForm {
    /// In single precision, and beside that as the file packs them: fast to run and to train.
    Unpacked,
    /// As the file has them, quantised or in 16 bits, unpacked anew for every product: for training large
    /// models in little memory, as `QLoRA` does (Dettmers et al. 2023).
    Stored,
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

    /// Bytes of memory that all matrices take.
    pub fn num_bytes(&self) -> u64 {
        let outer = [Some(&self.embedding), self.lm_head.as_ref()];
        let blocks = self.layers.iter().flat_map(|layer| {
            TargetModule::ALL.map(|module| layer.linear(module).weight.num_bytes())
        });
        let outer = outer.into_iter().flatten().map(Matrix::num_bytes);
        blocks.chain(outer).sum()
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
