//! An embedder without a model: texts that share words are near each other.

use crate::{EmbedKind, Embedder};

/// Bag of words, each word hashed to a signed coordinate, scaled to unit length.
#[derive(Clone, Debug)]
pub struct HashEmbedder {
    dim: usize,
}

impl HashEmbedder {
    /// An embedder of `dim` numbers.
    ///
    /// # Panics
    /// When `dim` is zero.
    pub fn new(dim: usize) -> Self {
        assert!(dim > 0, "a vector needs at least one number");
        Self { dim }
    }

    /// The vector of one text.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0f32; self.dim];
        for word in text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            let hash = fnv1a(&word.to_lowercase());
            let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
            vector[(hash % self.dim as u64) as usize] += sign;
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length == 0.0 {
            // No words, or words that cancel out: any fixed direction will do.
            vector[0] = 1.0;
            return vector;
        }
        for x in &mut vector {
            *x /= length;
        }
        vector
    }
}

impl Default for HashEmbedder {
    fn default() -> Self {
        Self::new(64)
    }
}

impl Embedder for HashEmbedder {
    fn name(&self) -> String {
        "hash".into()
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn embed(&mut self, texts: &[String], _kind: EmbedKind) -> anyhow::Result<Vec<Vec<f32>>> {
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }
}

/// The 64-bit FNV-1a hash (Fowler, Noll, Vo): the same on every machine.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dot;

    #[test]
    fn shared_words_bring_texts_together() {
        let embedder = HashEmbedder::default();
        let heat = embedder.vector("heat the mug");
        let near = embedder.vector("Heat a mug!");
        let far = embedder.vector("examine newspaper under lamp");
        assert!((dot(&heat, &heat) - 1.0).abs() < 1e-6, "unit length");
        assert!(dot(&heat, &near) > dot(&heat, &far));
        assert!((dot(&embedder.vector(""), &embedder.vector("")) - 1.0).abs() < 1e-6);
    }
}
