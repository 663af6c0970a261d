//! A file of games, a page at a time.

use std::path::Path;

use anyhow::{Context, Result};
use lore_core::{Page, RejectedRow, Task, TaskId};

use crate::Game;
use crate::index::{Line, LineFile};
use crate::trajectory_file::contains;

/// A `games.jsonl`.
pub struct GameFile {
    lines: LineFile<Game>,
}

impl Line for Game {
    type Row = Task;

    fn row(&self) -> Task {
        self.to_task()
    }
}

impl GameFile {
    /// Opens the file at `path`. Damaged lines are left out and named by [`GameFile::problems`].
    pub fn open(path: &Path) -> Result<Self> {
        let lines = LineFile::open(path)?;
        Ok(Self { lines })
    }

    /// Games.
    pub fn len(&self) -> usize {
        self.lines.rows().len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lines that could not be read, the first hundred.
    pub fn problems(&self) -> &[RejectedRow] {
        self.lines.problems()
    }

    /// Every game as a task, in order; costs no reading.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.lines.rows().iter().map(|line| &line.row)
    }

    /// The tasks whose goal or identifier contains `text`, from number `offset` on, at most `limit`.
    pub fn page(&self, text: &str, offset: u64, limit: u64) -> Page<Task> {
        let found: Vec<&Task> = self
            .tasks()
            .filter(|task| contains(&task.goal, text) || contains(task.id.as_str(), text))
            .collect();
        let shown = found.iter().skip(offset as usize).take(limit as usize);
        Page {
            total: found.len() as u64,
            offset,
            rows: shown.map(|task| (*task).clone()).collect(),
        }
    }

    /// The game called `id`.
    pub fn get(&self, id: &TaskId) -> Result<Game> {
        let index = self
            .tasks()
            .position(|task| task.id == *id)
            .with_context(|| format!("There is no game called {id} in this data set."))?;
        self.lines.read(index)
    }

    /// Every game in order, read one at a time.
    pub fn read_all(&self) -> Result<impl Iterator<Item = Result<Game>> + '_> {
        let mut reader = self.lines.reader()?;
        Ok(self.lines.rows().iter().map(move |line| reader.read(line)))
    }
}
