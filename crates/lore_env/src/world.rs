//! Worlds: collections of tasks that can be opened and played.

use anyhow::Result;
use lore_core::{DataDir, Environment, JavaWorld, Task, TaskId, Trajectory, WorldSpec};

use crate::games::GamesWorld;
use crate::generated::GeneratedWorld;
use crate::java_world::installed;
use crate::play_expert;
use crate::remote::ServerWorld;
use crate::scienceworld::ScienceWorld;
use crate::textworld_express::TextWorldExpress;

/// A collection of tasks.
pub trait World: Send {
    /// All tasks, always in the same order.
    fn tasks(&self) -> &[Task];

    /// Opens a task of [`World::tasks`] for playing.
    fn open(&self, id: &TaskId) -> Result<Box<dyn Environment + Send>>;

    /// Shows how a task is done, for banks and training: by the scripted expert, in at most
    /// `max_steps` actions, unless the world knows better.
    fn demonstrate(&self, id: &TaskId, max_steps: usize) -> Result<Trajectory> {
        play_expert(self.open(id)?.as_mut(), max_steps)
    }
}

/// Opens the world of `spec`; what it needs on this machine is looked for in `data`.
pub fn open_world(spec: &WorldSpec, data: &DataDir) -> Result<Box<dyn World>> {
    Ok(match spec {
        WorldSpec::Generated { seed, small } => Box::new(GeneratedWorld::new(*seed, *small)),
        WorldSpec::Games { train, test } => Box::new(GamesWorld::open(data, train, test.as_ref())?),
        WorldSpec::ScienceWorld { easy } => {
            let launch = installed(JavaWorld::ScienceWorld, data)?;
            Box::new(ScienceWorld::new(launch, *easy))
        }
        WorldSpec::TextWorldExpress => {
            let launch = installed(JavaWorld::TextWorldExpress, data)?;
            Box::new(TextWorldExpress::new(launch))
        }
        WorldSpec::Server(spec) => Box::new(ServerWorld::connect(spec)?),
    })
}
