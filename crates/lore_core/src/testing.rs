//! Scripted doubles of the four traits, a watcher that remembers, and small trajectories: what the
//! tests of other crates need to run without a model, a world or a database.

mod bank;
mod builders;
mod embedder;
mod model;
mod watcher;
mod world;

pub use bank::InMemoryBank;
pub use builders::{experience, task, trajectory};
pub use embedder::HashEmbedder;
pub use model::ScriptedModel;
pub use watcher::RecordingWatcher;
pub use world::ScriptedWorld;
