//! Lists, single experiences, keys and figures of a bank.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use arrow_array::RecordBatch;
use lore_core::{BankInfo, Experience, ExperienceId, ExperienceRow, MapPoint, Page};

use crate::schema::column;
use crate::sql::{Conditions, is_among};
use crate::table::{counts, flags, key, keys, texts};
use crate::{BankRowFilter, ExperienceBank};

const ROW_COLUMNS: [&str; 10] = [
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

    /// Every experience as a point that has not been placed yet, with its task key, by identifier.
    pub fn task_keys(&self) -> Result<Vec<(MapPoint, Vec<f32>)>> {
        let columns = [
            column::ID,
            column::GOAL,
            column::TASK_TYPE,
            column::SUCCESS,
            column::TASK_KEY,
        ];
        let mut points = Vec::new();
        let batches = self.inner.scan(None, &columns);
        for batch in batches.with_context(|| self.unreadable())? {
            let ids = texts(&batch, column::ID)?;
            let (goals, types) = (
                texts(&batch, column::GOAL)?,
                texts(&batch, column::TASK_TYPE)?,
            );
            let (success, task_keys) = (
                flags(&batch, column::SUCCESS)?,
                keys(&batch, column::TASK_KEY)?,
            );
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
        }
        points.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        Ok(points)
    }

    /// What is in the bank, and what it takes on the disk.
    pub fn info(&self) -> Result<BankInfo> {
        self.read_info().with_context(|| self.unreadable())
    }

    fn read_info(&self) -> Result<BankInfo> {
        let mut task_types = BTreeSet::new();
        for batch in self.inner.scan(None, &[column::TASK_TYPE])? {
            let types = texts(&batch, column::TASK_TYPE)?;
            for task_type in types.iter().flatten() {
                if !task_types.contains(task_type) {
                    task_types.insert(task_type.to_owned());
                }
            }
        }
        let is_success = format!("{} = true", column::SUCCESS);
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
            version: self.version()?,
            num_fragments,
            num_bytes: bytes_below(&self.folder),
        })
    }
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
    }));
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
