//! Reading a file row by row: JSON lines, a JSON array, one JSON object, a table as text, or Parquet.
//!
//! A row that is not understood is handed on as words and the rest is read; memory never holds more
//! than one row, and a row is never larger than [`MAX_ROW_BYTES`].

use std::io::{BufRead, BufReader, Cursor, Read};
use std::ops::ControlFlow;

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::source::Source;
use array::each_element;

mod array;
mod metered;
mod parquet;
mod table;

/// The largest row: a longer one is not a record of an episode.
///
/// As values in memory a row can take twelve times its text, so this bounds memory as well.
pub(crate) const MAX_ROW_BYTES: u64 = 32 << 20;

/// How much of a file is looked at to learn how its rows are kept apart.
const PEEK_BYTES: u64 = 64 << 10;

/// One record of a file, not yet understood.
pub(crate) enum Row {
    /// A line of JSON.
    Text(String),
    /// An element of an array, or a row of a table.
    Value(Value),
}

impl Row {
    /// The row as `T`, or in words why it is none.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, String> {
        match self {
            Self::Text(text) => serde_json::from_str(text),
            Self::Value(value) => serde_json::from_value(value.clone()),
        }
        .map_err(|error| in_words(&error))
    }
}

/// What is called for each row: its number from 1, and the row or what is wrong with it.
pub(crate) type OnRow<'a> = dyn FnMut(u64, Result<Row, String>) -> ControlFlow<()> + 'a;

/// Calls `on_row` for each row of a file of `source` until it breaks. Errors are those of the disk, and
/// files that hold neither text nor a table.
pub(crate) fn each_row_of(source: &mut Source, index: usize, on_row: &mut OnRow<'_>) -> Result<()> {
    let name = source.entries()[index].name.clone();
    let mut reader = source.read(index)?;
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(parquet::MAGIC.len() as u64)
        .read_to_end(&mut head)
        .context("The file could not be read.")?;
    if head == parquet::MAGIC {
        drop(reader);
        return parquet::each_row(source.whole(index)?, on_row);
    }
    let whole = Cursor::new(head).chain(reader);
    if table::is_table(&name) {
        return table::each_row(whole, on_row);
    }
    for_each_row(whole, on_row)
}

/// Calls `on_row` for each row of a text of JSON until it breaks. Errors are those of the disk, and files
/// that hold no text at all.
pub(crate) fn for_each_row(mut reader: impl Read, on_row: &mut OnRow<'_>) -> Result<()> {
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(PEEK_BYTES)
        .read_to_end(&mut head)
        .context("The file could not be read.")?;
    if head.contains(&0) {
        bail!("The file holds no text.");
    }
    if head.starts_with(&[0xef, 0xbb, 0xbf]) {
        head.drain(..3); // a byte order mark
    }
    let shape = Shape::of(&head);
    let whole = Cursor::new(head).chain(reader);
    // Whether the caller broke off is known to the caller.
    let _flow = match shape {
        Shape::Lines => each_line(BufReader::new(whole), on_row)?,
        Shape::Array => each_element(whole, on_row),
        Shape::Object => one_object(whole, on_row)?,
    };
    Ok(())
}

/// How rows are kept apart.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    /// One a line.
    Lines,
    /// Elements of one array.
    Array,
    /// A single object over many lines.
    Object,
}

impl Shape {
    fn of(head: &[u8]) -> Self {
        let text = head.trim_ascii_start();
        if text.first() == Some(&b'[') {
            return Self::Array;
        }
        // A record that somebody laid out for reading breaks its lines after a bracket or a comma;
        // a line of a damaged file of lines rarely does.
        let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let is_whole_head = first_line.len() == text.len();
        match first_line.trim_ascii_end().last() {
            Some(b'{' | b'[' | b',') if !is_whole_head => Self::Object,
            _ => Self::Lines,
        }
    }
}

fn each_line(mut reader: impl BufRead, on_row: &mut OnRow<'_>) -> Result<ControlFlow<()>> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let num_read = reader
            .by_ref()
            .take(MAX_ROW_BYTES + 1)
            .read_until(b'\n', &mut line)
            .with_context(|| format!("The file could not be read beyond line {number}."))?;
        if num_read == 0 {
            break;
        }
        let row = if num_read as u64 > MAX_ROW_BYTES && line.last() != Some(&b'\n') {
            skip_line(&mut reader)?;
            Err(format!(
                "The line is longer than {} MiB.",
                MAX_ROW_BYTES >> 20
            ))
        } else {
            match str::from_utf8(line.trim_ascii()) {
                Ok("") => continue,
                Ok(text) => Ok(Row::Text(text.to_owned())),
                Err(_) => Err("The line is not UTF-8 text.".to_owned()),
            }
        };
        if on_row(number, row).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Reads to the end of a line without keeping it.
fn skip_line(reader: &mut impl BufRead) -> Result<()> {
    loop {
        let buffer = reader.fill_buf().context("The file could not be read.")?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let num_skipped = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(num_skipped);
        if end.is_some() || num_skipped == 0 {
            return Ok(());
        }
    }
}

fn one_object(reader: impl Read, on_row: &mut OnRow<'_>) -> Result<ControlFlow<()>> {
    let mut text = Vec::new();
    reader
        .take(MAX_ROW_BYTES + 1)
        .read_to_end(&mut text)
        .context("The file could not be read.")?;
    let row = if text.len() as u64 > MAX_ROW_BYTES {
        Err(format!(
            "The record is longer than {} MiB.",
            MAX_ROW_BYTES >> 20
        ))
    } else {
        String::from_utf8(text)
            .map(Row::Text)
            .map_err(|error| format!("The file is not text: {error}."))
    };
    Ok(on_row(1, row))
}

/// What is wrong with a row, for people.
pub(crate) fn in_words(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => "It breaks off in the middle of a record.".to_owned(),
        serde_json::error::Category::Syntax => format!("It is not JSON: {error}."),
        serde_json::error::Category::Data => format!("Something is missing or odd: {error}."),
        serde_json::error::Category::Io => format!("It could not be read: {error}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as `number: JSON` or `number! reason`.
    fn rows(text: &[u8]) -> Vec<String> {
        let mut seen = Vec::new();
        for_each_row(text, &mut |number, row| {
            let shown = row.and_then(|row| row.parse::<Value>());
            seen.push(match shown {
                Ok(value) => format!("{number}: {value}"),
                Err(reason) => format!("{number}! {reason}"),
            });
            ControlFlow::Continue(())
        })
        .unwrap();
        seen
    }

    #[test]
    fn lines_arrays_and_objects_are_told_apart() {
        assert_eq!(
            rows(b"{\"a\":1}\n\n{\"a\":2}"),
            ["1: {\"a\":1}", "3: {\"a\":2}"]
        );
        assert_eq!(
            rows(b" [{\"a\":1}, {\"a\":2}]\n"),
            ["1: {\"a\":1}", "2: {\"a\":2}"]
        );
        assert_eq!(rows(b"{\n  \"a\": 1\n}\n"), ["1: {\"a\":1}"]);
        assert_eq!(rows(b"\xef\xbb\xbf{\"a\":1}\r\n"), ["1: {\"a\":1}"]);
        assert!(rows(b"").is_empty());
        assert!(rows(b"[]").is_empty());
    }

    #[test]
    fn a_bad_row_does_not_hide_the_next() {
        let seen = rows(b"{\"a\":\n{\"a\":2}\n\xff\xfe\n{\"a\":3");
        assert_eq!(seen[0], "1! It breaks off in the middle of a record.");
        assert_eq!(seen[1], "2: {\"a\":2}");
        assert_eq!(seen[2], "3! The line is not UTF-8 text.");
        assert_eq!(seen[3], "4! It breaks off in the middle of a record.");
    }

    #[test]
    fn a_broken_array_keeps_what_came_before() {
        let seen = rows(b"[{\"a\":1}, {\"a\":2}, {\"a\"");
        assert_eq!(seen[..2], ["1: {\"a\":1}", "2: {\"a\":2}"]);
        assert_eq!(seen[2], "3! It breaks off in the middle of a record.");
        assert_eq!(seen.len(), 3);
    }

    #[test]
    fn deep_nesting_is_refused_in_words() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let line = format!("{{\"a\":{deep}}}");
        assert!(rows(line.as_bytes())[0].contains("recursion limit"));
        assert!(rows(deep.as_bytes())[0].contains("recursion limit"));
    }

    #[test]
    fn reading_stops_when_asked() {
        let mut num_rows = 0;
        for text in [&b"[1, 2, 3]"[..], b"1\n2\n3"] {
            for_each_row(text, &mut |_, _| {
                num_rows += 1;
                ControlFlow::Break(())
            })
            .unwrap();
        }
        assert_eq!(num_rows, 2);
    }

    #[test]
    fn binary_files_are_refused() {
        assert!(for_each_row(&b"\x00\x01"[..], &mut |_, _| ControlFlow::Continue(())).is_err());
    }
}
