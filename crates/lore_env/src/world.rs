//! Worlds: collections of tasks that can be opened and played.

use anyhow::Result;
use lore_core::{DataDir, Environment, Task, TaskId, WorldSpec};

use crate::games::GamesWorld;
use crate::generated::GeneratedWorld;

/// A collection of tasks.
pub trait World: Send {
    /// All tasks, always in the same order.
    fn tasks(&self) -> &[Task];

    /// Opens a task of [`World::tasks`] for playing.
    fn open(&self, id: &TaskId) -> Result<Box<dyn Environment + Send>>;
}

/// Opens the world of `spec`; imported games are looked for in `data`.
pub fn open_world(spec: &WorldSpec, data: &DataDir) -> Result<Box<dyn World>> {
    Ok(match spec {
        WorldSpec::Generated { seed, small } => Box::new(GeneratedWorld::new(*seed, *small)),
        WorldSpec::Games { train, test } => Box::new(GamesWorld::open(data, train, test.as_ref())?),
    })
}
