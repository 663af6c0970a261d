//! Goals, compiled so that checking one costs well under a microsecond.
//!
//! A goal is a conjunction over existential variables. Conditions that never change narrow the
//! candidates of their variable once, at load; the rest is checked as soon as its variables have
//! values.

use std::collections::HashSet;

use super::domain::Predicate;
use super::state::State;

/// A compiled goal.
#[derive(Debug)]
pub(super) struct Goal {
    pub(super) root: Query,
    pub(super) num_slots: usize,
    /// Unchanging facts the goal still asks for while playing.
    pub(super) facts: HashSet<[u16; 3]>,
    /// Position of every thing among those of its kind, by number.
    pub(super) ranks: Vec<u16>,
}

/// "There are values for the variables so that every check holds."
#[derive(Debug, Default)]
pub(super) struct Query {
    /// The slot of each variable and the things it may stand for.
    pub(super) variables: Vec<(usize, Vec<u16>)>,
    /// `checks[d]` can be made once `d` variables have values.
    pub(super) checks: Vec<Vec<Check>>,
}

#[derive(Debug)]
pub(super) enum Check {
    Fact {
        predicate: Predicate,
        arguments: [Term; 2],
        expected: bool,
    },
    Same {
        arguments: [Term; 2],
        expected: bool,
    },
    /// At least one holds.
    Any(Vec<Query>),
    /// It does not hold.
    Never(Query),
}

/// A thing, or a variable that stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Thing(u16),
    Slot(usize),
}

/// Fills the place of an argument that a predicate does not have.
pub(super) const NOTHING: u16 = u16::MAX;

impl Goal {
    /// True when the goal holds.
    pub(super) fn holds(&self, state: &State) -> bool {
        let mut slots = vec![NOTHING; self.num_slots];
        self.search(&self.root, 0, state, &mut slots)
    }

    fn search(&self, query: &Query, depth: usize, state: &State, slots: &mut [u16]) -> bool {
        let checks = &query.checks[depth];
        if !checks.iter().all(|check| self.check(check, state, slots)) {
            return false;
        }
        let Some((slot, candidates)) = query.variables.get(depth) else {
            return true;
        };
        candidates.iter().any(|candidate| {
            slots[*slot] = *candidate;
            self.search(query, depth + 1, state, slots)
        })
    }

    fn check(&self, check: &Check, state: &State, slots: &mut [u16]) -> bool {
        let value = |term: &Term| match *term {
            Term::Thing(thing) => thing,
            Term::Slot(slot) => slots[slot],
        };
        match check {
            Check::Fact {
                predicate,
                arguments: [first, second],
                expected,
            } => self.is_fact(*predicate, value(first), value(second), state) == *expected,
            Check::Same {
                arguments: [first, second],
                expected,
            } => (value(first) == value(second)) == *expected,
            Check::Any(queries) => queries
                .iter()
                .any(|query| self.search(query, 0, state, slots)),
            Check::Never(query) => !self.search(query, 0, state, slots),
        }
    }

    fn is_fact(&self, predicate: Predicate, first: u16, second: u16, state: &State) -> bool {
        let rank = |thing: u16| usize::from(self.ranks[usize::from(thing)]);
        match predicate {
            Predicate::AtLocation => state.location == rank(second),
            Predicate::ObjectAtLocation => state.located.get(rank(second), rank(first)),
            Predicate::Opened => state.is_open(rank(first)),
            Predicate::InReceptacle => state.contents.get(rank(second), rank(first)),
            Predicate::Holds => state.held == Some(rank(second)),
            Predicate::HoldsAny => state.held.is_some(),
            Predicate::Is(condition) => state.is(condition, rank(first)),
            Predicate::Unchanging(index) => self.facts.contains(&[index, first, second]),
        }
    }
}
