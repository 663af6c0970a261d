//! How long a step takes on this machine, for estimates before a training starts.

use std::time::Instant;

use anyhow::{Result, ensure};

use lore_core::LoraConfig;
use lore_llm::Weights;

use crate::buffers::LoraBuffers;
use crate::example::Example;
use crate::init::init_adapter;
use crate::model::{LossGradient as _, TrainableModel};
use crate::pass::Pass;

/// Steps that a measurement takes.
const NUM_TRIES: usize = 3;

/// How long the gradient of one example took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepTiming {
    /// Seconds, forward and backward.
    pub secs: f64,
    /// Tokens of the example.
    pub num_tokens: usize,
    /// The loss, in nats per learned token.
    pub loss: f64,
}

impl StepTiming {
    /// Tokens trained on in a second.
    pub fn tokens_per_sec(&self) -> f64 {
        self.num_tokens as f64 / self.secs.max(f64::MIN_POSITIVE)
    }
}

/// Times one gradient of an example of `num_tokens` that looks like an episode: a quarter of its
/// tokens is learned, in short turns.
pub fn measure_step(
    weights: &Weights,
    lora: &LoraConfig,
    num_tokens: usize,
    memory_budget: u64,
) -> Result<StepTiming> {
    ensure!(num_tokens >= 8, "At least eight tokens are needed");
    let vocab = weights.config.vocab_size as u64;
    let example = Example {
        // Spread over the vocabulary, so that embeddings are read from all over memory.
        ids: (0..num_tokens as u64)
            .map(|position| (position * 7919 % vocab) as u32)
            .collect(),
        loss_mask: (0..num_tokens)
            .map(|position| position % 32 >= 24)
            .collect(),
        ..Example::default()
    };
    let adapter = init_adapter(weights, lora, 0, "");
    let mut gradients = LoraBuffers::zeros(&adapter);
    let pass = Pass {
        weight: 1.0 / example.num_learned().max(1) as f64,
        examples: &[&example],
        dropout_seeds: Some(&[0]),
    };
    // Preparing the model happens once a training, not once a step.
    let model = TrainableModel::new(weights, memory_budget);
    // The first step of a process is slow in ways that no later one is: memory is new, threads are
    // not yet awake. Whatever else the machine does can only make a step slower, so the best counts.
    let mut secs = f64::INFINITY;
    let mut loss = 0.0;
    for _ in 0..NUM_TRIES {
        let start = Instant::now();
        loss = model.add_gradient(&adapter, &pass, &mut gradients)?;
        secs = secs.min(start.elapsed().as_secs_f64());
    }
    Ok(StepTiming {
        secs,
        num_tokens,
        loss,
    })
}
