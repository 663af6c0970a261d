//! All things of a problem as small numbers.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};

use super::domain::Kind;
use super::problem::Problem;

/// Things sorted by identifier: observations list them in this order.
#[derive(Debug)]
pub(super) struct Symbols<'a> {
    ids: Vec<&'a str>,
    kinds: Vec<Kind>,
    /// The position of each thing among those of its kind.
    ranks: Vec<u16>,
    by_id: HashMap<&'a str, u16>,
}

impl<'a> Symbols<'a> {
    pub(super) fn new(problem: &Problem<'a>) -> Result<Self> {
        let mut things = Vec::with_capacity(problem.things.len());
        for &(id, kind) in &problem.things {
            things.push((id, Kind::from_name(kind)?));
        }
        things.sort_unstable_by_key(|(id, _)| *id);
        let mut symbols = Self {
            ids: Vec::new(),
            kinds: Vec::new(),
            ranks: Vec::new(),
            by_id: HashMap::with_capacity(things.len()),
        };
        let mut counts = [0u16; 6];
        for (id, kind) in things {
            let count = &mut counts[kind as usize];
            let number = symbols.ids.len() as u16;
            ensure!(
                symbols.by_id.insert(id, number).is_none(),
                "it names {id:?} twice"
            );
            symbols.ids.push(id);
            symbols.kinds.push(kind);
            symbols.ranks.push(*count);
            *count += 1;
        }
        Ok(symbols)
    }

    /// The number of a thing.
    pub(super) fn number(&self, id: &str) -> Result<u16> {
        self.by_id
            .get(id)
            .copied()
            .with_context(|| format!("it speaks of {id:?}, which it does not declare"))
    }

    /// The position of the thing `id` among those of `kind`.
    pub(super) fn rank(&self, id: &str, kind: Kind) -> Result<usize> {
        let number = self.number(id)?;
        ensure!(
            self.kind(number) == kind,
            "{id:?} is used as a thing of another type"
        );
        Ok(usize::from(self.ranks[usize::from(number)]))
    }

    pub(super) fn kind(&self, number: u16) -> Kind {
        self.kinds[usize::from(number)]
    }

    /// Position of every thing among those of its kind, by number.
    pub(super) fn ranks(&self) -> &[u16] {
        &self.ranks
    }

    /// Identifiers by number.
    pub(super) fn ids(&self) -> &[&'a str] {
        &self.ids
    }

    /// Numbers of the things of a kind, in rising order.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = u16> {
        (0u16..)
            .zip(&self.kinds)
            .filter(move |(_, of)| **of == kind)
            .map(|(number, _)| number)
    }
}
