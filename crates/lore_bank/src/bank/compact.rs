//! Keeping a bank small and quick: LanceDB never tidies up by itself.

use std::time::Duration;

use anyhow::{Context, Result};
use lancedb::table::{CompactionOptions, OptimizeAction};

use crate::ExperienceBank;

/// A fragment's size to aim at. LanceDB's own aim is a million rows, which with trajectories in them
/// is gigabytes that every later compaction would read and write again.
const FRAGMENT_BYTES: u64 = 256 << 20;

/// Bounds of a fragment's rows, whatever the rows' size.
const FRAGMENT_ROWS: std::ops::RangeInclusive<u64> = 1_000..=1_000_000;

/// Small fragments that are worth joining: reading them costs more than writing them once more.
const MAX_SMALL_FRAGMENTS: usize = 64;

impl ExperienceBank {
    /// What a job does when it has added experiences: joins fragments, throws old versions away and makes
    /// or extends the indices that pay.
    pub fn tidy(&self, keep: Duration) -> Result<()> {
        self.compact(keep)?;
        self.index()
    }

    /// Joins fragments in the middle of long work, once there are many small ones.
    pub fn tidy_if_due(&self, keep: Duration) -> Result<()> {
        let Some(native) = self.inner.table.as_native() else {
            return Ok(());
        };
        let target_rows = self.target_rows().with_context(|| self.unreadable())?;
        let num_small = self
            .inner
            .wait(native.num_small_files(target_rows))
            .with_context(|| self.unreadable())?;
        if num_small > MAX_SMALL_FRAGMENTS {
            self.compact(keep)?;
        }
        Ok(())
    }

    /// Joins small fragments and throws away versions older than `keep`, except those that
    /// [`ExperienceBank::keep_version`] named. Others may read and write meanwhile.
    pub fn compact(&self, keep: Duration) -> Result<()> {
        self.check_writable()?;
        self.try_compact(keep)
            .with_context(|| format!("The bank {} could not be tidied up.", self.id))
    }

    /// Keeps the version `version` from being thrown away, under the name `tag`: a run that is
    /// repeated wants the bank it saw. Naming it again changes nothing.
    pub fn keep_version(&self, tag: &str, version: u64) -> Result<()> {
        self.inner
            .runtime
            .block_on(async {
                let mut tags = self.inner.table.tags().await?;
                match tags.get_version(tag).await {
                    Ok(_) => tags.update(tag, version).await,
                    Err(_) => tags.create(tag, version).await,
                }
            })
            .with_context(|| {
                format!(
                    "Version {version} of the bank {} could not be kept.",
                    self.id
                )
            })
    }

    /// The versions that [`ExperienceBank::keep_version`] named, by name.
    pub fn kept_versions(&self) -> Result<Vec<(String, u64)>> {
        let tags = self.inner.runtime.block_on(async {
            let tags = self.inner.table.tags().await?;
            tags.list().await
        });
        let tags = tags.with_context(|| self.unreadable())?;
        let mut kept: Vec<(String, u64)> = tags
            .into_iter()
            .map(|(name, content)| (name, content.version))
            .collect();
        kept.sort();
        Ok(kept)
    }

    fn try_compact(&self, keep: Duration) -> Result<()> {
        let target_rows_per_fragment = self.target_rows()?;
        let compact = OptimizeAction::Compact {
            options: CompactionOptions {
                target_rows_per_fragment,
                // More threads would hold more wide rows in memory at once.
                num_threads: Some(1),
                ..CompactionOptions::default()
            },
            remap_options: None,
        };
        self.change(&self.folder, self.inner.table.optimize(compact))?;
        let older_than = lancedb::table::Duration::from_std(keep)
            .context("The time to keep versions for is too long.")?;
        let prune = OptimizeAction::Prune {
            older_than: Some(older_than),
            // Files nobody vouches for may belong to a writer at work.
            delete_unverified: Some(false),
            error_if_tagged_old_versions: Some(false),
        };
        self.change(&self.folder, self.inner.table.optimize(prune))?;
        Ok(())
    }

    /// Rows that make about [`FRAGMENT_BYTES`].
    fn target_rows(&self) -> Result<usize> {
        let stats = self.inner.wait(self.inner.table.stats())?;
        let row_bytes = (stats.total_bytes as u64 / stats.num_rows.max(1) as u64).max(1);
        let rows = (FRAGMENT_BYTES / row_bytes).clamp(*FRAGMENT_ROWS.start(), *FRAGMENT_ROWS.end());
        Ok(rows as usize)
    }
}
