//! Parquet files, in which data sets on the Hugging Face hub are kept.

use std::fs::File;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result};
use bytes::Bytes;
use parquet::file::reader::{ChunkReader, FileReader};
use parquet::file::serialized_reader::SerializedFileReader;

use super::{OnRow, Row};
use crate::source::Whole;

/// The first bytes, and the last.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// What is said of a file whose parts contradict each other.
const DAMAGED: &str = "The Parquet file is damaged or incomplete. Please get it again.";

/// Calls `on_row` for each row until it breaks; rows become objects and are numbered from 1.
pub(super) fn each_row(whole: Whole, on_row: &mut OnRow<'_>) -> Result<()> {
    match whole {
        Whole::File(file) => each_row_in::<File>(file, on_row),
        Whole::Bytes(bytes) => each_row_in::<Bytes>(bytes, on_row),
    }
}

fn each_row_in<R: ChunkReader + 'static>(chunks: R, on_row: &mut OnRow<'_>) -> Result<()> {
    let reader = guarded(|| Ok(SerializedFileReader::new(chunks)?)).context(DAMAGED)?;
    let mut rows = guarded(|| Ok(reader.get_row_iter(None)?)).context(DAMAGED)?;
    for number in 1.. {
        let row = match guarded(|| Ok(rows.next().transpose()?)) {
            Ok(Some(row)) => Ok(Row::Value(row.to_json_value())),
            Ok(None) => break,
            Err(error) => {
                // The columns of what follows do not belong together any more.
                let _flow = on_row(number, Err(format!("The file is damaged here: {error:#}.")));
                break;
            }
        };
        if let ControlFlow::Break(()) = on_row(number, row) {
            break;
        }
    }
    Ok(())
}

/// The decoder checks most of what it reads, but not all: some contradictions in a damaged file end in
/// a panic. Nothing of ours is left half done by it, and the reader is not used again.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("its parts contradict each other")))
}
