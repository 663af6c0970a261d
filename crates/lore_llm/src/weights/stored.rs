//! A matrix in its file's own form, unpacked some rows at a time.

use std::borrow::Cow;
use std::ops::Range;

use anyhow::{Result, ensure};
use candle_core::quantized::GgmlDType;
use rayon::prelude::*;

/// Rows that one thread unpacks at once.
const ROWS_PER_TASK: usize = 64;

/// Rows of quantised blocks, or of 16-bit floats.
#[derive(Clone, PartialEq)]
pub(crate) struct StoredRows {
    format: GgmlDType,
    /// Row after row.
    bytes: Vec<u8>,
    bytes_per_row: usize,
    cols: usize,
}

impl StoredRows {
    /// `rows · cols` numbers in a form that GGUF files have; `None` when rows do not end with a block, or
    /// when the form takes as much room as numbers that are ready to use.
    pub(crate) fn new(
        format: GgmlDType,
        [rows, cols]: [usize; 2],
        bytes: Vec<u8>,
    ) -> Result<Option<Self>> {
        let block = format.block_size();
        if format == GgmlDType::F32 || cols == 0 || !cols.is_multiple_of(block) {
            return Ok(None);
        }
        let bytes_per_row = cols / block * format.type_size();
        ensure!(
            bytes.len() == rows * bytes_per_row,
            "{} bytes cannot be a matrix [{rows}, {cols}] of {format:?}",
            bytes.len()
        );
        let stored = Self {
            format,
            bytes,
            bytes_per_row,
            cols,
        };
        // What works with one row works with all.
        if rows > 0 {
            stored.try_unpack(0..1, &mut vec![0.0; cols])?;
        }
        Ok(Some(stored))
    }

    /// Bytes of memory.
    pub(crate) fn num_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The numbers of some rows.
    pub(crate) fn unpack(&self, rows: Range<usize>) -> Vec<f32> {
        let mut numbers = vec![0.0; rows.len() * self.cols];
        let tasks = numbers.par_chunks_mut(ROWS_PER_TASK * self.cols);
        tasks.enumerate().for_each(|(task, numbers)| {
            let first = rows.start + task * ROWS_PER_TASK;
            self.try_unpack(first..first + numbers.len() / self.cols, numbers)
                .expect("a row of this form was unpacked when the matrix was made");
        });
        numbers
    }

    fn try_unpack(&self, rows: Range<usize>, numbers: &mut [f32]) -> candle_core::Result<()> {
        let bytes = &self.bytes[rows.start * self.bytes_per_row..rows.end * self.bytes_per_row];
        let blocks = self.format.from_data(Cow::Borrowed(bytes));
        let unpacked = blocks.dequantize(numbers.len())?;
        numbers.copy_from_slice(unpacked.as_slice()?);
        Ok(())
    }

    /// The same rows in another order.
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        let rows = order.iter().map(|row| row * self.bytes_per_row);
        let bytes = rows.flat_map(|start| &self.bytes[start..start + self.bytes_per_row]);
        Self {
            format: self.format,
            bytes: bytes.copied().collect(),
            bytes_per_row: self.bytes_per_row,
            cols: self.cols,
        }
    }
}
