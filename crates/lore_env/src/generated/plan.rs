//! What a generated game asks for: cheap enough to list thousands of tasks.

use lore_core::{Split, Task, TaskId};
use rand::Rng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;

use super::rooms::{ROOMS, Room};
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
    pub(super) fn new(place: Place, things: &'a [Thing]) -> Self {
        let mut random = place.random(0, 0);
        let ability = ability(place.task_type);
        let rooms: Vec<_> = ROOMS
            .iter()
            .map(|room| (room, choices(room, place, things)))
            .filter(|(_, choices)| !choices.is_empty())
            .collect();
        let (room, choices) = rooms
            .choose_weighted(&mut random, |(room, _)| room.weight)
            .expect("every task type has a room");
        let (thing, targets) = choices
            .choose(&mut random)
            .expect("empty rooms are left out");
        let target = targets
            .choose(&mut random)
            .expect("things without a target are left out");
        let first_form = random.random_bool(0.5);
        Self {
            place,
            room,
            thing,
            target,
            goal: sentence(place.task_type, ability, thing.name, target, first_form),
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

fn ability(task_type: usize) -> Option<&'static str> {
    match TASK_TYPES[task_type] {
        "pick_clean_then_place_in_recep" => Some("clean"),
        "pick_heat_then_place_in_recep" => Some("heat"),
        "pick_cool_then_place_in_recep" => Some("cool"),
        _ => None,
    }
}

/// The things a task of this type can be about in `room`, each with where it can go.
fn choices<'a>(
    room: &Room,
    place: Place,
    things: &'a [Thing],
) -> Vec<(&'a Thing, Vec<&'static str>)> {
    let looking = TASK_TYPES[place.task_type] == "look_at_obj_in_light";
    let ability = ability(place.task_type);
    let appliance = match ability {
        Some("clean") => "sinkbasin",
        Some("heat") => "microwave",
        Some("cool") => "fridge",
        _ => "",
    };
    let kinds = room.receptacles(place.small);
    let has = |kind: &str| {
        kinds
            .iter()
            .any(|(own, at_least, _)| *own == kind && *at_least > 0)
    };
    let lamp = things.iter().find(|thing| thing.name == LAMP);
    if looking && !lamp.is_some_and(|lamp| lamp.is_at_home_in(room.letter))
        || !appliance.is_empty() && !has(appliance)
    {
        return Vec::new();
    }
    let fitting = |thing: &Thing| -> Vec<&'static str> {
        if looking {
            return vec![LAMP];
        }
        let target = |(kind, _, _): &(&'static str, u32, u32)| {
            let fits = *kind != appliance && thing.frequency(kind).is_some();
            // It must be found somewhere else, and that must be sure to be in the room.
            let elsewhere =
                |(other, percent): &(&str, u32)| other != kind && *percent > 0 && has(other);
            (fits && thing.places.iter().any(elsewhere)).then_some(*kind)
        };
        kinds.iter().filter_map(target).collect()
    };
    things
        .iter()
        .filter(|thing| thing.is_at_home_in(room.letter) && thing.name != LAMP)
        .filter(|thing| ability.is_none_or(|ability| thing.can(ability)))
        .filter(|thing| {
            thing
                .places
                .iter()
                .any(|(kind, percent)| *percent > 0 && has(kind))
        })
        .map(|thing| (thing, fitting(thing)))
        .filter(|(_, targets)| !targets.is_empty())
        .collect()
}

/// The goal in the words of ALFWorld's templates, which come in two forms each.
fn sentence(
    task_type: usize,
    ability: Option<&str>,
    thing: &str,
    target: &str,
    first_form: bool,
) -> String {
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
