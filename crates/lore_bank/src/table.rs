//! Reading rows of a LanceDB table as plain values.

use std::sync::Arc;

use anyhow::{Context, Result};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt32Type};
use arrow_array::{
    Array, BooleanArray, FixedSizeListArray, Float32Array, RecordBatch, StringArray, UInt32Array,
};
use futures::TryStreamExt;
use lancedb::query::{ExecutableQuery, QueryBase, Select};
use lancedb::{Connection, Table};
use tokio::runtime::Runtime;

/// A table, where it came from, and the runtime that LanceDB needs.
#[derive(Clone)]
pub(crate) struct BlockingTable {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) connection: Connection,
    pub(crate) table: Table,
}

impl BlockingTable {
    /// Waits for LanceDB.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = lancedb::Result<T>>) -> Result<T> {
        Ok(self.runtime.block_on(work)?)
    }

    /// The rows that satisfy `condition`, with the columns asked for.
    pub(crate) fn scan(
        &self,
        condition: Option<&str>,
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>> {
        let mut query = self.table.query().select(Select::columns(columns));
        if let Some(condition) = condition {
            query = query.only_if(condition);
        }
        self.wait(collect(&query))
    }

    /// The number of rows that satisfy `condition`.
    pub(crate) fn count(&self, condition: Option<String>) -> Result<u64> {
        Ok(self.wait(self.table.count_rows(condition))? as u64)
    }
}

/// Runs a query to its end.
pub(crate) async fn collect(query: &impl ExecutableQuery) -> lancedb::Result<Vec<RecordBatch>> {
    query.execute().await?.try_collect().await
}

/// A column of text.
pub(crate) fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray> {
    array(batch, name, |column| column.as_string_opt::<i32>())
}

/// A column of yes and no.
pub(crate) fn flags<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a BooleanArray> {
    array(batch, name, |column| column.as_boolean_opt())
}

/// A column of counts.
pub(crate) fn counts<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a UInt32Array> {
    array(batch, name, |column| {
        column.as_primitive_opt::<UInt32Type>()
    })
}

/// A column of real numbers.
pub(crate) fn reals<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Float32Array> {
    array(batch, name, |column| {
        column.as_primitive_opt::<Float32Type>()
    })
}

/// A column of keys.
pub(crate) fn keys<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a FixedSizeListArray> {
    array(batch, name, |column| column.as_fixed_size_list_opt())
}

/// The numbers of one key.
pub(crate) fn key(keys: &FixedSizeListArray, row: usize) -> Result<Vec<f32>> {
    let numbers = keys.value(row);
    let numbers = numbers
        .as_primitive_opt::<Float32Type>()
        .context("The bank's keys are no numbers.")?;
    Ok(numbers.values().to_vec())
}

fn array<'a, A>(
    batch: &'a RecordBatch,
    name: &str,
    cast: impl FnOnce(&'a dyn Array) -> Option<&'a A>,
) -> Result<&'a A> {
    batch
        .column_by_name(name)
        .and_then(|column| cast(column.as_ref()))
        .with_context(|| format!("The bank's table has no usable column {name:?}."))
}
