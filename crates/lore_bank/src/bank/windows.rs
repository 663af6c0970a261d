//! Keys of stretches of steps, in a table beside the bank: an experience has many.
//!
//! Rows without their experience (it was removed, or the program was killed between the two writes) and
//! rows that are there twice do no harm: what is found is looked up in the bank itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use lancedb::query::{QueryBase, Select};
use lancedb::{DistanceType, Table};
use lore_core::dot;

use crate::catalog::connection;
use crate::schema::{column, key_type, keys as key_array};
use crate::table::{collect, key, keys, texts};
use crate::{ExperienceBank, KeyedExperience};

/// The key of a stretch.
const KEY: &str = "key";

impl ExperienceBank {
    /// Adds the stretches of experiences that are about to be added.
    pub(super) fn add_windows(&self, rows: &[&KeyedExperience]) -> Result<()> {
        if self.binding.keys.window_steps == 0 {
            return Ok(());
        }
        let ids: Vec<&str> = rows
            .iter()
            .flat_map(|row| row.window_keys.iter().map(|_| row.experience.id.as_str()))
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let schema = schema(self.binding.dim);
        let all_keys = rows.iter().flat_map(|row| &row.window_keys);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(ids)),
            key_array(self.binding.dim, all_keys.map(Vec::as_slice))?,
        ];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
            .context("The stretches do not fit their table.")?;
        let table = self.windows_table()?;
        let folder = self.windows_folder.join(format!("{}.lance", self.id));
        self.change(&folder, table.add(batch).execute())?;
        Ok(())
    }

    /// The best score of each of the experiences whose stretches are nearest to `vector`; about `limit`
    /// stretches are looked at.
    pub(super) fn nearest_windows(
        &self,
        vector: &[f32],
        limit: usize,
    ) -> Result<BTreeMap<String, f32>> {
        let table = self.windows_table()?;
        let search = table
            .vector_search(vector)?
            .column(KEY)
            .distance_type(DistanceType::Dot)
            .limit(limit)
            .select(Select::columns(&[column::ID, KEY]));
        let mut best: BTreeMap<String, f32> = BTreeMap::new();
        for batch in self.inner.wait(collect(&search))? {
            let (ids, all_keys) = (texts(&batch, column::ID)?, keys(&batch, KEY)?);
            for row in 0..batch.num_rows() {
                let score = dot(vector, &key(all_keys, row)?);
                let known = best
                    .entry(ids.value(row).to_owned())
                    .or_insert(f32::NEG_INFINITY);
                *known = known.max(score);
            }
        }
        Ok(best)
    }

    /// Stretches in the table.
    pub(super) fn num_windows(&self) -> Result<usize> {
        let table = self.windows_table()?;
        self.inner.wait(table.count_rows(None))
    }

    /// Makes the table, empty, when the bank is made.
    pub(crate) fn create_windows(&self) -> Result<()> {
        let folder = &self.windows_folder;
        std::fs::create_dir_all(folder).context("The folder of stretches could not be made.")?;
        let connection = connection(&self.inner.runtime, folder)?;
        let create = connection.create_empty_table(self.id.as_str(), schema(self.binding.dim));
        self.inner.wait(create.execute())?;
        Ok(())
    }

    fn windows_table(&self) -> Result<Table> {
        let connection = connection(&self.inner.runtime, &self.windows_folder)?;
        self.inner
            .wait(connection.open_table(self.id.as_str()).execute())
    }
}

fn schema(dim: usize) -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new(column::ID, DataType::Utf8, false),
        Field::new(KEY, key_type(dim), false),
    ]))
}
