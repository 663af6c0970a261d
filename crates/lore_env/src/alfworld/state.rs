//! What changes while a game is played.

use super::bits::BitTable;
use super::domain::Condition;

/// The changing facts of a game, as tables of bits over ranks of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// Where the agent is.
    pub(super) location: usize,
    /// What the agent holds.
    pub(super) held: Option<usize>,
    /// One row: receptacles that are open.
    pub(super) opened: BitTable,
    /// Row: receptacle; column: object in it. Objects may be in two receptacles at once: a pan on
    /// two burners.
    pub(super) contents: BitTable,
    /// Row: receptacle; column: object that was taken out and not put back. Only `look` tells.
    pub(super) taken_out: BitTable,
    /// Row: location; column: object there.
    pub(super) located: BitTable,
    /// Row: [`Condition`]; column: object.
    conditions: BitTable,
}

impl State {
    pub(super) fn new(location: usize, counts: Counts) -> Self {
        let Counts {
            locations,
            receptacles,
            objects,
        } = counts;
        Self {
            location,
            held: None,
            opened: BitTable::new(1, receptacles),
            contents: BitTable::new(receptacles, objects),
            taken_out: BitTable::new(receptacles, objects),
            located: BitTable::new(locations, objects),
            conditions: BitTable::new(Condition::COUNT, objects),
        }
    }

    pub(super) fn is_open(&self, receptacle: usize) -> bool {
        self.opened.get(0, receptacle)
    }

    pub(super) fn is(&self, condition: Condition, object: usize) -> bool {
        self.conditions.get(condition as usize, object)
    }

    pub(super) fn set(&mut self, condition: Condition, object: usize, value: bool) {
        self.conditions.set(condition as usize, object, value);
    }
}

/// How many things of each kind a game has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) locations: usize,
    pub(super) receptacles: usize,
    pub(super) objects: usize,
}
