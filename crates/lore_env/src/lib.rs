//! Worlds: the native ALFWorld engine, a generator of fresh games, worlds that run in Java, and
//! environment servers.
//!
//! **Invariant:** no model, no database and no window here. What a native game does follows from its
//! record, and everything random from a seed; what a foreign world does wrong ends its episode with
//! the cause, in bounded time.

pub mod alfworld;
mod expert;
mod games;
mod generated;
mod install;
mod java_world;
mod jvm;
mod remote;
mod replay;
pub mod scienceworld;
mod select;
pub mod textworld_express;
mod things;
mod timed;
mod world;

pub use expert::{Expert, play_expert};
pub use games::GamesWorld;
pub use generated::GeneratedWorld;
pub use install::{Installed, install, installed_in_python};
pub use jvm::{Launch, java_home};
pub use remote::ServerWorld;
pub use scienceworld::ScienceWorld;
pub use select::{NumTasks, select_tasks};
pub use textworld_express::TextWorldExpress;
pub use world::{World, open_world};
