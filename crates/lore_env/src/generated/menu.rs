//! What the tasks of each type can be about.

use super::plan::{LAMP, ability};
use super::rooms::{ROOMS, Room};
use crate::alfworld::TASK_TYPES;
use crate::things::Thing;

/// All things, and for each task type what it can be about.
pub(super) struct Catalogue {
    pub(super) things: Vec<Thing>,
    menus: Vec<Vec<Menu>>,
}

/// What the tasks of one type can be about in one room.
pub(super) struct Menu {
    pub(super) room: &'static Room,
    pub(super) choices: Vec<Choice>,
}

/// A thing and where it can be brought.
pub(super) struct Choice {
    /// Index into [`Catalogue::things`].
    pub(super) thing: usize,
    pub(super) targets: Vec<&'static str>,
}

impl Catalogue {
    /// The catalogue for rooms of one size.
    pub(super) fn new(small: bool) -> Self {
        let things: Vec<Thing> = Thing::all().collect();
        let menus = |task_type| {
            let menu = |room| Menu {
                room,
                choices: choices(room, small, task_type, &things),
            };
            let menus = ROOMS.iter().map(menu);
            menus.filter(|menu| !menu.choices.is_empty()).collect()
        };
        Self {
            menus: (0..TASK_TYPES.len()).map(menus).collect(),
            things,
        }
    }

    /// The rooms that tasks of a type can play in.
    pub(super) fn menus(&self, task_type: usize) -> &[Menu] {
        &self.menus[task_type]
    }
}

fn choices(room: &Room, small: bool, task_type: usize, things: &[Thing]) -> Vec<Choice> {
    let is_looking = TASK_TYPES[task_type] == "look_at_obj_in_light";
    let ability = ability(task_type);
    let appliance = ability.map(|ability| match ability {
        "clean" => "sinkbasin",
        "heat" => "microwave",
        _ => "fridge",
    });
    let kinds = room.receptacles(small);
    let is_sure = |kind: &str| {
        kinds
            .iter()
            .any(|(own, at_least, _)| *own == kind && *at_least > 0)
    };
    let lamp = things.iter().find(|thing| thing.name == LAMP);
    let has_lamp = lamp.is_some_and(|lamp| lamp.is_at_home_in(room.letter));
    if is_looking && !has_lamp || appliance.is_some_and(|appliance| !is_sure(appliance)) {
        return Vec::new();
    }
    let targets = |thing: &Thing| -> Vec<&'static str> {
        // It must be found in another kind of place, and that must be sure to be in the room.
        let is_found = |elsewhere: &dyn Fn(&str) -> bool| {
            thing
                .places
                .iter()
                .any(|(kind, percent)| *percent > 0 && is_sure(kind) && elsewhere(kind))
        };
        if is_looking {
            return if is_found(&|_| true) {
                vec![LAMP]
            } else {
                Vec::new()
            };
        }
        kinds
            .iter()
            .map(|(kind, ..)| *kind)
            .filter(|kind| Some(*kind) != appliance && thing.frequency(kind).is_some())
            .filter(|kind| is_found(&|other| other != *kind))
            .collect()
    };
    (0..)
        .zip(things)
        .filter(|(_, thing)| thing.is_at_home_in(room.letter) && thing.name != LAMP)
        .filter(|(_, thing)| ability.is_none_or(|ability| thing.can(ability)))
        .map(|(index, thing)| Choice {
            thing: index,
            targets: targets(thing),
        })
        .filter(|choice| !choice.targets.is_empty())
        .collect()
}
