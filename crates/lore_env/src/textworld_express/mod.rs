//! TextWorld-Express: eight small games, thousands of steps a second; the quick world for trying
//! everything else out.
//!
//! Jansen & Côté, "`TextWorldExpress`: Simulating Text Games at One Million Steps Per Second" (2023);
//! version 1.1.0. Seeds below 1000 are for training, from 10000 on for development, from 20000 on for
//! testing.

mod game;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use lore_core::{Environment, Split, TEXTWORLD_EXPRESS_TYPES, Task, TaskId, Trajectory};

use crate::World;
use crate::jvm::{Gateway, Launch};
use crate::replay::{failed_before_it_began, replay};

pub use game::ExpressGame;

/// [`Task::environment`] of its tasks.
pub const ENVIRONMENT: &str = "textworld-express";

/// The splits: the world's own name, ours, the first seed, how many seeds are listed.
const FOLDS: [(&str, Split, u32, u32); 3] = [
    ("train", Split::Train, 0, 1000),
    ("dev", Split::Validation, 10_000, 100),
    ("test", Split::Test, 20_000, 100),
];

/// Every game of TextWorld-Express, and the JVM they are played in.
pub struct TextWorldExpress {
    gateway: Arc<Gateway>,
    tasks: Vec<Task>,
}

impl TextWorldExpress {
    /// The world of a JAR. Java is started when the first game is played.
    pub fn new(launch: Launch) -> Self {
        let mut tasks = Vec::new();
        for game in TEXTWORLD_EXPRESS_TYPES {
            for (fold, split, first, count) in FOLDS {
                tasks.extend((first..first + count).map(|seed| Task {
                    id: TaskId(format!("{game}/{fold}/{seed}")),
                    environment: ENVIRONMENT.to_owned(),
                    task_type: game.to_owned(),
                    // The game's own words are known once it is opened.
                    goal: format!("{game}, seed {seed}"),
                    split,
                }));
            }
        }
        Self {
            gateway: Gateway::new(launch),
            tasks,
        }
    }

    /// Opens a game for playing.
    pub fn game(&self, id: &TaskId) -> Result<ExpressGame> {
        let task = self.tasks.iter().find(|task| task.id == *id);
        let task = task.with_context(|| format!("TextWorld-Express has no game {id}"))?;
        let mut parts = id.as_str().split('/').skip(1);
        let (fold, seed) = (parts.next(), parts.next());
        let fold = FOLDS.iter().find(|(name, ..)| Some(*name) == fold);
        let (fold, ..) = fold.context("its split is known")?;
        let seed = seed.unwrap_or_default().parse()?;
        let gateway = Arc::clone(&self.gateway);
        Ok(ExpressGame::new(gateway, task.clone(), fold, seed))
    }
}

impl World for TextWorldExpress {
    fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    fn open(&self, id: &TaskId) -> Result<Box<dyn Environment + Send>> {
        Ok(Box::new(self.game(id)?))
    }

    /// Plays the game's own gold path.
    fn demonstrate(&self, id: &TaskId, _max_steps: usize) -> Result<Trajectory> {
        let mut game = self.game(id)?;
        Ok(match game.gold_path() {
            Ok(path) => replay(&mut game, &path),
            Err(error) => failed_before_it_began(&game, &error),
        })
    }
}

#[cfg(test)]
mod tests;
