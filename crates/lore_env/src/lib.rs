//! Worlds: the native ALFWorld engine and a generator of fresh games.
//!
//! **Invariant:** no model, no database and no window here; everything a game does follows from its
//! record, and everything random from a seed.

pub mod alfworld;
mod expert;
mod games;
mod generated;
mod select;
mod things;
mod world;

pub use expert::{Expert, play_expert};
pub use games::GamesWorld;
pub use generated::GeneratedWorld;
pub use select::{NumTasks, select_tasks};
pub use world::{World, open_world};
