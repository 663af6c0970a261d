//! Pinning, shunning, noting lessons on and removing experiences.

use anyhow::{Context, Result, bail};
use lore_core::ExperienceId;

use crate::ExperienceBank;
use crate::schema::column;
use crate::sql::{is_among, literal};

impl ExperienceBank {
    /// Shows an experience first from now on, or no longer.
    pub fn set_pinned(&self, id: &ExperienceId, pinned: bool) -> Result<()> {
        self.set_flag(id, column::PINNED, pinned)
    }

    /// Keeps an experience from being retrieved from now on, or allows it again.
    pub fn set_never_use(&self, id: &ExperienceId, never_use: bool) -> Result<()> {
        self.set_flag(id, column::NEVER_USE, never_use)
    }

    /// Takes experiences out and returns how many were there.
    pub fn remove(&self, ids: &[ExperienceId]) -> Result<u64> {
        self.check_writable()?;
        if ids.is_empty() {
            return Ok(0);
        }
        let ids: Vec<&str> = ids.iter().map(ExperienceId::as_str).collect();
        let condition = is_among(column::ID, &ids);
        let delete = self.inner.table.delete(condition.as_str());
        let deleted = self
            .change(&self.folder, delete)
            .with_context(|| self.unwritable())?;
        Ok(deleted.num_deleted_rows)
    }

    /// Notes something short on an experience; an empty text takes the note away.
    pub fn set_lesson(&self, id: &ExperienceId, lesson: &str) -> Result<()> {
        self.set(id, column::LESSON, literal(lesson.trim()))
    }

    fn set_flag(&self, id: &ExperienceId, column: &str, value: bool) -> Result<()> {
        self.set(id, column, value.to_string())
    }

    /// Sets a column to the value of an SQL expression.
    fn set(&self, id: &ExperienceId, column: &str, value: String) -> Result<()> {
        self.check_writable()?;
        let update = self.inner.table.update();
        let update = update
            .only_if(is_among(column::ID, &[id.as_str()]))
            .column(column, value);
        let updated = self
            .change(&self.folder, update.execute())
            .with_context(|| self.unwritable())?;
        if updated.rows_updated == 0 {
            bail!("This experience is not in the bank any more. Please reload the list.");
        }
        Ok(())
    }
}
