//! Looking at a file before anything is stored.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Result;
use lore_core::FormatGuess;

use crate::import::{Found, read_items, reject};
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
    let mut num_rows = 0;
    read_items(&mut source, &file_name(path), &mut |found| {
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
