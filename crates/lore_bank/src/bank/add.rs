//! Adding experiences.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use crate::schema::{batch, column};
use crate::sql::is_among;
use crate::table::texts;
use crate::{ExperienceBank, KeyedExperience};

/// Rows written at once: every write is a version and a fragment, so few large ones are better.
const BATCH_ROWS: usize = 4096;

impl ExperienceBank {
    /// Adds experiences in batches and returns how many were new: those whose identifier is there
    /// already are left as they are. What was added before an error stays.
    pub fn add(&self, experiences: &[KeyedExperience]) -> Result<u64> {
        self.check_writable()?;
        let mut num_added = 0;
        for chunk in experiences.chunks(BATCH_ROWS) {
            num_added += self.add_batch(chunk).with_context(|| self.unwritable())?;
        }
        Ok(num_added)
    }

    fn add_batch(&self, chunk: &[KeyedExperience]) -> Result<u64> {
        let mut known = self.known_ids(chunk)?;
        let new: Vec<&KeyedExperience> = chunk
            .iter()
            .filter(|row| known.insert(row.experience.id.0.clone()))
            .collect();
        if new.is_empty() {
            return Ok(0);
        }
        let num_new = new.len() as u64;
        let rows = batch(&self.binding.schema(), self.binding.dim, &new)?;
        // Stretches first: without their experience nobody finds them, and a second attempt after a
        // kill only adds them once more.
        self.add_windows(&new)?;
        self.change(&self.folder, self.inner.table.add(rows).execute())?;
        Ok(num_new)
    }

    /// The identifiers of `chunk` that are in the bank.
    fn known_ids(&self, chunk: &[KeyedExperience]) -> Result<BTreeSet<String>> {
        let ids: Vec<&str> = chunk.iter().map(|row| row.experience.id.as_str()).collect();
        let condition = is_among(column::ID, &ids);
        let mut known = BTreeSet::new();
        for batch in self.inner.scan(Some(&condition), &[column::ID])? {
            let ids = texts(&batch, column::ID)?;
            known.extend(ids.iter().flatten().map(str::to_owned));
        }
        Ok(known)
    }
}
