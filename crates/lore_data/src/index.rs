//! Reading a file of JSON lines by number: where each line stands, and the few words of it that
//! lists show. A hundred thousand rows page without reading the file again.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lore_core::RejectedRow;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::rows::{MAX_ROW_BYTES, in_words};
use crate::source::file_name;

/// Rows named one by one in a report.
pub(crate) const MAX_REPORTED: usize = 100;

/// What stands on a line, and what of it a list shows.
pub(crate) trait Line: DeserializeOwned {
    /// The part of it that lists show.
    type Row: Clone + Serialize + DeserializeOwned;

    /// That part.
    fn row(&self) -> Self::Row;
}

/// A line's place in its file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Indexed<R> {
    /// The first byte.
    #[serde(rename = "o")]
    pub(crate) offset: u64,
    /// Bytes, without the end of the line.
    #[serde(rename = "l")]
    pub(crate) len: u64,
    /// What lists show.
    #[serde(rename = "r")]
    pub(crate) row: R,
}

/// A file of JSON lines with its index.
pub(crate) struct LineFile<L: Line> {
    path: PathBuf,
    rows: Vec<Indexed<L::Row>>,
    problems: Vec<RejectedRow>,
    num_bytes: u64,
    num_lines: u64,
}

impl<L: Line> LineFile<L> {
    /// Opens `path`: by the index beside it when there is one that fits, else by reading it through.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut file = Self {
            path: path.to_owned(),
            rows: Vec::new(),
            problems: Vec::new(),
            num_bytes: 0,
            num_lines: 0,
        };
        let num_bytes = path.metadata().with_context(|| missing(path))?.len();
        match stored_index(&index_path(path)) {
            Some(rows) if end_of(&rows) == num_bytes => {
                file.num_lines = rows.len() as u64;
                file.num_bytes = num_bytes;
                file.rows = rows;
            }
            _ => file.refresh()?,
        }
        Ok(file)
    }

    /// Reads what was appended since. A last line that is not finished yet waits for the next time.
    pub(crate) fn refresh(&mut self) -> Result<()> {
        let mut file = File::open(&self.path).with_context(|| missing(&self.path))?;
        file.seek(SeekFrom::Start(self.num_bytes))
            .with_context(|| missing(&self.path))?;
        self.problems
            .retain(|problem| problem.line <= self.num_lines);
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let num_read = reader
                .by_ref()
                .take(MAX_ROW_BYTES)
                .read_until(b'\n', &mut line)
                .with_context(|| missing(&self.path))? as u64;
            if num_read == 0 {
                return Ok(());
            }
            let is_whole = line.last() == Some(&b'\n');
            match serde_json::from_slice::<L>(&line) {
                Ok(item) => self.rows.push(Indexed {
                    offset: self.num_bytes,
                    len: line.trim_ascii_end().len() as u64,
                    row: item.row(),
                }),
                Err(_) if !is_whole => {
                    self.report(
                        self.num_lines + 1,
                        "The last line breaks off; it is left out.",
                    );
                    return Ok(());
                }
                Err(_) if line.trim_ascii().is_empty() => {}
                Err(error) => self.report(self.num_lines + 1, &in_words(&error)),
            }
            self.num_bytes += num_read;
            self.num_lines += 1;
        }
    }

    /// What lists show of every line.
    pub(crate) fn rows(&self) -> &[Indexed<L::Row>] {
        &self.rows
    }

    /// Lines that could not be read.
    pub(crate) fn problems(&self) -> &[RejectedRow] {
        &self.problems
    }

    /// Reads line `index` of [`LineFile::rows`].
    pub(crate) fn read(&self, index: usize) -> Result<L> {
        self.reader()?.read(&self.rows[index])
    }

    /// What is said when the file does not hold what was written.
    pub(crate) fn changed(&self) -> String {
        changed(&self.path)
    }

    /// Reads many lines, in any order.
    pub(crate) fn reader(&self) -> Result<LineReader<'_>> {
        let file = File::open(&self.path).with_context(|| missing(&self.path))?;
        Ok(LineReader {
            path: &self.path,
            file: BufReader::new(file),
        })
    }

    fn report(&mut self, line: u64, reason: &str) {
        if self.problems.len() < MAX_REPORTED {
            self.problems.push(RejectedRow {
                file: file_name(&self.path),
                line,
                reason: reason.to_owned(),
            });
        }
    }
}

/// An open file of lines.
pub(crate) struct LineReader<'a> {
    path: &'a Path,
    file: BufReader<File>,
}

impl LineReader<'_> {
    /// Reads the line at `place`.
    pub(crate) fn read<L: DeserializeOwned, R>(&mut self, place: &Indexed<R>) -> Result<L> {
        let text = self.text(place)?;
        serde_json::from_str(&text).with_context(|| changed(self.path))
    }

    /// The line at `place` as it stands, not yet understood.
    pub(crate) fn text<R>(&mut self, place: &Indexed<R>) -> Result<String> {
        let failed = || changed(self.path);
        let mut text = String::with_capacity(place.len as usize);
        // Relative, because an absolute seek would throw the buffer away at every line.
        let position = self.file.stream_position().with_context(failed)?;
        self.file
            .seek_relative(place.offset as i64 - position as i64)
            .with_context(failed)?;
        self.file
            .by_ref()
            .take(place.len)
            .read_to_string(&mut text)
            .with_context(failed)?;
        Ok(text)
    }
}

/// Where the index of a file of lines stands.
pub(crate) fn index_path(path: &Path) -> PathBuf {
    path.with_extension("index.jsonl")
}

/// The end of the last line, its line end included.
fn end_of<R>(rows: &[Indexed<R>]) -> u64 {
    rows.last().map_or(0, |last| last.offset + last.len + 1)
}

/// The index that was written with the file; `None` when it is missing or damaged, because it can
/// always be made again.
fn stored_index<R: DeserializeOwned>(path: &Path) -> Option<Vec<Indexed<R>>> {
    let text = std::fs::read(path).ok()?;
    let lines = text.strip_suffix(b"\n").unwrap_or(&text);
    lines
        .split(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).ok())
        .collect()
}

fn missing(path: &Path) -> String {
    format!(
        "{} is missing or cannot be read. Please import the data set again.",
        path.display()
    )
}

fn changed(path: &Path) -> String {
    format!(
        "{} was changed or damaged since it was brought in. Please import it again.",
        path.display()
    )
}
