//! Looking at a file before anything is stored.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Result;
use lore_core::FormatGuess;
use serde_json::Value;

use crate::formats::{columns_of, guess_columns};
use crate::import::{Found, read_items, reject};
use crate::rows::each_row_of;
use crate::source::{Source, file_name};

/// Rows that are looked at.
const MAX_ROWS: u64 = 500;

/// Items shown as examples.
const NUM_EXAMPLES: usize = 5;

/// Says what a file, folder or zip seems to hold, from its first few hundred rows. The format is empty
/// when nothing fits; errors are files that cannot be read at all.
pub fn inspect(path: &Path) -> Result<FormatGuess> {
    let mut source = Source::open(path)?;
    let mut guess = FormatGuess {
        path: path.display().to_string(),
        num_bytes: source.num_bytes(),
        complete: true,
        ..FormatGuess::default()
    };
    guess.columns = columns(&mut source);
    guess.mapping = guess_columns(&guess.columns);
    let mut num_rows = 0;
    read_items(&mut source, &file_name(path), None, &mut |found| {
        if num_rows == MAX_ROWS {
            guess.complete = false;
            return Ok(ControlFlow::Break(()));
        }
        num_rows += 1;
        match found {
            Found::Item { format, item, .. } => {
                if guess.num_items == 0 {
                    format.name().clone_into(&mut guess.format);
                    guess.kind = format.kind();
                }
                guess.num_items += 1;
                guess.report.num_accepted += 1;
                if guess.examples.len() < NUM_EXAMPLES {
                    guess.examples.push(item.in_words());
                }
            }
            Found::Rejected {
                entry,
                line,
                reason,
            } => {
                reject(&mut guess.report, entry, line, reason);
            }
            Found::Unknown => {}
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(guess)
}

/// The columns of the first row, when the source is one table; a table holds only plain values, other
/// records have lists and objects within.
fn columns(source: &mut Source) -> Vec<String> {
    let mut columns = Vec::new();
    if !source.is_single_file() {
        return columns;
    }
    // A file that cannot be read has no columns; reading its items says why.
    let _unreadable = each_row_of(source, 0, &mut |_, row| {
        if let Ok(Value::Object(row)) = row.and_then(|row| row.parse::<Value>())
            && row
                .values()
                .all(|value| !value.is_array() && !value.is_object())
        {
            columns = columns_of(&Value::Object(row));
        }
        ControlFlow::Break(())
    });
    columns
}
