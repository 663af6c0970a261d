//! Differentiable operations for training an adapter on a frozen model.
//!
//! Candle's own fused operations (`rms_norm`, `softmax_last_dim`, `rope`, `sdpa`) have no backward
//! pass and say nothing about it: the loss falls while adapters stay as they were. These have one,
//! and compute gradients only where something is trained: never for a frozen weight, and for an
//! input only when something trainable lies behind it.
//!
//! Tensors are `f32` on the processor, contiguous, `[tokens, features]`; several sequences may
//! stand one behind the other, where an operation takes [`Segments`].
//! Every backward pass is held to finite differences in the tests.

mod attention;
mod dora_linear;
mod dropout;
mod feed_forward;
mod frozen;
mod gated;
mod head_loss;
mod linear;
mod lora_linear;
mod numbers;
mod rms_norm;
mod rotate;
mod seed_gradient;
mod segments;
#[cfg(test)]
mod testing;

pub use attention::causal_attention;
pub use dora_linear::dora_linear;
pub use dropout::{Dropout, Mask, drop_inputs};
pub use feed_forward::{FrozenFeedForward, frozen_feed_forward};
pub use frozen::{Arithmetic, FrozenLinear, FrozenMatrix, ROWS_AT_ONCE};
pub use gated::gated;
pub use head_loss::{HeadLoss, head_loss};
pub use linear::frozen_linear;
pub use lora_linear::{LoraTerm, lora_linear};
pub use numbers::numbers;
pub use rms_norm::rms_norm;
pub use rotate::rotate;
pub use seed_gradient::seed_gradient;
pub use segments::{Segments, segment_attention};
