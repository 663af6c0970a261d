//! What a generated game asks for: cheap enough to list thousands of tasks.

use lore_core::{Split, Task, TaskId};
use rand::Rng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use super::menu::Catalogue;
use super::rooms::Room;
use crate::alfworld::{ENVIRONMENT, TASK_TYPES};
use crate::things::Thing;

/// Where a game stands in the list of all generated games.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) seed: u64,
    pub(super) small: bool,
    /// Index into [`TASK_TYPES`].
    pub(super) task_type: usize,
    pub(super) split: Split,
    pub(super) index: u32,
}

/// The goal of a generated game and the room it plays in.
pub(super) struct Plan<'a> {
    pub(super) place: Place,
    pub(super) room: &'static Room,
    pub(super) thing: &'a Thing,
    /// The kind of receptacle the thing goes to; the lamp in tasks of looking.
    pub(super) target: &'static str,
    pub(super) goal: String,
}

/// The kind of lamp that tasks of looking use.
pub(super) const LAMP: &str = "desklamp";

impl Place {
    /// The identifier: `gen-1-small/pick_and_place_simple/train/0004`.
    pub(super) fn id(self) -> TaskId {
        let size = if self.small { "-small" } else { "" };
        TaskId(format!(
            "gen-{}{size}/{}/{}/{:04}",
            self.seed,
            TASK_TYPES[self.task_type],
            split_name(self.split),
            self.index
        ))
    }

    /// A generator of random numbers for one stage of one game; nothing else decides the game, so
    /// that every game can be made alone.
    pub(super) fn random(self, stage: u8, attempt: u32) -> ChaCha8Rng {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8] = u8::from(self.small);
        key[9] = self.task_type as u8;
        key[10] = self.split as u8;
        key[11] = stage;
        key[12..16].copy_from_slice(&self.index.to_le_bytes());
        key[16..20].copy_from_slice(&attempt.to_le_bytes());
        rand::SeedableRng::from_seed(key)
    }
}

/// The part of an identifier that names the split.
pub(super) fn split_name(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::Validation => "validation",
        Split::Test => "test",
    }
}

impl<'a> Plan<'a> {
    /// Decides what the game at `place` asks for.
    pub(super) fn new(place: Place, catalogue: &'a Catalogue) -> Self {
        let mut random = place.random(0, 0);
        let menu = catalogue
            .menus(place.task_type)
            .choose_weighted(&mut random, |menu| menu.room.weight)
            .expect("every task type has a room");
        let choice = menu
            .choices
            .choose(&mut random)
            .expect("rooms without a choice are left out");
        let target = choice
            .targets
            .choose(&mut random)
            .expect("things without a target are left out");
        let thing = &catalogue.things[choice.thing];
        let first_form = random.random_bool(0.5);
        Self {
            place,
            room: menu.room,
            thing,
            target,
            goal: sentence(place.task_type, thing.name, target, first_form),
        }
    }

    /// The task as lists show it.
    pub(super) fn to_task(&self) -> Task {
        Task {
            id: self.place.id(),
            environment: ENVIRONMENT.to_owned(),
            task_type: TASK_TYPES[self.place.task_type].to_owned(),
            goal: self.goal.clone(),
            split: self.place.split,
        }
    }

    /// True when two things are to be brought.
    pub(super) fn wants_two(&self) -> bool {
        TASK_TYPES[self.place.task_type] == "pick_two_obj_and_place"
    }

    /// What is to be done to the thing on the way: `clean`, `heat`, `cool`.
    pub(super) fn ability(&self) -> Option<&'static str> {
        ability(self.place.task_type)
    }

    /// True when the thing is to be looked at in the light.
    pub(super) fn is_looking(&self) -> bool {
        self.target == LAMP
    }
}

/// What a task type does to things on the way.
pub(super) fn ability(task_type: usize) -> Option<&'static str> {
    match TASK_TYPES[task_type] {
        "pick_clean_then_place_in_recep" => Some("clean"),
        "pick_heat_then_place_in_recep" => Some("heat"),
        "pick_cool_then_place_in_recep" => Some("cool"),
        _ => None,
    }
}

/// The goal in the words of ALFWorld's templates, which come in two forms each.
fn sentence(task_type: usize, thing: &str, target: &str, first_form: bool) -> String {
    let ability = ability(task_type);
    let state = match ability {
        Some("heat") => "hot",
        Some(ability) => ability,
        None => "",
    };
    match (TASK_TYPES[task_type], first_form) {
        ("pick_and_place_simple", true) => format!("put a {thing} in {target}."),
        ("pick_and_place_simple", false) => format!("put some {thing} on {target}."),
        ("look_at_obj_in_light", true) => format!("look at {thing} under the {target}."),
        ("look_at_obj_in_light", false) => format!("examine the {thing} with the {target}."),
        ("pick_two_obj_and_place", true) => format!("put two {thing} in {target}."),
        ("pick_two_obj_and_place", false) => {
            format!("find two {thing} and put them in {target}.")
        }
        (_, true) => format!("put a {state} {thing} in {target}."),
        (_, false) => {
            let verb = ability.expect("the other types do something to the thing");
            format!("{verb} some {thing} and put it in {target}.")
        }
    }
}
