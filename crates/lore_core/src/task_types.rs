//! Kinds of task that are known before a world is opened.

use crate::{UNSEEN_TYPES, WorldSpec};

/// ALFWorld's kinds of task.
const ALFWORLD_TYPES: [&str; 6] = [
    "pick_and_place_simple",
    "look_at_obj_in_light",
    "pick_clean_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_two_obj_and_place",
];

/// `ScienceWorld`'s kinds of task, in alphabetical order.
pub const SCIENCEWORLD_TYPES: [&str; 30] = [
    "boil",
    "change-the-state-of-matter-of",
    "chemistry-mix",
    "chemistry-mix-paint-secondary-color",
    "chemistry-mix-paint-tertiary-color",
    "find-animal",
    "find-living-thing",
    "find-non-living-thing",
    "find-plant",
    "freeze",
    "grow-fruit",
    "grow-plant",
    "identify-life-stages-1",
    "identify-life-stages-2",
    "inclined-plane-determine-angle",
    "inclined-plane-friction-named-surfaces",
    "inclined-plane-friction-unnamed-surfaces",
    "lifespan-longest-lived",
    "lifespan-longest-lived-then-shortest-lived",
    "lifespan-shortest-lived",
    "measure-melting-point-known-substance",
    "measure-melting-point-unknown-substance",
    "melt",
    "mendelian-genetics-known-plant",
    "mendelian-genetics-unknown-plant",
    "power-component",
    "power-component-renewable-vs-nonrenewable-energy",
    "test-conductivity",
    "test-conductivity-of-unknown-substances",
    "use-thermometer",
];

/// The kinds of `ScienceWorld` held out when nobody chose: electricity, growing, chemistry, life stages
/// and genetics. The paper does not name its 13 unseen kinds; these are 13 as well, with as many
/// test variations (636) and nearly as many training variations (1256; the paper has 1254).
const SCIENCEWORLD_UNSEEN: [&str; 13] = [
    "chemistry-mix",
    "chemistry-mix-paint-secondary-color",
    "chemistry-mix-paint-tertiary-color",
    "grow-fruit",
    "grow-plant",
    "identify-life-stages-1",
    "identify-life-stages-2",
    "mendelian-genetics-known-plant",
    "mendelian-genetics-unknown-plant",
    "power-component",
    "power-component-renewable-vs-nonrenewable-energy",
    "test-conductivity",
    "test-conductivity-of-unknown-substances",
];

/// TextWorld-Express's games, in alphabetical order.
pub const TEXTWORLD_EXPRESS_TYPES: [&str; 8] = [
    "arithmetic",
    "coin",
    "cookingworld",
    "mapreader",
    "peckingorder",
    "simonsays",
    "sorting",
    "twc",
];

/// The games held out when nobody chose.
const TEXTWORLD_EXPRESS_UNSEEN: [&str; 3] = ["mapreader", "peckingorder", "sorting"];

impl WorldSpec {
    /// The kinds of task it has; empty when only the world itself knows.
    pub fn task_types(&self) -> &'static [&'static str] {
        match self {
            Self::Generated { .. } | Self::Games { .. } => &ALFWORLD_TYPES,
            Self::ScienceWorld { .. } => &SCIENCEWORLD_TYPES,
            Self::TextWorldExpress => &TEXTWORLD_EXPRESS_TYPES,
            Self::Server(_) => &[],
        }
    }

    /// The kinds of task that training does not see when nobody chose.
    pub fn default_unseen_types(&self) -> Vec<String> {
        let types: &[&str] = match self {
            Self::Generated { .. } | Self::Games { .. } => &UNSEEN_TYPES,
            Self::ScienceWorld { .. } => &SCIENCEWORLD_UNSEEN,
            Self::TextWorldExpress => &TEXTWORLD_EXPRESS_UNSEEN,
            Self::Server(_) => &[],
        };
        types.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Actions after which an agent's episode is cut off, unless the world does so before.
    pub fn default_max_steps(&self) -> usize {
        match self {
            // The world has limits of its own, from 50 to 150 by kind of task.
            Self::ScienceWorld { .. } => 150,
            _ => 50,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_out_is_there_and_leaves_something() {
        for world in [
            WorldSpec::default(),
            WorldSpec::ScienceWorld { easy: true },
            WorldSpec::TextWorldExpress,
        ] {
            let types = world.task_types();
            let unseen = world.default_unseen_types();
            assert!(unseen.len() < types.len() && !unseen.is_empty());
            assert!(unseen.iter().all(|name| types.contains(&name.as_str())));
        }
    }
}
