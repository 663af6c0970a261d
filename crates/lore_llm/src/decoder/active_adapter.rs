//! An adapter that takes part in a forward pass.

use std::sync::Arc;

use anyhow::Result;
use rayon::prelude::*;

use lore_core::TargetModule;

use crate::adapter::dora;
use crate::{AdapterWeights, LoraPair, Weights};

/// An adapter, checked against a model and with a strength.
#[derive(Clone, Debug)]
pub struct ActiveAdapter {
    weights: Arc<AdapterWeights>,
    /// Factor of `b * a`.
    scale: f32,
    /// For each pair, what `DoRA`'s magnitudes come to; empty without.
    magnified: Vec<Magnified>,
    /// For each layer and target, the number of the pair.
    index: Vec<[Option<usize>; TargetModule::ALL.len()]>,
}

/// A projection under `DoRA`: with the gains `g`, its output is `g · (x · wᵀ + scale · x · aᵀ · bᵀ)`, and
/// the way from `x · wᵀ` to there is gone as far as the strength says.
#[derive(Clone, Debug)]
struct Magnified {
    /// Factors of `x · wᵀ`, `[out]`.
    outputs: Vec<f32>,
    /// The rows of `b` times their gains, `[out, rank]`.
    b: Vec<f32>,
}

/// What an adapter does to a projection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Update<'a> {
    /// The rank.
    pub(super) rank: usize,
    /// `[rank, in]`.
    pub(super) a: &'a [f32],
    /// `[out, rank]`.
    pub(super) b: &'a [f32],
    /// Factor of `x · aᵀ · bᵀ`.
    pub(super) scale: f32,
    /// Factors of `x · wᵀ`, `[out]`, where there are some.
    pub(super) outputs: Option<&'a [f32]>,
}

impl ActiveAdapter {
    /// Prepares an adapter for the model `base`. A strength of 1 applies it as trained, 0 not at all; an
    /// error when it was made for a model of another shape.
    pub fn new(weights: Arc<AdapterWeights>, strength: f64, base: &Weights) -> Result<Self> {
        let config = &base.config;
        weights.check_fits(config)?;
        let mut index = vec![[None; TargetModule::ALL.len()]; config.num_layers];
        for (number, pair) in weights.pairs.iter().enumerate() {
            index[pair.layer][pair.module as usize] = Some(number);
        }
        let magnified = if weights.config.use_dora {
            let scale = weights.config.scale() as f32;
            let pairs = weights.pairs.par_iter();
            pairs
                .map(|pair| Magnified::new(pair, base, scale, strength as f32))
                .collect()
        } else {
            Vec::new()
        };
        Ok(Self {
            scale: (weights.config.scale() * strength) as f32,
            magnified,
            weights,
            index,
        })
    }

    /// What is done to a projection, if it is adapted.
    pub(super) fn update(&self, layer: usize, module: TargetModule) -> Option<Update<'_>> {
        let number = self.index[layer][module as usize]?;
        let pair = &self.weights.pairs[number];
        let magnified = self.magnified.get(number);
        Some(Update {
            rank: self.weights.config.rank,
            a: &pair.a,
            b: magnified.map_or(&pair.b, |magnified| &magnified.b),
            scale: self.scale,
            outputs: magnified.map(|magnified| magnified.outputs.as_slice()),
        })
    }
}

impl Magnified {
    fn new(pair: &LoraPair, base: &Weights, scale: f32, strength: f32) -> Self {
        let weight = &base.layers[pair.layer].linear(pair.module).weight;
        let norms = dora::row_norms(weight, &pair.a, &pair.b, scale);
        let gains = dora::gains(&pair.magnitude, &norms);
        let rank = pair.b.len() / gains.len();
        let rows = pair.b.chunks_exact(rank).zip(&gains);
        Self {
            b: rows
                .flat_map(|(row, gain)| row.iter().map(move |b| gain * b))
                .collect(),
            outputs: gains
                .iter()
                .map(|gain| 1.0 + strength * (gain - 1.0))
                .collect(),
        }
    }
}
