//! Fresh household games of all six ALFWorld types, made from a seed: nothing to download.
//!
//! **Invariant:** a game depends on nothing but its identifier. It can be won, and no test game
//! shows the same room and goal as a training game.

mod layout;
mod menu;
mod pddl;
mod plan;
mod rooms;

use anyhow::{Context as _, Result};
use lore_core::{Environment, Split, Task, TaskId};

use crate::World;
use crate::alfworld::{Alfworld, GameRecord, TASK_TYPES};
use layout::Layout;
use menu::Catalogue;
use plan::{Place, Plan};

/// Games of each type for training.
const NUM_TRAIN: u32 = 720;
/// Games of each type for testing.
const NUM_TEST: u32 = 120;

/// All games of one seed and size.
pub struct GeneratedWorld {
    seed: u64,
    small: bool,
    tasks: Vec<Task>,
    catalogue: Catalogue,
}

impl GeneratedWorld {
    /// Lists the tasks; the games themselves are made when they are opened.
    pub fn new(seed: u64, small: bool) -> Self {
        let catalogue = Catalogue::new(small);
        let mut tasks = Vec::new();
        for task_type in 0..TASK_TYPES.len() {
            for (split, count) in [(Split::Train, NUM_TRAIN), (Split::Test, NUM_TEST)] {
                tasks.extend((0..count).map(|index| {
                    let place = Place {
                        seed,
                        small,
                        task_type,
                        split,
                        index,
                    };
                    Plan::new(place, &catalogue).to_task()
                }));
            }
        }
        Self {
            seed,
            small,
            tasks,
            catalogue,
        }
    }

    /// Makes one game.
    pub fn record(&self, id: &TaskId) -> Result<GameRecord> {
        let place = self.place(id).with_context(|| {
            format!("Could not make the game {id}: this world has no such game")
        })?;
        let plan = Plan::new(place, &self.catalogue);
        let (layout, mut random) = Layout::new(&plan, &self.catalogue.things);
        let Task {
            id,
            environment: _,
            task_type,
            goal,
            split,
        } = plan.to_task();
        Ok(GameRecord {
            id: id.0,
            task_type,
            task: goal,
            pddl_problem: pddl::problem(&plan, &layout, &mut random),
            split: Some(split),
            grammar: None,
        })
    }

    /// What an identifier stands for; `None` when it is not one of this world's.
    fn place(&self, id: &TaskId) -> Option<Place> {
        let mut parts = id.as_str().split('/');
        let (_, task_type) = (parts.next()?, parts.next()?);
        let (split, index) = (parts.next()?, parts.next()?);
        let split = match split {
            "train" => Split::Train,
            "test" => Split::Test,
            _ => return None,
        };
        let count = if split == Split::Train {
            NUM_TRAIN
        } else {
            NUM_TEST
        };
        let place = Place {
            seed: self.seed,
            small: self.small,
            task_type: TASK_TYPES.iter().position(|known| *known == task_type)?,
            split,
            index: index.parse().ok().filter(|index| *index < count)?,
        };
        (place.id() == *id).then_some(place)
    }
}

impl World for GeneratedWorld {
    fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    fn open(&self, id: &TaskId) -> Result<Box<dyn Environment + Send>> {
        Ok(Box::new(Alfworld::load(&self.record(id)?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_of_another_world_is_refused() {
        let world = GeneratedWorld::new(1, true);
        for id in [
            "gen-2-small/pick_and_place_simple/train/0004",
            "gen-1-small/x",
            "",
            "a/b/c/d",
        ] {
            assert!(world.record(&TaskId::from(id)).is_err(), "{id}");
        }
        let task = &world.tasks()[4];
        assert_eq!(
            task.id.as_str(),
            "gen-1-small/pick_and_place_simple/train/0004"
        );
    }
}
