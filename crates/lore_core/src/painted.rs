//! The loss mask, made visible.

use serde::{Deserialize, Serialize};

use crate::Role;

/// A training example as tokens, with the ones that are learned marked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PaintedExample {
    /// Every token in order.
    pub tokens: Vec<MaskedToken>,
    /// Tokens that are learned.
    pub num_learned: usize,
    /// Memories that did not fit.
    pub num_dropped_memories: usize,
}

/// One token of a painted example.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaskedToken {
    /// What it stands for.
    pub text: String,
    /// True when the loss counts it.
    pub learned: bool,
    /// Which turn it belongs to.
    pub role: Role,
}
