//! ScienceWorld: elementary-school science as text, played in its official JAR.
//!
//! The score goes to 100; an episode succeeds when it gets there. Below zero it has failed and is
//! over, as in the official wrapper.

mod catalogue;
mod game;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use lore_core::{Environment, EpisodeEnd, Task, TaskId, Trajectory};

use crate::World;
use crate::jvm::{Gateway, Launch};
use crate::replay::{failed_before_it_began, replay};
use catalogue::{KINDS, Kind};

pub use game::ScienceGame;

/// [`Task::environment`] of tasks as they are.
pub const ENVIRONMENT: &str = "scienceworld";

/// [`Task::environment`] of tasks with the official simplifications.
pub const EASY_ENVIRONMENT: &str = "scienceworld-easy";

/// Every task of ScienceWorld, and the JVM they are played in.
pub struct ScienceWorld {
    gateway: Arc<Gateway>,
    easy: bool,
    tasks: Vec<Task>,
}

/// The general forms of action in a task of ScienceWorld; `None` when it is another world's.
pub fn templates(task: &Task) -> Option<Vec<String>> {
    match task.environment.as_str() {
        ENVIRONMENT => Some(catalogue::templates(&task.task_type, false)),
        EASY_ENVIRONMENT => Some(catalogue::templates(&task.task_type, true)),
        _ => None,
    }
}

impl ScienceWorld {
    /// The world of a JAR, with all official simplifications or with none. Java is started when the
    /// first task is played.
    pub fn new(launch: Launch, easy: bool) -> Self {
        let environment = if easy { EASY_ENVIRONMENT } else { ENVIRONMENT };
        let tasks = KINDS.iter().flat_map(|kind| {
            (0..kind.num_variations).map(|variation| Task {
                id: TaskId(format!("{}/{variation}", kind.name)),
                environment: environment.to_owned(),
                task_type: kind.name.to_owned(),
                // The world's own words are known once it is opened.
                goal: format!("{}, variation {variation}", kind.name.replace('-', " ")),
                split: kind.split(variation),
            })
        });
        Self {
            gateway: Gateway::new(launch),
            easy,
            tasks: tasks.collect(),
        }
    }

    /// Opens a task for playing.
    pub fn game(&self, id: &TaskId) -> Result<ScienceGame> {
        let (kind, variation) = find(id).with_context(|| {
            format!("ScienceWorld has no task {id}; it may be of another version")
        })?;
        let gateway = Arc::clone(&self.gateway);
        Ok(ScienceGame::new(gateway, kind, variation, self.easy))
    }

    /// The process number of the JVM, if one runs.
    pub fn process_id(&self) -> Option<u32> {
        self.gateway.process_id()
    }
}

impl World for ScienceWorld {
    fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    fn open(&self, id: &TaskId) -> Result<Box<dyn Environment + Send>> {
        Ok(Box::new(self.game(id)?))
    }

    /// Plays the world's own gold path. Gold paths are long at times, so the step limit does not
    /// count; some fail, and are kept as what they are.
    fn demonstrate(&self, id: &TaskId, _max_steps: usize) -> Result<Trajectory> {
        let mut game = self.game(id)?.without_limit();
        let path = match game.gold_path() {
            Ok(path) => path,
            Err(error) => return Ok(failed_before_it_began(&game, &error)),
        };
        let mut trajectory = replay(&mut game, &path);
        if trajectory.end == EpisodeEnd::Truncated {
            // The path is over and the task is not done.
            trajectory.end = EpisodeEnd::Failure;
            trajectory.id = trajectory.content_id();
        }
        Ok(trajectory)
    }
}

/// The kind and variation of `boil/3`.
fn find(id: &TaskId) -> Option<(&'static Kind, u32)> {
    let (name, variation) = id.as_str().rsplit_once('/')?;
    let kind = KINDS.iter().find(|kind| kind.name == name)?;
    let variation = variation.parse().ok()?;
    (variation < kind.num_variations).then_some((kind, variation))
}

#[cfg(test)]
mod tests;
