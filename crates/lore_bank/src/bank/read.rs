//! Lists, single experiences, keys and figures of a bank.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use arrow_array::RecordBatch;
use lancedb::query::Select;
use lore_core::{BankInfo, Experience, ExperienceId, ExperienceRow, MapPoint, Page};

use crate::schema::column;
use crate::sql::{Conditions, is_among};
use crate::table::{collect, counts, flags, key, keys, texts};
use crate::{BankRowFilter, ExperienceBank};

const ROW_COLUMNS: [&str; 11] = [
    column::ID,
    column::GOAL,
    column::TASK_TYPE,
    column::ENVIRONMENT,
    column::SUCCESS,
    column::NUM_STEPS,
    column::NUM_TOKENS,
    column::SOURCE,
    column::PINNED,
    column::NEVER_USE,
    column::LESSON,
];

impl ExperienceBank {
    /// The rows that match, pinned ones first, then by task type, goal and identifier; from number
    /// `offset` on, at most `limit`.
    pub fn rows(
        &self,
        filter: &BankRowFilter,
        offset: u64,
        limit: u64,
    ) -> Result<Page<ExperienceRow>> {
        let mut conditions = Conditions::of_list(&filter.filter);
        conditions.none_of(column::TASK_TYPE, &filter.without_types);
        let condition = conditions.into_sql();
        let mut rows = Vec::new();
        let batches = self.inner.scan(condition.as_deref(), &ROW_COLUMNS);
        for batch in batches.with_context(|| self.unreadable())? {
            push_rows(&batch, &mut rows).with_context(|| self.unreadable())?;
        }
        rows.sort_by(|a, b| {
            let rank = |row: &ExperienceRow| !row.pinned;
            (rank(a), &a.task_type, &a.goal, &a.id).cmp(&(rank(b), &b.task_type, &b.goal, &b.id))
        });
        Ok(Page {
            total: rows.len() as u64,
            offset,
            rows: rows
                .into_iter()
                .skip(offset as usize)
                .take(limit as usize)
                .collect(),
        })
    }

    /// One experience in full.
    pub fn get(&self, id: &ExperienceId) -> Result<Experience> {
        let mut found = self.fetch(std::slice::from_ref(id))?;
        found
            .remove(id)
            .context("This experience is not in the bank any more. Please reload the list.")
    }

    /// Experiences in full, by identifier. Reads the wide column of these rows only.
    pub(super) fn fetch(&self, ids: &[ExperienceId]) -> Result<BTreeMap<ExperienceId, Experience>> {
        let ids: Vec<&str> = ids.iter().map(ExperienceId::as_str).collect();
        let mut found = BTreeMap::new();
        if ids.is_empty() {
            return Ok(found);
        }
        let columns = [
            column::ID,
            column::NUM_TOKENS,
            column::PINNED,
            column::NEVER_USE,
            column::LESSON,
            column::TRAJECTORY,
        ];
        let batches = self.inner.scan(Some(&is_among(column::ID, &ids)), &columns);
        for batch in batches.with_context(|| self.unreadable())? {
            let (ids, trajectories) = (
                texts(&batch, column::ID)?,
                texts(&batch, column::TRAJECTORY)?,
            );
            let (num_tokens, pinned) = (
                counts(&batch, column::NUM_TOKENS)?,
                flags(&batch, column::PINNED)?,
            );
            let never_use = flags(&batch, column::NEVER_USE)?;
            let lessons = texts(&batch, column::LESSON)?;
            for row in 0..batch.num_rows() {
                let id = ExperienceId::from(ids.value(row));
                let trajectory = serde_json::from_str(trajectories.value(row))
                    .with_context(|| self.unreadable())?;
                let experience = Experience {
                    id: id.clone(),
                    trajectory,
                    num_tokens: num_tokens.value(row),
                    pinned: pinned.value(row),
                    never_use: never_use.value(row),
                    lesson: lessons.value(row).to_owned(),
                };
                found.insert(id, experience);
            }
        }
        Ok(found)
    }

    /// The identifier of every experience.
    pub fn ids(&self) -> Result<BTreeSet<ExperienceId>> {
        let mut all = BTreeSet::new();
        let batches = self.inner.scan(None, &[column::ID]);
        for batch in batches.with_context(|| self.unreadable())? {
            let ids = texts(&batch, column::ID)?;
            all.extend(ids.iter().flatten().map(ExperienceId::from));
        }
        Ok(all)
    }

    /// At most `max` experiences, evenly spread over the bank, as points that have not been placed yet,
    /// with their task keys, by identifier.
    pub fn task_keys(&self, max: usize) -> Result<Vec<(MapPoint, Vec<f32>)>> {
        let columns = [
            column::ID,
            column::GOAL,
            column::TASK_TYPE,
            column::SUCCESS,
            column::TASK_KEY,
        ];
        let mut points = Vec::new();
        let batches = self.sample(max, &columns);
        for batch in batches.with_context(|| self.unreadable())? {
            push_points(&batch, &mut points).with_context(|| self.unreadable())?;
        }
        points.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        Ok(points)
    }

    /// At most `max` rows: of a million keys only those that are shown are read.
    fn sample(&self, max: usize, columns: &[&str]) -> Result<Vec<RecordBatch>> {
        let num_rows = self.inner.count(None)?;
        if num_rows <= max as u64 {
            return self.inner.scan(None, columns);
        }
        let step = num_rows.div_ceil(max as u64).max(1) as usize;
        let offsets = (0..num_rows).step_by(step).collect();
        let take = self.inner.table.take_offsets(offsets);
        self.inner
            .wait(collect(&take.select(Select::columns(columns))))
    }

    /// What is in the bank, and what it takes on the disk.
    pub fn info(&self) -> Result<BankInfo> {
        self.read_info().with_context(|| self.unreadable())
    }

    fn read_info(&self) -> Result<BankInfo> {
        let columns = [column::TASK_TYPE, column::ENVIRONMENT];
        let (mut task_types, mut environments) = (BTreeSet::new(), BTreeSet::new());
        for batch in self.inner.scan(None, &columns)? {
            put_texts(&batch, column::TASK_TYPE, &mut task_types)?;
            put_texts(&batch, column::ENVIRONMENT, &mut environments)?;
        }
        let is_success = format!("{} = true", column::SUCCESS);
        let versions = self.inner.wait(self.inner.table.list_versions())?;
        let num_fragments = match self.inner.table.as_native() {
            Some(native) => self.inner.wait(native.count_fragments())? as u64,
            None => 0,
        };
        Ok(BankInfo {
            id: self.id.clone(),
            name: self.binding.name.clone(),
            embedder: self.binding.embedder.clone(),
            dim: self.binding.dim,
            num_experiences: self.inner.count(None)?,
            num_successes: self.inner.count(Some(is_success))?,
            task_types: task_types.into_iter().collect(),
            environments: environments.into_iter().collect(),
            version: self.version()?,
            num_fragments,
            num_bytes: bytes_below(&self.folder),
            num_versions: versions.len() as u64,
            kept_versions: self.kept_versions()?,
            indices: self.indexed_columns()?.into_iter().collect(),
            keys: self.binding.keys,
        })
    }
}

/// Adds the different texts of a column.
fn put_texts(batch: &RecordBatch, column: &str, all: &mut BTreeSet<String>) -> Result<()> {
    for text in texts(batch, column)?.iter().flatten() {
        if !all.contains(text) {
            all.insert(text.to_owned());
        }
    }
    Ok(())
}

fn push_rows(batch: &RecordBatch, rows: &mut Vec<ExperienceRow>) -> Result<()> {
    let text = |name| texts(batch, name);
    let (ids, goals) = (text(column::ID)?, text(column::GOAL)?);
    let (types, environments) = (text(column::TASK_TYPE)?, text(column::ENVIRONMENT)?);
    let (sources, success) = (text(column::SOURCE)?, flags(batch, column::SUCCESS)?);
    let num_steps = counts(batch, column::NUM_STEPS)?;
    let num_tokens = counts(batch, column::NUM_TOKENS)?;
    let (pinned, never_use) = (
        flags(batch, column::PINNED)?,
        flags(batch, column::NEVER_USE)?,
    );
    let lessons = text(column::LESSON)?;
    rows.extend((0..batch.num_rows()).map(|row| ExperienceRow {
        id: ExperienceId::from(ids.value(row)),
        goal: goals.value(row).to_owned(),
        task_type: types.value(row).to_owned(),
        environment: environments.value(row).to_owned(),
        success: success.value(row),
        num_steps: num_steps.value(row),
        num_tokens: num_tokens.value(row),
        source: sources.value(row).to_owned(),
        pinned: pinned.value(row),
        never_use: never_use.value(row),
        lesson: lessons.value(row).to_owned(),
    }));
    Ok(())
}

fn push_points(batch: &RecordBatch, points: &mut Vec<(MapPoint, Vec<f32>)>) -> Result<()> {
    let (ids, goals) = (texts(batch, column::ID)?, texts(batch, column::GOAL)?);
    let (types, success) = (
        texts(batch, column::TASK_TYPE)?,
        flags(batch, column::SUCCESS)?,
    );
    let task_keys = keys(batch, column::TASK_KEY)?;
    for row in 0..batch.num_rows() {
        let point = MapPoint {
            id: ExperienceId::from(ids.value(row)),
            goal: goals.value(row).to_owned(),
            task_type: types.value(row).to_owned(),
            success: success.value(row),
            ..MapPoint::default()
        };
        points.push((point, key(task_keys, row)?));
    }
    Ok(())
}

/// Bytes of all files below a folder; what vanishes meanwhile does not count.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(listing) = std::fs::read_dir(folder) else {
        return 0;
    };
    listing
        .flatten()
        .filter_map(|item| Some((item.path(), item.metadata().ok()?)))
        .map(|(path, metadata)| {
            if metadata.is_dir() {
                bytes_below(&path)
            } else {
                metadata.len()
            }
        })
        .sum()
}
