//! The vocabulary of ALFWorld's PDDL domain (`alfred.pddl`): what can be said about things.

use anyhow::{Result, bail};

/// The types of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Agent,
    Location,
    Receptacle,
    Object,
    ReceptacleType,
    ObjectType,
}

impl Kind {
    pub(super) fn from_name(name: &str) -> Result<Self> {
        Ok(match name {
            "agent" => Self::Agent,
            "location" => Self::Location,
            "receptacle" => Self::Receptacle,
            "object" => Self::Object,
            "rtype" => Self::ReceptacleType,
            "otype" => Self::ObjectType,
            _ => bail!("its type {name:?} is not part of the world"),
        })
    }
}

/// What an object is from first to last. Rows of [`super::game::Game`]'s property table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Pickupable,
    Cleanable,
    Heatable,
    Coolable,
    Toggleable,
    Sliceable,
    /// It can hold other objects (a bowl, a pot).
    Container,
    /// It can slice.
    Knife,
}

impl Property {
    pub(super) const COUNT: usize = 8;

    pub(super) fn from_predicate(predicate: &str) -> Option<Self> {
        Some(match predicate {
            "pickupable" => Self::Pickupable,
            "cleanable" => Self::Cleanable,
            "heatable" => Self::Heatable,
            "coolable" => Self::Coolable,
            "toggleable" => Self::Toggleable,
            "sliceable" => Self::Sliceable,
            "isreceptacleobject" => Self::Container,
            _ => return None,
        })
    }
}

/// What actions do to an object. Rows of the state's condition table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Clean,
    Hot,
    Cool,
    On,
    Toggled,
    Sliced,
}

impl Condition {
    pub(super) const COUNT: usize = 6;

    pub(super) fn from_predicate(predicate: &str) -> Option<Self> {
        Some(match predicate {
            "isclean" => Self::Clean,
            "ishot" => Self::Hot,
            "iscool" => Self::Cool,
            "ison" => Self::On,
            "istoggled" => Self::Toggled,
            "issliced" => Self::Sliced,
            _ => return None,
        })
    }
}

/// A receptacle that can do something to what the agent holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Appliance {
    Clean,
    Heat,
    Cool,
}

impl Appliance {
    pub(super) const ALL: [Self; 3] = [Self::Clean, Self::Heat, Self::Cool];

    pub(super) fn from_receptacle_type(name: &str) -> Option<Self> {
        Some(match name {
            "sinkbasintype" => Self::Clean,
            "microwavetype" => Self::Heat,
            "fridgetype" => Self::Cool,
            _ => return None,
        })
    }

    /// The property an object needs for it.
    pub(super) fn needs(self) -> Property {
        match self {
            Self::Clean => Property::Cleanable,
            Self::Heat => Property::Heatable,
            Self::Cool => Property::Coolable,
        }
    }

    /// The word in commands.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Heat => "heat",
            Self::Cool => "cool",
        }
    }
}

/// A predicate as goals use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predicate {
    AtLocation,
    ObjectAtLocation,
    Opened,
    InReceptacle,
    Holds,
    HoldsAny,
    Is(Condition),
    /// No action changes it; an index into [`UNCHANGING`].
    Unchanging(u16),
}

/// Predicates that no action of the domain changes.
const UNCHANGING: [&str; 21] = [
    "receptacleatlocation",
    "openable",
    "isreceptacleobject",
    "inreceptacleobject",
    "isreceptacleobjectfull",
    "wasinreceptacle",
    "examined",
    "receptacletype",
    "cancontain",
    "objecttype",
    "holdsanyreceptacleobject",
    "full",
    "cleanable",
    "heatable",
    "coolable",
    "pickupable",
    "moveable",
    "toggleable",
    "sliceable",
    "distance",
    "total-cost",
];

impl Predicate {
    /// Knows every predicate of the domain but `checked`, which never shows in an observation.
    pub(super) fn from_name(name: &str) -> Result<Self> {
        Ok(match name {
            "atlocation" => Self::AtLocation,
            "objectatlocation" => Self::ObjectAtLocation,
            "opened" => Self::Opened,
            "inreceptacle" => Self::InReceptacle,
            "holds" => Self::Holds,
            "holdsany" => Self::HoldsAny,
            _ => match Condition::from_predicate(name) {
                Some(condition) => Self::Is(condition),
                None => match UNCHANGING.iter().position(|known| *known == name) {
                    Some(index) => Self::Unchanging(index as u16),
                    None => bail!("its predicate {name:?} is not part of the world"),
                },
            },
        })
    }

    /// The types of the arguments of a predicate that changes; `None` for the others.
    pub(super) fn signature(self) -> Option<&'static [Kind]> {
        Some(match self {
            Self::AtLocation => &[Kind::Agent, Kind::Location],
            Self::ObjectAtLocation => &[Kind::Object, Kind::Location],
            Self::Opened => &[Kind::Receptacle],
            Self::InReceptacle => &[Kind::Object, Kind::Receptacle],
            Self::Holds => &[Kind::Agent, Kind::Object],
            Self::HoldsAny => &[Kind::Agent],
            Self::Is(_) => &[Kind::Object],
            Self::Unchanging(_) => return None,
        })
    }
}
