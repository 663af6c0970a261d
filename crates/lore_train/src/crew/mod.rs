//! A training shared out among computers: one leads, the others compute passes for it.
//!
//! The leader is the training itself, with its data, optimiser and checkpoints. An assistant holds the base
//! model and nothing else: it is sent the adapter as it is and the tokens of a pass, and answers with the loss
//! and the gradient. The leader computes as well, and adds everything up in the order of passes.
//!
//! **Invariant:** an assistant changes how fast a training is, and nothing else. A pass whose assistant is
//! late, gone, or answers nonsense is computed by another; one whose numbers are not those of the leader, to
//! the last bit, is sent away before it has contributed anything; without assistants the leader does it all.
//!
//! What is sent is readable to those between two computers. A token keeps others from taking part.

mod assistant;
mod board;
mod frames;
mod leader;
mod member;
mod numbers;
mod pace;
mod step;
#[cfg(test)]
mod tests;
mod wire;

pub use assistant::{Assistant, Farewell};
pub use leader::Crew;
