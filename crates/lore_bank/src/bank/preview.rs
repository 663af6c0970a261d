//! What taking experiences out would change.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use lore_core::{ExperienceId, RemovalPreview};

use crate::ExperienceBank;
use crate::schema::column;
use crate::sql::is_among;
use crate::table::{flags, texts};

/// Experiences of a task type.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: u64,
    successes: u64,
}

impl ExperienceBank {
    /// What [`ExperienceBank::remove`] would do with these.
    pub fn preview_removal(&self, ids: &[ExperienceId]) -> Result<RemovalPreview> {
        self.try_preview(ids).with_context(|| self.unreadable())
    }

    fn try_preview(&self, ids: &[ExperienceId]) -> Result<RemovalPreview> {
        let mut preview = RemovalPreview::default();
        if ids.is_empty() {
            return Ok(preview);
        }
        let ids: Vec<&str> = ids.iter().map(ExperienceId::as_str).collect();
        let columns = [
            column::TASK_TYPE,
            column::SUCCESS,
            column::PINNED,
            column::LESSON,
        ];
        let mut leaving: BTreeMap<String, Count> = BTreeMap::new();
        for batch in self
            .inner
            .scan(Some(&is_among(column::ID, &ids)), &columns)?
        {
            let (types, success) = (
                texts(&batch, column::TASK_TYPE)?,
                flags(&batch, column::SUCCESS)?,
            );
            let (pinned, lessons) = (
                flags(&batch, column::PINNED)?,
                texts(&batch, column::LESSON)?,
            );
            for row in 0..batch.num_rows() {
                let count = leaving.entry(types.value(row).to_owned()).or_default();
                count.all += 1;
                count.successes += u64::from(success.value(row));
                preview.num_experiences += 1;
                preview.num_pinned += u64::from(pinned.value(row));
                preview.num_lessons += u64::from(!lessons.value(row).is_empty());
            }
        }
        for (task_type, count) in leaving {
            let of_type = is_among(column::TASK_TYPE, &[&task_type]);
            let succeeded = format!("{of_type} AND {} = true", column::SUCCESS);
            if self.inner.count(Some(of_type))? == count.all {
                preview.types_emptied.push(task_type);
            } else if count.successes > 0 && self.inner.count(Some(succeeded))? == count.successes {
                preview.types_without_success.push(task_type);
            }
        }
        preview.kept_versions = self
            .kept_versions()?
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        Ok(preview)
    }
}
