//! How much memory a training takes, known before it starts.

use lore_core::{LoraConfig, MomentFormat, TargetModule};
use lore_llm::kernels::fixed::FixedMatrix;
use lore_llm::ops::{Arithmetic, ROWS_AT_ONCE};
use lore_llm::{ModelConfig, Weights, module_shape};

/// Bytes of a number.
const FLOAT: u64 = 4;

/// Bytes of the program itself: code, tokenizer, allocator.
const PROGRAM: u64 = 150 << 20;

/// Rows of logits that exist at once, see [`lore_llm::ops::head_loss`].
const LOGIT_ROWS: u64 = 256;

/// What a training on examples of one length takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryEstimate {
    /// The base model, the adapter with its gradients and moments, and the program.
    pub fixed: u64,
    /// One block's activations, kept from the forward to the backward pass.
    pub per_block: u64,
    /// One block's input: all that stays of a block whose activations are computed again.
    pub per_block_input: u64,
    /// What exists once at a time: logits, the buffers of one block's backward pass.
    pub working: u64,
    /// Blocks of the model.
    pub num_blocks: usize,
}

impl MemoryEstimate {
    /// Everything, when `num_kept` blocks keep their activations.
    pub fn total(&self, num_kept: usize) -> u64 {
        let kept = num_kept.min(self.num_blocks) as u64;
        let recomputed = self.num_blocks as u64 - kept;
        // A block that is computed again exists in full while it is.
        let one_again = u64::from(recomputed > 0) * self.per_block;
        self.fixed
            + self.working
            + kept * self.per_block
            + recomputed * self.per_block_input
            + one_again
    }

    /// The largest number of blocks that can keep their activations when everything may take
    /// `budget` bytes. Others cost a second forward pass. Zero even when the budget is too small.
    pub fn num_kept(&self, budget: u64) -> usize {
        (0..=self.num_blocks)
            .rev()
            .find(|kept| self.total(*kept) <= budget)
            .unwrap_or(0)
    }
}

/// What decides how much memory a training of a model takes.
#[derive(Clone, Copy, Debug)]
pub struct MemoryDemand<'a> {
    /// Tokens of the longest pass.
    pub num_tokens: usize,
    /// True when several examples share it.
    pub packing: bool,
    /// The adapter's shape.
    pub lora: &'a LoraConfig,
    /// How products are computed.
    pub arithmetic: Arithmetic,
    /// How the optimiser keeps its moments.
    pub moments: MomentFormat,
    /// What the base model's matrices take: [`Weights::num_bytes`].
    pub base_bytes: u64,
}

/// What a training takes.
pub fn estimate_memory(model: &ModelConfig, demand: &MemoryDemand<'_>) -> MemoryEstimate {
    let MemoryDemand {
        num_tokens,
        packing,
        lora,
        arithmetic,
        moments,
        base_bytes,
    } = *demand;
    let tokens = num_tokens as u64;
    let hidden = model.hidden_size as u64;
    let inner = model.intermediate_size as u64;
    let (query, kv) = (model.query_size() as u64, model.kv_size() as u64);
    // Input, two normed states, two sums, two outputs; q and k twice, before and after rotation.
    let mut attention = 7 * hidden + 3 * query + 3 * kv;
    if model.architecture.has_head_norms() {
        attention += query + kv;
    }
    if model.architecture.has_output_norms() {
        attention += 2 * hidden;
    }
    if packing {
        // What goes in and out of attention, sequence by sequence.
        attention += 2 * query + 2 * kv;
    }
    let feed_forward = if has_feed_forward_target(lora) {
        3 * inner
    } else {
        2 * inner
    };
    let dora = dora_activations(model, lora);
    // Gradients of the widest step, candle's sums of them, and what attention arranges and adds up
    // in parts.
    let backward = 4 * inner + 4 * hidden + 2 * query + 13 * kv;
    let logits = LOGIT_ROWS * model.vocab_size as u64;
    let unpacked = if base_bytes < FLOAT * num_weights(model) {
        hidden * inner.max(ROWS_AT_ONCE.min(model.vocab_size) as u64)
    } else {
        0
    };
    let prepared = match arithmetic {
        Arithmetic::Fixed => prepared_bytes(model),
        // One matrix at a time.
        Arithmetic::FixedAnew => FixedMatrix::num_bytes(hidden * inner),
        Arithmetic::Float => 0,
    };
    // A number, its gradient, and its two moments.
    let trained = num_trained(model, lora) * (2 * FLOAT + 2 * bytes_of_moment(moments));
    MemoryEstimate {
        fixed: base_bytes + trained + prepared + PROGRAM,
        per_block: FLOAT * tokens * (attention + feed_forward + dora),
        per_block_input: FLOAT * tokens * hidden,
        working: FLOAT * (tokens * backward + logits + unpacked),
        num_blocks: model.num_layers,
    }
}

/// The fastest way to compute products that leaves some of `budget` for activations. What it costs in
/// memory changes no number: see [`Arithmetic::FixedAnew`].
pub(crate) fn arithmetic_within(budget: u64, base: &Weights) -> Arithmetic {
    let weights = base.num_bytes() + PROGRAM;
    match Arithmetic::fastest() {
        Arithmetic::Fixed if weights + 2 * prepared_bytes(&base.config) > budget => {
            Arithmetic::FixedAnew
        }
        fastest => fastest,
    }
}

/// Bytes of a moment; the scales of blocks are too few to count.
fn bytes_of_moment(moments: MomentFormat) -> u64 {
    match moments {
        MomentFormat::Single => FLOAT,
        MomentFormat::EightBit => 1,
    }
}

/// What the blocks' matrices take once they are arranged for both passes.
fn prepared_bytes(model: &ModelConfig) -> u64 {
    2 * FixedMatrix::num_bytes(num_block_weights(model))
}

/// Numbers that `DoRA` keeps of each token in a block: outputs before they are scaled, and with dropout
/// the dropped input, what was dropped, and its product.
fn dora_activations(model: &ModelConfig, lora: &LoraConfig) -> u64 {
    if !lora.use_dora {
        return 0;
    }
    let of_modules = lora.target_modules.iter().map(|module| {
        let (out, into) = module_shape(model, *module);
        if lora.dropout > 0.0 {
            2 * (out + into)
        } else {
            out
        }
    });
    of_modules.sum::<usize>() as u64
}

fn has_feed_forward_target(lora: &LoraConfig) -> bool {
    let is_outside = |module| !TargetModule::ATTENTION.contains(module);
    lora.target_modules.iter().any(is_outside)
}

/// Numbers of the base model.
fn num_weights(model: &ModelConfig) -> u64 {
    let tables = if model.tie_embeddings { 1 } else { 2 };
    num_block_weights(model) + (tables * model.vocab_size * model.hidden_size) as u64
}

/// Numbers of its blocks' matrices.
fn num_block_weights(model: &ModelConfig) -> u64 {
    let of_block = TargetModule::ALL.iter().map(|module| {
        let (out, into) = module_shape(model, *module);
        out * into
    });
    (model.num_layers * of_block.sum::<usize>()) as u64
}

/// Numbers of the adapter.
fn num_trained(model: &ModelConfig, lora: &LoraConfig) -> u64 {
    let of_block: usize = lora
        .target_modules
        .iter()
        .map(|module| {
            let (out, into) = module_shape(model, *module);
            let num_magnitudes = if lora.use_dora { out } else { 0 };
            lora.rank * (out + into) + num_magnitudes
        })
        .sum();
    (model.num_layers * of_block) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tiny_weights;

    #[test]
    fn a_smaller_budget_keeps_fewer_blocks() {
        let weights = tiny_weights();
        let model = weights.config.clone();
        let lora = LoraConfig::default();
        let demand = MemoryDemand {
            num_tokens: 256,
            packing: false,
            lora: &lora,
            arithmetic: Arithmetic::Float,
            moments: MomentFormat::Single,
            base_bytes: weights.num_bytes(),
        };
        let estimate = estimate_memory(&model, &demand);
        assert_eq!(estimate.num_kept(u64::MAX), model.num_layers);
        assert_eq!(estimate.num_kept(0), 0);
        for kept in 0..=model.num_layers {
            let found = estimate.num_kept(estimate.total(kept));
            assert!(estimate.total(found) <= estimate.total(kept));
            assert!(found >= kept);
        }
        let longer = MemoryDemand {
            num_tokens: 512,
            ..demand
        };
        let longer = estimate_memory(&model, &longer);
        assert!(longer.total(0) > estimate.total(0));
        assert_eq!(longer.fixed, estimate.fixed);
        let eight_bit = MemoryDemand {
            moments: MomentFormat::EightBit,
            ..demand
        };
        assert!(estimate_memory(&model, &eight_bit).fixed < estimate.fixed);
        let stored = MemoryDemand {
            base_bytes: weights.num_bytes() / 4,
            ..demand
        };
        let stored = estimate_memory(&model, &stored);
        assert!(stored.fixed < estimate.fixed && stored.working > estimate.working);
        let with_dora = LoraConfig {
            use_dora: true,
            ..lora.clone()
        };
        let dora = MemoryDemand {
            lora: &with_dora,
            ..demand
        };
        let dora = estimate_memory(&model, &dora);
        assert!(dora.fixed > estimate.fixed && dora.per_block > estimate.per_block);
    }
}
