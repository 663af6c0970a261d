//! Indices: made when they pay, extended when much was added since.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use lancedb::DistanceType;
use lancedb::index::Index;
use lancedb::index::scalar::{BTreeIndexBuilder, BitmapIndexBuilder, FtsIndexBuilder};
use lancedb::index::vector::IvfHnswSqIndexBuilder;
use lancedb::table::{OptimizeAction, OptimizeOptions};

use crate::ExperienceBank;
use crate::schema::column;

/// Experiences from which on indices of keys and columns are made. Below it reading every key takes
/// some tens of milliseconds, and an index would only cost time, disk and exactness.
pub const INDEX_ROWS: u64 = 20_000;

/// Rows a vector index puts into one of its parts; a part is one graph.
const ROWS_PER_PARTITION: u64 = 1_000_000;

/// Nodes that are looked at to place one in a graph. Twice as many take twice as long and find hardly more.
const EF_CONSTRUCTION: u32 = 150;

/// An index is extended once it misses this many rows, or a tenth of all.
const MAX_UNINDEXED: usize = 10_000;

impl ExperienceBank {
    /// Makes indices of keys and columns from this many experiences on, in place of [`INDEX_ROWS`].
    #[must_use]
    pub fn indexed_from(mut self, num_rows: u64) -> Self {
        self.index_rows = num_rows;
        self
    }

    /// Makes the indices that pay and extends those that miss many rows. Words are indexed in every bank,
    /// because searching by them needs it; keys and columns from [`INDEX_ROWS`] on. Others may read and
    /// write meanwhile.
    pub fn index(&self) -> Result<()> {
        self.check_writable()?;
        self.try_index()
            .with_context(|| format!("The bank {} could not be indexed.", self.id))
    }

    fn try_index(&self) -> Result<()> {
        let num_rows = self.inner.count(None)?;
        if num_rows == 0 {
            return Ok(());
        }
        let known = self.indexed_columns()?;
        for (column, index) in self.wanted(num_rows) {
            if !known.contains(column) {
                let create = self.inner.table.create_index(&[column], index);
                self.change(&self.folder, create.execute())?;
            }
        }
        if self.num_unindexed()? > MAX_UNINDEXED.min(num_rows as usize / 10) {
            let extend = OptimizeAction::Index(OptimizeOptions::append());
            self.change(&self.folder, self.inner.table.optimize(extend))?;
        }
        Ok(())
    }

    /// Columns that have an index.
    pub(crate) fn indexed_columns(&self) -> Result<BTreeSet<String>> {
        let indices = self.inner.wait(self.inner.table.list_indices())?;
        Ok(indices
            .into_iter()
            .flat_map(|index| index.columns)
            .collect())
    }

    /// The columns that should have an index in a bank of this size, and which.
    fn wanted(&self, num_rows: u64) -> Vec<(&'static str, Index)> {
        let mut wanted = vec![(column::TEXT, words())];
        if num_rows < self.index_rows {
            return wanted;
        }
        let distinct = [column::ID, column::TASK_ID, column::TEXT_HASH];
        // Every search asks whether a row may be used at all: without an index each would look at every row.
        let few = [
            column::TASK_TYPE,
            column::ENVIRONMENT,
            column::SUCCESS,
            column::NEVER_USE,
        ];
        wanted.extend(distinct.map(|name| (name, Index::BTree(BTreeIndexBuilder::default()))));
        wanted.extend(few.map(|name| (name, Index::Bitmap(BitmapIndexBuilder::default()))));
        let num_partitions = num_rows.div_ceil(ROWS_PER_PARTITION) as u32;
        wanted.extend(self.binding.key_columns().into_iter().map(|name| {
            let graph = IvfHnswSqIndexBuilder::default()
                .distance_type(DistanceType::Dot)
                .ef_construction(EF_CONSTRUCTION)
                .num_partitions(num_partitions);
            (name, Index::IvfHnswSq(graph))
        }));
        wanted
    }

    /// Rows that the index of task keys misses; none when there is no such index.
    fn num_unindexed(&self) -> Result<usize> {
        let indices = self.inner.wait(self.inner.table.list_indices())?;
        let mut most = 0;
        for index in indices {
            let stats = self.inner.wait(self.inner.table.index_stats(&index.name))?;
            most = most.max(stats.map_or(0, |stats| stats.num_unindexed_rows));
        }
        Ok(most)
    }
}

/// Words as they are written: goals are too short to lose a stop word, and worlds name things in ways
/// that no stemmer knows.
fn words() -> Index {
    let words = FtsIndexBuilder::default()
        .with_position(false)
        .stem(false)
        .remove_stop_words(false);
    Index::FTS(words)
}
