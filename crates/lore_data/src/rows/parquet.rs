//! Parquet files, in which data sets on the Hugging Face hub are kept.
//!
//! The library that reads them reserves memory for whatever a file says it holds, and a damaged file
//! can say anything. So its table of contents ([`footer`]) and the headers of its pages ([`pages`]) are
//! checked against the bytes that are there before the library sees them.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::fs::File;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, FileReader};
use parquet::file::serialized_reader::SerializedFileReader;

use super::{OnRow, Row};
use crate::source::Whole;

mod deltas;
mod footer;
mod packing;
mod pages;
mod shapes;
mod thrift;

/// The first bytes, and the last.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// What is said of a file whose parts contradict each other.
const DAMAGED: &str = "The Parquet file is damaged or incomplete. Please get it again.";

/// Calls `on_row` for each row until it breaks; rows become objects and are numbered from 1.
pub(super) fn each_row(whole: Whole, on_row: &mut OnRow<'_>) -> Result<()> {
    match whole {
        Whole::File(file) => {
            let again = file.try_clone().context("The file could not be read.")?;
            Table::<File>::open(file, again)?.each_row(on_row)
        }
        Whole::Bytes(bytes) => Table::<Bytes>::open(bytes.clone(), bytes)?.each_row(on_row),
    }
}

/// A file whose table of contents can be believed.
struct Table<R: ChunkReader> {
    /// For looking at pages before they are read.
    chunks: R,
    reader: SerializedFileReader<R>,
}

impl<R: ChunkReader + 'static> Table<R> {
    /// Opens a file; `again` is the same file.
    fn open(chunks: R, again: R) -> Result<Self> {
        footer::check(&chunks).map_err(in_words)?;
        let reader = guarded(|| Ok(SerializedFileReader::new(again)?)).context(DAMAGED)?;
        let groups = reader.metadata().row_groups().iter();
        let mut columns = groups.flat_map(RowGroupMetaData::columns);
        if let Some(column) = columns.find(|column| !packing::is_known(column.compression())) {
            bail!(
                "The Parquet file is packed with {}. Please save it with Zstandard, Snappy or gzip.",
                column.compression()
            );
        }
        Ok(Self { chunks, reader })
    }

    /// Rows before damage count; what follows it cannot be told apart any more.
    fn each_row(&self, on_row: &mut OnRow<'_>) -> Result<()> {
        let mut number = 0;
        for index in 0..self.reader.num_row_groups() {
            match self.each_row_of(index, &mut number, on_row) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => break,
                Err(error) if number == 0 => return Err(in_words(error)),
                Err(error) => {
                    let reason = format!("The file is damaged here: {error:#}.");
                    let _flow = on_row(number + 1, Err(reason));
                    break;
                }
            }
        }
        Ok(())
    }

    fn each_row_of(
        &self,
        index: usize,
        number: &mut u64,
        on_row: &mut OnRow<'_>,
    ) -> Result<ControlFlow<()>> {
        let metadata = self.reader.metadata().row_group(index);
        let differences = pages::check(&self.chunks, metadata)?;
        let group = guarded(|| Ok(self.reader.get_row_group(index)?))?;
        guarded(|| deltas::check(&*group, &differences))?;
        let mut rows = guarded(|| Ok(group.get_row_iter(None)?))?;
        while let Some(row) = guarded(|| Ok(rows.next().transpose()?))? {
            *number += 1;
            let flow = on_row(*number, Ok(Row::Value(row.to_json_value())));
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Why a file is not read although it may be whole: a sentence of its own.
#[derive(Debug)]
struct Unusual(String);

impl Display for Unusual {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Unusual {}

/// What is said first of a file with a problem.
fn in_words(error: anyhow::Error) -> anyhow::Error {
    if error.is::<Unusual>() {
        error
    } else {
        error.context(DAMAGED)
    }
}

/// The decoder checks most of what it reads, but not all: some contradictions in a damaged file end in
/// a panic. Nothing of ours is left half done by it, and the reader is not used again.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("its parts contradict each other")))
}
