//! Products of activations with frozen weights, and attention.

use crate::Matrix;
use crate::kernels::paged::{Precision, Sequence, attend};
use crate::kernels::panels::{Activations, Instructions, PackedMatrix};
use crate::kernels::{AttentionShape, Team, matmul_nt};

/// How exactly a decoder computes. Weights that are not quantised are multiplied in f32 either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Quantised weights are multiplied with activations rounded to eight bits, keys and values are
    /// kept in half precision, as llama.cpp does both: several times as fast, and the predictions
    /// move less than they did when the weights were quantised.
    Fast,
    /// Everything in f32, as reference implementations do.
    Exact,
}

/// Computes products, with threads and memory of its own.
#[derive(Debug)]
pub(super) struct Products {
    arithmetic: Arithmetic,
    instructions: Instructions,
    team: Team,
    rounded: Activations,
}

impl Products {
    /// As many threads as rayon has.
    pub(super) fn new(arithmetic: Arithmetic) -> Self {
        Self {
            arithmetic,
            instructions: Instructions::best(),
            team: Team::new(rayon::current_num_threads()),
            rounded: Activations::default(),
        }
    }

    /// `y = x · weightᵀ` for `x` `[rows, in]`. With packed weights, a row is the same bit for bit
    /// whatever rows stand beside it; else with up to [`crate::MAX_LANES`] rows.
    pub(super) fn matmul(
        &mut self,
        x: &[f32],
        weight: &Matrix,
        packed: Option<&PackedMatrix>,
        y: &mut [f32],
        rows: usize,
    ) {
        match packed {
            Some(packed) if self.arithmetic == Arithmetic::Fast || !packed.rounds_activations() => {
                packed.matmul(&self.team, self.instructions, x, &mut self.rounded, y);
            }
            _ => matmul_nt(x, &weight.numbers(), y, rows, weight.cols, weight.rows),
        }
    }

    /// How keys and values are kept.
    pub(super) fn precision(&self) -> Precision {
        match self.arithmetic {
            Arithmetic::Fast => Precision::Half,
            Arithmetic::Exact => Precision::Single,
        }
    }

    /// Attention of a batch; see [`attend`].
    pub(super) fn attend(
        &self,
        shape: &AttentionShape,
        q: &[f32],
        sequences: &[Sequence<'_>],
        out: &mut [f32],
    ) {
        attend(&self.team, self.instructions, shape, q, sequences, out);
    }
}
