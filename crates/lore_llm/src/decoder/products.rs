//! Products of activations and frozen weights.

use crate::Matrix;
use crate::kernels::panels::{Activations, Instructions, PackedMatrix};
use crate::kernels::{Team, matmul_nt};

/// How products with quantised weights are computed. Other weights are always multiplied in f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// With activations rounded to eight bits, as llama.cpp does: several times as fast, and not
    /// further from the unquantised model than the quantised weights are.
    Fast,
    /// With unpacked weights in f32, as reference implementations do.
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
            _ => matmul_nt(x, &weight.data, y, rows, weight.cols, weight.rows),
        }
    }
}
