//! Tables as text: comma, semicolon or tab between columns, names of columns in the first row.

use std::cell::Cell;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use anyhow::{Context, Result, bail};
use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

use super::metered::Metered;
use super::{OnRow, PEEK_BYTES, Row};

/// Columns of a table at most.
const MAX_COLUMNS: usize = 4096;

/// What may stand between columns.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// True when a file of this name is a table: nothing in the text itself tells.
pub(super) fn is_table(name: &str) -> bool {
    let name = name.to_lowercase();
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    [".csv", ".tsv"].iter().any(|end| name.ends_with(end))
}

/// Calls `on_row` for each row below the names of the columns, until it breaks. A row is numbered by
/// the line it starts on and becomes an object of texts.
pub(super) fn each_row(mut reader: impl Read, on_row: &mut OnRow<'_>) -> Result<()> {
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(PEEK_BYTES)
        .read_to_end(&mut head)
        .context("The file could not be read.")?;
    if head.starts_with(&[0xef, 0xbb, 0xbf]) {
        head.drain(..3); // a byte order mark
    }
    let first_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = delimiter(first_line);
    // The parser leaves the second half of a line end for the next row, and does not count it yet.
    let num_uncounted = u64::from(first_line.ends_with(b"\r"));
    let num_bytes = Cell::new(0);
    let metered = Metered::new(Cursor::new(head).chain(reader), &num_bytes);
    let mut table = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(metered);
    let columns = columns(table.byte_headers())?;
    let mut record = ByteRecord::new();
    loop {
        num_bytes.set(0);
        let line = table.position().line();
        let row = match table.read_byte_record(&mut record) {
            Ok(true) => object(&columns, &record),
            Ok(false) => return Ok(()),
            Err(error) => {
                // What follows cannot be told apart any more.
                let _flow = on_row(line, Err(format!("The table breaks off: {error}.")));
                return Ok(());
            }
        };
        let line = record.position().map_or(line, csv::Position::line) + num_uncounted;
        if let ControlFlow::Break(()) = on_row(line, row.map(Row::Value)) {
            return Ok(());
        }
    }
}

/// The character that parts the first line into most columns.
fn delimiter(first_line: &[u8]) -> u8 {
    let num_columns = |delimiter: u8| first_line.split(|byte| *byte == delimiter).count();
    let mut best = DELIMITERS[0];
    for delimiter in DELIMITERS {
        if num_columns(delimiter) > num_columns(best) {
            best = delimiter;
        }
    }
    best
}

fn columns(header: csv::Result<&ByteRecord>) -> Result<Vec<String>> {
    let header = header.context("The first row of the table could not be read.")?;
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
        .collect();
    if names.len() > MAX_COLUMNS {
        bail!("The table has more than {MAX_COLUMNS} columns.");
    }
    if names.iter().all(String::is_empty) {
        bail!("The first row of the table does not name its columns.");
    }
    Ok(names)
}

fn object(columns: &[String], record: &ByteRecord) -> Result<Value, String> {
    if record.len() != columns.len() {
        return Err(format!(
            "The row has {} columns instead of {}.",
            record.len(),
            columns.len()
        ));
    }
    let mut object = Map::new();
    for (name, cell) in columns.iter().zip(record) {
        let Ok(text) = str::from_utf8(cell) else {
            return Err("The row is not UTF-8 text.".to_owned());
        };
        object.insert(name.clone(), value(text));
    }
    Ok(Value::Object(object))
}

/// A cell as text; lists and objects written as JSON are taken for what they are.
fn value(text: &str) -> Value {
    let trimmed = text.trim();
    let looks_nested = trimmed.starts_with(['[', '{']) && trimmed.ends_with([']', '}']);
    let nested = looks_nested.then(|| serde_json::from_str(trimmed).ok());
    nested
        .flatten()
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as `line: JSON` or `line! reason`.
    fn rows(text: &[u8]) -> Vec<String> {
        let mut seen = Vec::new();
        each_row(text, &mut |line, row| {
            seen.push(match row.and_then(|row| row.parse::<Value>()) {
                Ok(value) => format!("{line}: {value}"),
                Err(reason) => format!("{line}! {reason}"),
            });
            ControlFlow::Continue(())
        })
        .unwrap();
        seen
    }

    #[test]
    fn quotes_line_ends_and_delimiters_are_understood() {
        assert_eq!(
            rows(b"a,b\r\n1,\"two\nlines\"\r\n3,\"[4, 5]\"\r\n"),
            [
                r#"2: {"a":"1","b":"two\nlines"}"#,
                r#"4: {"a":"3","b":[4,5]}"#
            ]
        );
        assert_eq!(
            rows(b"\xef\xbb\xbfa;b\n1;2,5\n"),
            [r#"2: {"a":"1","b":"2,5"}"#]
        );
        assert_eq!(rows(b"a\tb\n1\t2"), [r#"2: {"a":"1","b":"2"}"#]);
    }

    #[test]
    fn a_bad_row_does_not_hide_the_next() {
        let seen = rows(b"a,b\n1\n2,3\n\xff,4\n5,6\n");
        assert_eq!(seen[0], "2! The row has 1 columns instead of 2.");
        assert_eq!(seen[1], r#"3: {"a":"2","b":"3"}"#);
        assert_eq!(seen[2], "4! The row is not UTF-8 text.");
        assert_eq!(seen[3], r#"5: {"a":"5","b":"6"}"#);
    }

    #[test]
    fn tables_are_known_by_name() {
        assert!(is_table("x/Runs.CSV") && is_table("a.tsv.gz") && is_table("a.csv.zst"));
        assert!(!is_table("a.json"));
    }
}
