//! A decoder as an encoder of texts: its hidden states, without the output projection.

use std::path::Path;

use anyhow::Result;

use super::Encoder;
use crate::{BaseModel, Decoder, KvCache};

pub(super) struct TextDecoder(Decoder);

impl TextDecoder {
    pub(super) fn load(dir: &Path) -> Result<Self> {
        Ok(Self(Decoder::new(BaseModel::load(dir)?)))
    }
}

impl Encoder for TextDecoder {
    /// Texts are read together, each behind nothing, without seeing each other.
    fn encode(&mut self, batch: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let config = self.0.base().config().clone();
        let mut caches = vec![KvCache::new(&config); batch.len()];
        let hidden = match (batch, caches.as_mut_slice()) {
            // In chunks, however long it is.
            ([text], [cache]) => self.0.forward_all(text, cache, None)?,
            (_, caches) => self.0.forward_branches(batch, caches, None)?,
        };
        let mut rest = hidden.as_slice();
        Ok(batch
            .iter()
            .map(|tokens| {
                let (states, others) = rest.split_at(tokens.len() * config.hidden_size);
                rest = others;
                states.to_vec()
            })
            .collect())
    }
}
