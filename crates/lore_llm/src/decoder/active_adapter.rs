//! An adapter that takes part in a forward pass.

use std::sync::Arc;

use anyhow::Result;

use lore_core::TargetModule;

use crate::{AdapterWeights, LoraPair, ModelConfig};

/// An adapter, checked against a model and with a strength.
#[derive(Clone, Debug)]
pub struct ActiveAdapter {
    weights: Arc<AdapterWeights>,
    /// Factor of `b * a`.
    scale: f32,
    /// For each layer and target, the number of the pair.
    index: Vec<[Option<usize>; TargetModule::ALL.len()]>,
}

impl ActiveAdapter {
    /// Prepares an adapter. A strength of 1 applies it as trained, 0 not at all; an error when it
    /// was made for a model of another shape.
    pub fn new(weights: Arc<AdapterWeights>, strength: f64, config: &ModelConfig) -> Result<Self> {
        weights.check_fits(config)?;
        let mut index = vec![[None; TargetModule::ALL.len()]; config.num_layers];
        for (number, pair) in weights.pairs.iter().enumerate() {
            index[pair.layer][pair.module as usize] = Some(number);
        }
        Ok(Self {
            scale: (weights.config.scale() * strength) as f32,
            weights,
            index,
        })
    }

    /// The rank of every pair.
    pub(super) fn rank(&self) -> usize {
        self.weights.config.rank
    }

    /// The factor of the update.
    pub(super) fn scale(&self) -> f32 {
        self.scale
    }

    /// The pair of a projection, if it is adapted.
    pub(super) fn pair(&self, layer: usize, module: TargetModule) -> Option<&LoraPair> {
        let number = self.index[layer][module as usize]?;
        Some(&self.weights.pairs[number])
    }
}
