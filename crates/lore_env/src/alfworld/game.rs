//! A game ready to play: everything that stays the same, in tables.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use lore_core::Task;

use super::bits::BitTable;
use super::builder::Builder;
use super::domain::{Appliance, Property};
use super::goal::Goal;
use super::goal_compiler;
use super::problem::Problem;
use super::record::GameRecord;
use super::state::State;
use super::symbols::Symbols;
use super::wording::Wording;

/// What never changes in a game. Things of each kind are numbered in the order observations list
/// them in.
#[derive(Debug)]
pub(super) struct Game {
    pub(super) task: Task,
    pub(super) wording: Wording,
    pub(super) locations: Vec<Location>,
    pub(super) receptacles: Vec<Receptacle>,
    pub(super) objects: Vec<Object>,
    /// Row: [`Property`]; column: object.
    pub(super) properties: BitTable,
    /// Row: object; column: receptacle that can contain it.
    pub(super) fits: BitTable,
    /// What the words of a command mean.
    pub(super) names: HashMap<String, Thing>,
    pub(super) start: State,
    pub(super) goal: Goal,
}

#[derive(Debug, Default)]
pub(super) struct Location {
    pub(super) name: String,
    pub(super) receptacles: Vec<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Receptacle {
    pub(super) name: String,
    pub(super) location: Option<usize>,
    pub(super) openable: bool,
    pub(super) appliance: Option<Appliance>,
}

#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) name: String,
    /// Objects inside it, for bowls and the like.
    pub(super) inside: Vec<usize>,
}

/// Something a command can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Receptacle(usize),
    Object(usize),
}

impl Game {
    /// Loads a game.
    pub(super) fn load(record: &GameRecord, wording: Wording) -> Result<Self> {
        // PDDL ignores case, and the official engine works on lower-case names.
        let text = record.pddl_problem.to_ascii_lowercase();
        let build = || {
            let problem = Problem::parse(&text)?;
            let symbols = Symbols::new(&problem)?;
            let goal = goal_compiler::compile(&problem, &symbols)?;
            Builder::new(&symbols, &problem)?.finish(record.to_task(), wording, goal)
        };
        build().with_context(|| {
            format!(
                "Could not load the game {:?}: its PDDL problem is damaged",
                record.id
            )
        })
    }

    pub(super) fn has(&self, property: Property, object: usize) -> bool {
        self.properties.get(property as usize, object)
    }
}
