//! One transformer block with its updates, as a piece of graph.

use anyhow::{Context as _, Result};
use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};

use lore_core::TargetModule;
use lore_llm::ops::{self, Dropout, LoraTerm, Segments, numbers};
use lore_llm::{AdapterWeights, LayerWeights, LoraPair, ModelConfig, Rotations, Vector, Weights};

use crate::buffers::{LoraBuffers, PairBuffers, add};
use crate::frozen::{FrozenLayer, FrozenWeights};
use crate::pass::PassRows;

/// A block, and all that its forward pass needs besides its input.
pub(crate) struct Block<'a> {
    config: &'a ModelConfig,
    /// Which block it is.
    index: usize,
    layer: &'a LayerWeights,
    frozen: &'a FrozenLayer,
    rotations: Rotations,
    /// The sequences among the rows.
    segments: Segments,
    updates: Vec<Update>,
    /// The factor of the updates.
    scale: f32,
    /// Rows whose output is wanted; `None` for all. Behind the last attention nothing connects
    /// positions any more, and only those before a learned token count.
    rows: Option<Tensor>,
}

/// The trained update of one projection.
struct Update {
    module: TargetModule,
    /// Its place in [`AdapterWeights::pairs`].
    pair: usize,
    a: Var,
    b: Var,
    /// `DoRA`'s, where it is used.
    magnitude: Option<Var>,
    dropout: Dropout,
}

impl Update {
    fn new(
        adapter: &AdapterWeights,
        index: usize,
        pair: &LoraPair,
        dropout: Dropout,
    ) -> Result<Self> {
        let rank = adapter.config.rank;
        let var = |values: &[f32], rows| {
            Var::from_slice(values, (rows, values.len() / rows), &Device::Cpu)
        };
        Ok(Self {
            module: pair.module,
            pair: index,
            a: var(&pair.a, rank)?,
            b: var(&pair.b, pair.b.len() / rank)?,
            magnitude: adapter
                .config
                .use_dora
                .then(|| Var::from_slice(&pair.magnitude, pair.magnitude.len(), &Device::Cpu))
                .transpose()?,
            dropout,
        })
    }

    /// Adds the gradients of this update to its buffers.
    fn collect(&self, grads: &GradStore, buffers: &mut PairBuffers) -> Result<()> {
        let trained = [Some(&self.a), Some(&self.b), self.magnitude.as_ref()];
        for (variable, buffer) in trained.into_iter().zip(buffers.parts_mut()) {
            // A missing gradient stays zero here and is found by the certificate.
            if let Some(grad) = variable.and_then(|variable| grads.get(variable)) {
                add(buffer, &numbers(grad)?);
            }
        }
        Ok(())
    }
}

impl<'a> Block<'a> {
    /// Block `layer` with its updates, for the rows of a pass.
    pub(crate) fn new(
        weights: &'a Weights,
        frozen: &'a FrozenWeights,
        adapter: &AdapterWeights,
        layer: usize,
        rotations: Rotations,
        pass: &PassRows,
    ) -> Result<Self> {
        let of_layer = |(_, pair): &(usize, &LoraPair)| pair.layer == layer;
        let updates = adapter.pairs.iter().enumerate().filter(of_layer);
        let is_last = layer + 1 == weights.layers.len();
        let dropout = |module: TargetModule| {
            let segments = match module {
                TargetModule::QProj | TargetModule::KProj | TargetModule::VProj => &pass.inputs,
                _ if is_last => &pass.learned,
                _ => &pass.inputs,
            };
            let path = [layer as u64, module as u64];
            pass.dropout(adapter.config.dropout, segments, &path)
        };
        Ok(Self {
            config: &weights.config,
            index: layer,
            layer: &weights.layers[layer],
            frozen: &frozen.layers[layer],
            rotations,
            segments: pass.inputs.clone(),
            updates: updates
                .map(|(index, pair)| Update::new(adapter, index, pair, dropout(pair.module)))
                .collect::<Result<_>>()?,
            scale: adapter.config.scale() as f32,
            rows: is_last.then(|| pass.learned_rows.clone()),
        })
    }

    /// `x` `[tokens, hidden]` through the block (Touvron et al. 2023).
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let attended = self.attend(x)?;
        let (x, attended) = match &self.rows {
            Some(rows) => (x.index_select(rows, 0)?, attended.index_select(rows, 0)?),
            None => (x.clone(), attended),
        };
        let update = self.project(TargetModule::OProj, &attended)?;
        let x = (self.normalise(update, self.layer.attention_out_norm.as_ref())? + x)?;
        let normed = ops::rms_norm(&x, &self.layer.post_norm, self.config.norm_eps)?;
        let update = self.feed_forward(&normed)?;
        Ok((self.normalise(update, self.layer.feed_forward_out_norm.as_ref())? + x)?)
    }

    /// Normalises stretches as long as the weight, if there is one: rows, or the heads in them.
    fn normalise(&self, x: Tensor, weight: Option<&Vector>) -> Result<Tensor> {
        let Some(weight) = weight else {
            return Ok(x);
        };
        let stretches = x.reshape(((), weight.len()))?;
        let normed = ops::rms_norm(&stretches, weight, self.config.norm_eps)?;
        Ok(normed.reshape(x.shape())?)
    }

    fn attend(&self, x: &Tensor) -> Result<Tensor> {
        let config = self.config;
        let x = ops::rms_norm(x, &self.layer.input_norm, config.norm_eps)?;
        let q = self.project(TargetModule::QProj, &x)?;
        let q = self.normalise(q, self.layer.q_norm.as_ref())?;
        let k = self.project(TargetModule::KProj, &x)?;
        let k = self.normalise(k, self.layer.k_norm.as_ref())?;
        let v = self.project(TargetModule::VProj, &x)?;
        let q = ops::rotate(&q, &self.rotations.queries, &self.segments)?;
        let k = ops::rotate(&k, &self.rotations.keys, &self.segments)?;
        let shape = config.attention_shape(self.index);
        Ok(ops::segment_attention(&q, &k, &v, shape, &self.segments)?)
    }

    fn feed_forward(&self, x: &Tensor) -> Result<Tensor> {
        let is_frozen = self
            .updates
            .iter()
            .all(|update| TargetModule::ATTENTION.contains(&update.module));
        if is_frozen {
            return Ok(ops::frozen_feed_forward(x, &self.frozen.feed_forward)?);
        }
        let gate = self.project(TargetModule::GateProj, x)?;
        let up = self.project(TargetModule::UpProj, x)?;
        let gated = ops::gated(self.config.activation, &gate, &up)?;
        self.project(TargetModule::DownProj, &gated)
    }

    /// A projection, with its update if it has one.
    fn project(&self, module: TargetModule, x: &Tensor) -> Result<Tensor> {
        let linear = self.frozen.linear(module);
        let update = self.updates.iter().find(|update| update.module == module);
        let Some(update) = update else {
            return Ok(ops::frozen_linear(x, linear)?);
        };
        let term = LoraTerm {
            a: &update.a,
            b: &update.b,
            scale: self.scale,
            dropout: update.dropout.clone(),
        };
        Ok(match &update.magnitude {
            Some(magnitude) => ops::dora_linear(x, linear, &term, magnitude)?,
            None => ops::lora_linear(x, linear, term)?,
        })
    }
}

/// A block between the forward and the backward pass.
pub(crate) struct Piece<'a> {
    /// The block.
    pub(crate) block: Block<'a>,
    /// What went in: the start of the graph, a variable unless nothing before it is trained.
    pub(crate) input: Tensor,
    /// What came out, with its graph; `None` when it is to be computed again.
    pub(crate) output: Option<Tensor>,
}

impl Piece<'_> {
    /// Continues the backward pass that arrived behind this block with `grad_output`: adds the
    /// gradients of its updates to `gradients` and returns the gradient by its input, if that is a
    /// variable.
    pub(crate) fn backward(
        self,
        grad_output: &Tensor,
        gradients: &mut LoraBuffers,
    ) -> Result<Option<Tensor>> {
        let output = match self.output {
            Some(output) => output,
            None => self.block.forward(&self.input)?,
        };
        let mut grads = ops::seed_gradient(&output, grad_output)?.backward()?;
        for update in &self.block.updates {
            update.collect(&grads, &mut gradients.pairs[update.pair])?;
        }
        let is_variable = self.input.is_variable();
        is_variable
            .then(|| take(&mut grads, &self.input))
            .transpose()
    }
}

/// The gradient by `x`.
pub(crate) fn take(grads: &mut GradStore, x: &Tensor) -> Result<Tensor> {
    grads
        .remove(x)
        .context("The backward pass broke off before it reached the input of a block")
}
