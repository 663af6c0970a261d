//! A reader that refuses rows without an end.

use std::cell::Cell;
use std::io::{self, Read};

use super::MAX_ROW_BYTES;

/// Counts the bytes of a row and refuses to read more of one than [`MAX_ROW_BYTES`]. Whoever parses
/// the rows sets the count back to zero after each.
pub(super) struct Metered<'a, R> {
    reader: R,
    num_bytes: &'a Cell<u64>,
}

impl<'a, R> Metered<'a, R> {
    pub(super) fn new(reader: R, num_bytes: &'a Cell<u64>) -> Self {
        Self { reader, num_bytes }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.num_bytes.get() > MAX_ROW_BYTES {
            return Err(io::Error::other(format!(
                "an entry is longer than {} MiB",
                MAX_ROW_BYTES >> 20
            )));
        }
        let num_read = self.reader.read(buffer)?;
        self.num_bytes.set(self.num_bytes.get() + num_read as u64);
        Ok(num_read)
    }
}
