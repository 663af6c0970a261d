//! LoRA training: from trajectories to an adapter.
//!
//! [`build_examples`] turns trajectories and their memories into tokens with a loss mask, through the
//! very prompt functions that agents use. [`train`] fits an adapter to them: AdamW, a schedule,
//! gradients averaged over the learned tokens of a batch, checkpoints that survive a power cut.
//! [`MixedExamples`] shows the same trajectories with other memories in every pass over the data.
//!
//! What decides a result is written down in a [`lore_core::TrainConfig`] and nothing else: the order
//! of examples, their memories, dropout and initialisation are functions of its seed and the step, so
//! a training that was stopped and resumed ends with the same bytes as one that was not.
//!
//! Passes of a step can be shared out among other computers ([`Crew`], [`Assistant`]): they are added up in
//! their order, so that a training gives the same bytes whoever computed them.
//!
//! **Invariant:** the base model is never written to, and every adapter that leaves here carries a
//! [`lore_core::GradientCertificate`]: each of its matrices was seen to receive a gradient.

mod block;
mod buffers;
mod certificate;
mod checkpoint;
mod crew;
mod example;
mod frozen;
mod gradient;
mod init;
mod measure;
mod memory;
mod mixed;
mod model;
mod optimizer;
mod order;
mod packing;
mod paint;
mod pass;
#[cfg(test)]
mod peft_parity;
mod recipe;
mod schedule;
mod seeds;
mod shown;
#[cfg(test)]
mod testing;
mod train;

pub use buffers::{LoraBuffers, PairBuffers};
pub use checkpoint::CheckpointStore;
pub use crew::{Assistant, Crew, Farewell};
pub use example::{
    BuiltExamples, ChatTokens, Example, ExampleRecipe, ExampleSource, build_example, build_examples,
};
pub use init::init_adapter;
pub use measure::{StepTiming, measure_step};
pub use memory::{MemoryDemand, MemoryEstimate, estimate_memory};
pub use mixed::{MixedExamples, MixedSource};
pub use model::{LossGradient, TrainableModel};
pub use order::{Order, Place};
pub use paint::paint;
pub use pass::Pass;
pub use recipe::check_recipe;
pub use train::{TrainJob, TrainOutcome, TrainWatcher, train};
