//! Loss and gradient of one example, block by block.
//!
//! Every block is a piece of graph of its own that starts at a copy of its input. The backward pass
//! walks the pieces from the last to the first; a piece whose activations were not kept is computed
//! again there (Chen et al. 2016). Which is done changes memory and time, never a number.

use anyhow::{Context as _, Result, ensure};
use candle_core::{Device, Tensor, Var};

use lore_core::{LoraConfig, MomentFormat};
use lore_llm::ops::{self, Arithmetic, HeadLoss};
use lore_llm::{AdapterWeights, Weights};

use crate::block::{Block, Piece, take};
use crate::buffers::LoraBuffers;
use crate::example::Example;
use crate::frozen::FrozenWeights;
use crate::memory::{MemoryDemand, arithmetic_within, estimate_memory};

/// Computes losses and gradients by an adapter.
pub trait LossGradient {
    /// Adds the gradient of `pass.weight` times the summed loss of `example` to `gradients`, and
    /// returns that loss. The loss of a token is its negative log-likelihood, in nats.
    fn add_gradient(
        &self,
        adapter: &AdapterWeights,
        example: &Example,
        pass: Pass,
        gradients: &mut LoraBuffers,
    ) -> Result<f64>;
}

/// What tells one use of an example from another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pass {
    /// Factor of the loss: one divided by the learned tokens of the batch.
    pub weight: f64,
    /// Decides which inputs dropout drops; `None` switches dropout off.
    pub dropout_seed: Option<u64>,
}

/// A frozen model with gradients for an adapter on top of it.
#[derive(Clone, Debug)]
pub struct TrainableModel<'a> {
    weights: &'a Weights,
    frozen: FrozenWeights,
    arithmetic: Arithmetic,
    moments: MomentFormat,
    /// Bytes that training may take, the model included.
    memory_budget: u64,
}

impl<'a> TrainableModel<'a> {
    /// A model whose training should stay within `memory_budget` bytes, the model included.
    pub fn new(weights: &'a Weights, memory_budget: u64) -> Self {
        let arithmetic = arithmetic_within(memory_budget, &weights.config);
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
            arithmetic,
            moments: MomentFormat::Single,
            memory_budget,
        }
    }

    /// The same, beside an optimiser that keeps its moments in this format.
    pub fn with_moments(mut self, moments: MomentFormat) -> Self {
        self.moments = moments;
        self
    }

    /// Blocks that keep their activations for an example of this length.
    fn num_kept(&self, num_tokens: usize, lora: &LoraConfig) -> usize {
        let demand = MemoryDemand {
            num_tokens,
            lora,
            arithmetic: self.arithmetic,
            moments: self.moments,
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
            rows.extend_from_slice(table.row(*id as usize));
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
        example: &Example,
        pass: Pass,
        gradients: &mut LoraBuffers,
    ) -> Result<f64> {
        let learned = LearnedRows::of(example)?;
        let ids = &example.ids[..learned.num_inputs];
        let config = &self.weights.config;
        let num_blocks = self.weights.layers.len();
        let num_kept = self.num_kept(ids.len(), &adapter.config);
        let rotations = config.rotations(ids.len());
        let mut x = self.embed(ids)?;
        let mut pieces = Vec::with_capacity(num_blocks);
        for (layer, rotation) in rotations.into_iter().enumerate() {
            let is_last = layer + 1 == num_blocks;
            let block = Block::new(
                self.weights,
                &self.frozen,
                adapter,
                layer,
                pass.dropout_seed,
                rotation,
                is_last.then(|| learned.rows.clone()),
            )?;
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
        let (loss, mut gradient) = self.head(&x, &learned.targets, pass.weight)?;
        while let Some(piece) = pieces.pop() {
            match piece.backward(&gradient, gradients)? {
                Some(grad_input) => gradient = grad_input,
                None => break,
            }
        }
        Ok(loss)
    }
}

/// Which rows of a sequence predict a learned token.
struct LearnedRows {
    /// `[num_learned]`, the position before each learned token.
    rows: Tensor,
    /// The learned tokens.
    targets: Vec<u32>,
    /// Positions that have to be computed: nothing behind the last of `rows` matters.
    num_inputs: usize,
}

impl LearnedRows {
    fn of(example: &Example) -> Result<Self> {
        let positions: Vec<usize> = (1..example.ids.len())
            .filter(|position| example.loss_mask.get(*position) == Some(&true))
            .collect();
        let last = *positions
            .last()
            .context("An example without a learned token cannot be trained on")?;
        let rows: Vec<u32> = positions
            .iter()
            .map(|position| *position as u32 - 1)
            .collect();
        Ok(Self {
            rows: Tensor::new(rows, &Device::Cpu)?,
            targets: positions.iter().map(|p| example.ids[*p]).collect(),
            num_inputs: last,
        })
    }
}
