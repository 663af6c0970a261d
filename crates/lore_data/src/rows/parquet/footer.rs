//! The end of a Parquet file: its table of contents, checked before anybody believes it.

use anyhow::{Context, Result, bail, ensure};
use parquet::file::reader::ChunkReader;

use super::shapes::FILE;
use super::thrift::walk;
use super::{MAGIC, Unusual};

/// The length of the table of contents, and [`MAGIC`].
const TAIL_BYTES: usize = 8;

/// What an encrypted file ends with.
const ENCRYPTED: &[u8] = b"PARE";

/// The largest table of contents. What is made of it in memory takes many times its room.
const MAX_CONTENTS_BYTES: usize = 16 << 20;

/// Columns and groups of columns.
const MAX_ELEMENTS: i64 = 4096;

/// Groups within groups of columns.
const MAX_DEPTH: usize = 32;

/// Bytes of a column's name, which is repeated in the path of everything below it.
const MAX_NAME_BYTES: i64 = 1024;

/// Columns over all row groups.
const MAX_CHUNKS: i64 = 500_000;

/// Refuses a file whose contents are not all there, or stand for more than a table of episodes has.
pub(super) fn check(chunks: &impl ChunkReader) -> Result<()> {
    let num_bytes = chunks.len();
    let least = (MAGIC.len() + TAIL_BYTES) as u64;
    ensure!(num_bytes >= least, "it breaks off");
    ensure!(
        &*chunks.get_bytes(0, MAGIC.len())? == MAGIC,
        "its beginning is missing"
    );
    let tail = chunks.get_bytes(num_bytes - TAIL_BYTES as u64, TAIL_BYTES)?;
    let (len, magic) = tail.split_first_chunk().context("it breaks off")?;
    if magic == ENCRYPTED {
        let sentence = "The Parquet file is encrypted. Please save it without a password.";
        bail!(Unusual(sentence.to_owned()));
    }
    ensure!(magic == MAGIC, "its end is missing");
    let len = u32::from_le_bytes(*len) as usize;
    ensure!(
        len as u64 <= num_bytes - least,
        "its table of contents is longer than the file"
    );
    if len > MAX_CONTENTS_BYTES {
        bail!(Unusual(format!(
            "The table of contents of the Parquet file takes {} MiB; {} are allowed. Please save it \
             with larger row groups.",
            len >> 20,
            MAX_CONTENTS_BYTES >> 20
        )));
    }
    let start = num_bytes - (TAIL_BYTES + len) as u64;
    let mut contents = Contents::default();
    walk(
        &chunks.get_bytes(start, len)?,
        &FILE,
        &mut |record, field, value| contents.take(record, field, value),
    )?;
    Ok(())
}

/// What was seen of the table of contents so far.
#[derive(Default)]
struct Contents {
    /// Columns that each open group of columns still lacks.
    lacking: Vec<i64>,
    has_root: bool,
    /// Of the element that is walked over.
    num_children: i64,
    num_columns: i64,
    num_chunks: i64,
}

impl Contents {
    fn take(&mut self, record: &str, field: i16, value: i64) -> Result<()> {
        match (record, field) {
            ("column names", 4) => {
                ensure!(value <= MAX_NAME_BYTES, "the name of a column has no end");
            }
            ("column names", 5) => self.num_children = value,
            ("column names", 0) => self.element()?,
            ("row group", 1) => {
                let is_known = self.has_root && self.lacking.is_empty();
                ensure!(
                    is_known && value == self.num_columns,
                    "a row group has other columns than the table"
                );
                self.num_chunks += value;
                ensure!(self.num_chunks <= MAX_CHUNKS, "it has too many row groups");
            }
            _ => {}
        }
        Ok(())
    }

    /// A node of the tree of columns is complete; those below it follow.
    fn element(&mut self) -> Result<()> {
        let num_children = std::mem::take(&mut self.num_children);
        ensure!(
            (0..=MAX_ELEMENTS).contains(&num_children),
            "a column has no sensible number of parts"
        );
        match self.lacking.last_mut() {
            Some(lacking) => *lacking -= 1,
            None => ensure!(!self.has_root, "its columns do not belong together"),
        }
        self.has_root = true;
        if num_children > 0 {
            self.lacking.push(num_children);
            ensure!(
                self.lacking.len() <= MAX_DEPTH,
                "its columns stand too deep"
            );
        } else {
            self.num_columns += 1;
            ensure!(self.num_columns <= MAX_ELEMENTS, "it has too many columns");
        }
        while self.lacking.last() == Some(&0) {
            self.lacking.pop();
        }
        Ok(())
    }
}
