//! ALFWorld's household games (Shridhar et al. 2021) without Python: the same texts, the same
//! admissible actions, the same goals as the official engine, which takes seconds to load a game
//! and makes a handful of steps a second.
//!
//! A game comes as a PDDL problem. `problem` reads it, `game` lays it out in tables, `rules`
//! say what can be done, `text` says what the agent reads.

mod action;
mod bits;
mod builder;
mod domain;
mod environment;
mod game;
mod goal;
mod goal_compiler;
mod names;
mod problem;
mod record;
mod rules;
mod sexpr;
mod state;
mod symbols;
mod text;
mod wording;

pub use environment::Alfworld;
pub use record::{ENVIRONMENT, GameRecord, TASK_TYPES};
pub use wording::Wording;
