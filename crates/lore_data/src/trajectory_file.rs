//! A file of trajectories, a page at a time.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use lore_core::{
    DatasetStats, LengthCount, Page, RejectedRow, SplitKind, Trajectory, TrajectoryFilter,
    TrajectoryId, TrajectoryRow,
};

use crate::index::{Indexed, Line, LineFile, LineReader};

/// A `trajectories.jsonl`: of a data set, or of a run that may still be writing it.
pub struct TrajectoryFile {
    lines: LineFile<Trajectory>,
    unseen_types: Option<Vec<String>>,
}

impl Line for Trajectory {
    type Row = TrajectoryRow;

    fn row(&self) -> TrajectoryRow {
        let traces = self.steps.iter().filter_map(|step| step.trace.as_ref());
        TrajectoryRow {
            id: self.id.clone(),
            goal: self.task.goal.clone(),
            task_type: self.task.task_type.clone(),
            source: self.source.clone(),
            job: None,
            end: self.end,
            num_steps: self.steps.len() as u32,
            num_memories: self
                .trace
                .as_ref()
                .map_or(0, |trace| trace.memories.len() as u32),
            split: None,
            millis: traces.map(|trace| trace.millis).sum(),
            seed: self.trace.as_ref().map(|trace| trace.seed),
        }
    }
}

impl TrajectoryFile {
    /// Opens the file at `path`. Damaged lines are left out and named by
    /// [`TrajectoryFile::problems`].
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            lines: LineFile::open(path)?,
            unseen_types: None,
        })
    }

    /// Marks rows of these task types as unseen and all others as seen.
    pub fn with_unseen_types(mut self, unseen_types: &[String]) -> Self {
        self.unseen_types = Some(unseen_types.to_vec());
        self
    }

    /// Reads what was appended since.
    pub fn refresh(&mut self) -> Result<()> {
        self.lines.refresh()
    }

    /// Trajectories.
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

    /// The rows that match, from number `offset` on, at most `limit`.
    pub fn page(
        &self,
        filter: &TrajectoryFilter,
        offset: u64,
        limit: u64,
    ) -> Result<Page<TrajectoryRow>> {
        let mut page = Page {
            total: 0,
            offset,
            rows: Vec::new(),
        };
        let mut reader = self.lines.reader()?;
        for line in self.lines.rows() {
            let split = self.split(&line.row.task_type);
            if !matches_row(filter, &line.row, split) {
                continue;
            }
            if !filter.text.is_empty() && !mentions(&mut reader, line, &filter.text)? {
                continue;
            }
            if page.total >= offset && (page.rows.len() as u64) < limit {
                page.rows.push(TrajectoryRow {
                    split,
                    ..line.row.clone()
                });
            }
            page.total += 1;
        }
        Ok(page)
    }

    /// The identifiers of those that match.
    pub fn ids(&self, filter: &TrajectoryFilter) -> Result<Vec<TrajectoryId>> {
        let page = self.page(filter, 0, u64::MAX)?;
        Ok(page.rows.into_iter().map(|row| row.id).collect())
    }

    /// The trajectory called `id`.
    pub fn get(&self, id: &TrajectoryId) -> Result<Trajectory> {
        let rows = self.lines.rows();
        let index = rows
            .iter()
            .position(|line| line.row.id == *id)
            .context("This trajectory is not in the file any more. Please reload the list.")?;
        whole(&self.lines, &rows[index], self.lines.read(index))
    }

    /// Every trajectory in order, read one at a time.
    pub fn read_all(&self) -> Result<impl Iterator<Item = Result<Trajectory>> + '_> {
        let mut reader = self.lines.reader()?;
        let lines = &self.lines;
        Ok(lines
            .rows()
            .iter()
            .map(move |line| whole(lines, line, reader.read(line))))
    }

    /// Counts over all trajectories; costs no reading.
    pub fn stats(&self) -> DatasetStats {
        let mut stats = DatasetStats::default();
        let mut steps = BTreeMap::new();
        let mut by_goal = BTreeMap::new();
        for line in self.lines.rows() {
            *stats.outcomes.entry(line.row.end).or_default() += 1;
            *steps.entry(u64::from(line.row.num_steps)).or_default() += 1;
            *by_goal
                .entry((&line.row.task_type, &line.row.goal))
                .or_default() += 1;
        }
        let mut attempts = BTreeMap::new();
        for num_attempts in by_goal.into_values().filter(|count: &u64| *count > 1) {
            *attempts.entry(num_attempts).or_default() += 1;
        }
        stats.steps = lengths(steps);
        stats.attempts = lengths(attempts);
        stats
    }

    fn split(&self, task_type: &str) -> Option<SplitKind> {
        let unseen_types = self.unseen_types.as_ref()?;
        Some(if unseen_types.iter().any(|unseen| unseen == task_type) {
            SplitKind::Unseen
        } else {
            SplitKind::Seen
        })
    }
}

/// What was read, unless it is another text than was written: its identifier is the hash of its content.
fn whole(
    lines: &LineFile<Trajectory>,
    line: &Indexed<TrajectoryRow>,
    read: Result<Trajectory>,
) -> Result<Trajectory> {
    let trajectory = read?;
    if trajectory.id != line.row.id || trajectory.id != trajectory.content_id() {
        bail!(lines.changed());
    }
    Ok(trajectory)
}

fn lengths(counts: BTreeMap<u64, u64>) -> Vec<LengthCount> {
    counts
        .into_iter()
        .map(|(length, count)| LengthCount { length, count })
        .collect()
}

/// True when the trajectory at `line` mentions `text`. Goals are in the index; what was said and done
/// has to be looked up, and most lines can be passed over before they are understood.
fn mentions(
    reader: &mut LineReader<'_>,
    line: &Indexed<TrajectoryRow>,
    text: &str,
) -> Result<bool> {
    if contains(&line.row.goal, text) {
        return Ok(true);
    }
    let json = reader.text(line)?;
    // Only these look different in JSON.
    let is_escaped = |c: char| c == '"' || c == '\\' || c.is_control();
    if !text.contains(is_escaped) && !contains(&json, text) {
        return Ok(false);
    }
    let trajectory: Trajectory = reader.read(line)?;
    Ok(trajectory.mentions(text))
}

/// Everything in a filter but its text.
fn matches_row(filter: &TrajectoryFilter, row: &TrajectoryRow, split: Option<SplitKind>) -> bool {
    let is_success = row.end == lore_core::EpisodeEnd::Success;
    let among = |allowed: &[String], value: &String| allowed.is_empty() || allowed.contains(value);
    filter.success.is_none_or(|success| success == is_success)
        && filter.split.is_none_or(|wanted| split == Some(wanted))
        && filter.min_steps.is_none_or(|least| row.num_steps >= least)
        && filter.max_steps.is_none_or(|most| row.num_steps <= most)
        && among(&filter.task_types, &row.task_type)
        && among(&filter.arms, &row.source)
}

/// True when `text` holds `part`, whatever the case.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}
