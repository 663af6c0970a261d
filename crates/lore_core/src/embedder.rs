//! Embedders: text to vectors.

use serde::{Deserialize, Serialize};

/// Turns texts into vectors of unit length, so that a dot product is a cosine.
pub trait Embedder {
    /// Name of the embedder; a bank is bound to it.
    fn name(&self) -> String;

    /// Numbers in a vector.
    fn dim(&self) -> usize;

    /// One vector of [`Embedder::dim`] numbers for each text, in order.
    fn embed(&mut self, texts: &[String], kind: EmbedKind) -> anyhow::Result<Vec<Vec<f32>>>;
}

/// What a text is to the bank; some embedders prefix queries with an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbedKind {
    /// Something stored.
    Key,
    /// Something asked.
    Query,
}

/// Dot product: the similarity the paper uses.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
