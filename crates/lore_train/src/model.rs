//! Loss and gradient of the examples of a pass, block by block.
//!
//! Every block is a piece of graph of its own that starts at a copy of its input. The backward pass
//! walks the pieces from the last to the first; a piece whose activations were not kept is computed
//! again there (Chen et al. 2016). Which is done changes memory and time, never a number.

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor, Var};

use lore_core::{LoraConfig, MomentFormat};
use lore_llm::ops::{self, Arithmetic, HeadLoss};
use lore_llm::{AdapterWeights, Weights};

use crate::block::{Block, Piece, take};
use crate::buffers::LoraBuffers;
use crate::frozen::FrozenWeights;
use crate::memory::{MemoryDemand, arithmetic_within, estimate_memory};
use crate::pass::{Pass, PassRows};

/// Computes losses and gradients by an adapter.
pub trait LossGradient {
    /// Adds the gradient of `pass.weight` times the summed loss of the examples of `pass` to `gradients`,
    /// and returns that loss. The loss of a token is its negative log-likelihood, in nats. To each number is
    /// added once.
    fn add_gradient(
        &self,
        adapter: &AdapterWeights,
        pass: &Pass<'_>,
        gradients: &mut LoraBuffers,
    ) -> Result<f64>;
}

/// A frozen model with gradients for an adapter on top of it.
#[derive(Clone, Debug)]
pub struct TrainableModel<'a> {
    weights: &'a Weights,
    frozen: FrozenWeights,
    moments: MomentFormat,
    base_bytes: u64,
    /// Bytes that training may take, the model included.
    memory_budget: u64,
}

impl<'a> TrainableModel<'a> {
    /// A model whose training should stay within `memory_budget` bytes, the model included.
    pub fn new(weights: &'a Weights, memory_budget: u64) -> Self {
        let arithmetic = arithmetic_within(memory_budget, weights);
        Self::with_arithmetic(weights, memory_budget, arithmetic)
    }

    /// The same, with products computed in this way.
    pub fn with_arithmetic(
        weights: &'a Weights,
        memory_budget: u64,
        arithmetic: Arithmetic,
    ) -> Self {
        Self {
            weights,
            frozen: FrozenWeights::new(weights, arithmetic),
            moments: MomentFormat::Single,
            base_bytes: weights.num_bytes(),
            memory_budget,
        }
    }

    /// The same, beside an optimiser that keeps its moments in this format.
    pub fn with_moments(mut self, moments: MomentFormat) -> Self {
        self.moments = moments;
        self
    }

    /// Blocks that keep their activations for a pass.
    fn num_kept(&self, rows: &PassRows, lora: &LoraConfig) -> usize {
        let demand = MemoryDemand {
            num_tokens: rows.ids.len(),
            packing: rows.inputs.lengths().len() > 1,
            lora,
            arithmetic: self.frozen.arithmetic,
            moments: self.moments,
            base_bytes: self.base_bytes,
        };
        estimate_memory(&self.weights.config, &demand).num_kept(self.memory_budget)
    }

    /// Rows of the embedding, `[tokens, hidden]`.
    fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        let table = &self.weights.embedding;
        let mut rows = Vec::with_capacity(ids.len() * table.cols);
        for id in ids {
            ensure!(
                (*id as usize) < table.rows,
                "The example holds token {id}, which the model does not know"
            );
            rows.extend_from_slice(&table.row(*id as usize));
        }
        let scale = self.weights.config.embedding_scale;
        for value in &mut rows {
            *value *= scale;
        }
        Ok(Tensor::from_vec(
            rows,
            (ids.len(), table.cols),
            &Device::Cpu,
        )?)
    }

    /// Loss of the rows of `x` that predict a learned token, and its gradient by `x`.
    fn head(&self, x: &Tensor, targets: &[u32], weight: f64) -> Result<(f64, Tensor)> {
        let x = Var::from_tensor(x)?;
        let eps = self.weights.config.norm_eps;
        let normed = ops::rms_norm(&x, &self.weights.final_norm, eps)?;
        let loss = ops::head_loss(
            &normed,
            &HeadLoss {
                head: &self.frozen.head,
                targets,
                weight,
            },
        )?;
        let gradient = take(&mut loss.backward()?, &x)?;
        Ok((f64::from(loss.to_scalar::<f32>()?), gradient))
    }
}

impl LossGradient for TrainableModel<'_> {
    fn add_gradient(
        &self,
        adapter: &AdapterWeights,
        pass: &Pass<'_>,
        gradients: &mut LoraBuffers,
    ) -> Result<f64> {
        let rows = PassRows::of(pass)?;
        let config = &self.weights.config;
        let num_blocks = self.weights.layers.len();
        let num_kept = self.num_kept(&rows, &adapter.config);
        let rotations = config.rotations(rows.inputs.longest());
        let mut x = self.embed(&rows.ids)?;
        let mut pieces = Vec::with_capacity(num_blocks);
        for (layer, rotation) in rotations.into_iter().enumerate() {
            let (weights, frozen) = (self.weights, &self.frozen);
            let block = Block::new(weights, frozen, adapter, layer, rotation, &rows)?;
            // Nothing is trained before the first block, so its input needs no gradient.
            let input = if layer == 0 {
                x
            } else {
                Var::from_tensor(&x)?.into_inner()
            };
            let output = block.forward(&input)?;
            x = output.detach();
            // The last blocks are the first that the backward pass needs, and lets go.
            let is_kept = layer + num_kept >= num_blocks;
            pieces.push(Piece {
                block,
                input,
                output: is_kept.then_some(output),
            });
        }
        let (loss, mut gradient) = self.head(&x, &rows.targets, pass.weight)?;
        while let Some(piece) = pieces.pop() {
            match piece.backward(&gradient, gradients)? {
                Some(grad_input) => gradient = grad_input,
                None => break,
            }
        }
        Ok(loss)
    }
}
