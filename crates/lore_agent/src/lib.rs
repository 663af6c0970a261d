//! The agent loop: prompt, act, observe.
//!
//! [`run_episode`] plays one task from reset to end with any [`lore_core::Environment`] and any
//! [`lore_core::LanguageModel`], with or without a [`lore_core::Retriever`], and returns the
//! [`lore_core::Trajectory`] with everything needed to see later why each action was taken: the
//! system prompt as sent, the memories in it and what they cost, the part of the history that was
//! in view, and the scores of the candidates.
//!
//! [`run_episodes`] plays several tasks side by side, with one call of the model for the steps of all.
//! [`play_on`] begins in the middle of an episode that was recorded: with nothing changed, what follows
//! is what followed.
//! [`Seat::along`] leads an agent along a recorded episode instead, to see what it would have done.
//!
//! Source of the method: ExpRAG (Ferraz et al. 2026). Static retrieval asks once, before the first
//! action, with the task's description; dynamic retrieval asks before every action with the
//! trajectory so far.

mod action;
mod decide;
mod episode;
mod loops;
mod memory;
mod recording;
mod together;
mod window;

pub use action::parse_action;
pub use episode::{Opening, Play, play_on, run_episode};
pub use memory::MemorySource;
pub use together::{Played, Seat, decided, run_episodes};
