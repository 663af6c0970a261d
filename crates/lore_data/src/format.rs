//! Formats: how a row of some program's file becomes an item of a data set.

use lore_core::{ColumnMap, DatasetKind, Trajectory};
use serde_json::Value;

use crate::Game;
use crate::formats::{ALL, Table};
use crate::rows::{Row, each_row_of};
use crate::source::Source;

/// Rows looked at to tell the format of a file.
const NUM_SAMPLED: usize = 5;

/// One kind of file. An implementation lives in its own file under `formats`.
pub(crate) trait Format: Sync {
    /// The name shown to people.
    fn name(&self) -> &'static str;

    /// What its items are.
    fn kind(&self) -> DatasetKind {
        DatasetKind::Trajectories
    }

    /// True when `row` has the fields by which this format is known.
    fn recognises(&self, row: &Value) -> bool;

    /// The item in `row`, or in words why there is none.
    fn read(&self, row: &Row, place: &Place<'_>) -> Result<Item, String>;

    /// Where several rows make one item, or one row several: what takes them instead of
    /// [`Format::read`].
    fn gather(&self) -> Option<Box<dyn Gather>> {
        None
    }
}

/// Takes the rows of a file that are no items of their own.
pub(crate) trait Gather {
    /// Takes a row; what it completes, or what is wrong with it, goes to `found`.
    fn push(&mut self, line: u64, row: Row, place: &Place<'_>, found: &mut Gathered);

    /// Completes what is open at the end of the file.
    fn finish(&mut self, place: &Place<'_>, found: &mut Gathered);
}

/// Items with the line they begin on, or why there is none.
pub(crate) type Gathered = Vec<(u64, Result<Item, String>)>;

/// Where a row stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The path of its file within the source.
    pub(crate) entry: &'a str,
    /// What to call the source in records that do not name who acted.
    pub(crate) source: &'a str,
    /// What the columns of a table mean, if somebody said so.
    pub(crate) columns: Option<&'a ColumnMap>,
}

/// What a data set holds.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A record of an episode.
    Trajectory(Box<Trajectory>),
    /// A game that can be played.
    Game(Game),
}

impl Item {
    pub(crate) fn kind(&self) -> DatasetKind {
        match self {
            Self::Trajectory(_) => DatasetKind::Trajectories,
            Self::Game(_) => DatasetKind::Games,
        }
    }

    /// The item in a few words.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Trajectory(trajectory) => format!(
                "{} ({}, {} steps, {})",
                first_words(&trajectory.task.goal),
                trajectory.task.task_type,
                trajectory.num_steps(),
                trajectory.end.label()
            ),
            Self::Game(game) => format!("{} ({})", first_words(&game.task), game.task_type),
        }
    }
}

impl From<Trajectory> for Item {
    fn from(trajectory: Trajectory) -> Self {
        Self::Trajectory(Box::new(trajectory))
    }
}

/// The format that recognises most of the first rows of a file, or `None`. Who says what columns mean
/// (`has_columns`) has a table.
pub(crate) fn detect(
    source: &mut Source,
    index: usize,
    has_columns: bool,
) -> anyhow::Result<Option<&'static dyn Format>> {
    if has_columns {
        return Ok(Some(&Table));
    }
    let mut votes = [0usize; ALL.len()];
    let mut num_rows = 0;
    each_row_of(source, index, &mut |_, row| {
        if let Ok(row) = row.and_then(|row| row.parse::<Value>()) {
            // A row can look like several formats; the list has the most particular ones first.
            if let Some(known) = ALL.iter().position(|format| format.recognises(&row)) {
                votes[known] += 1;
            }
        }
        num_rows += 1;
        if num_rows < NUM_SAMPLED {
            std::ops::ControlFlow::Continue(())
        } else {
            std::ops::ControlFlow::Break(())
        }
    })?;
    let best = votes
        .into_iter()
        .zip(ALL)
        .rev() // the last of equals is taken, and the first format shall be
        .max_by_key(|(votes, _)| *votes);
    Ok(best
        .filter(|(votes, _)| *votes > 0)
        .map(|(_, format)| format))
}

/// At most the first hundred characters of the first line.
pub(crate) fn first_words(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
