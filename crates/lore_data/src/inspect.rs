//! Looking at a file before anything is stored.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Result;
use lore_core::{ColumnMap, FormatGuess, ItemPreview, Trajectory};
use serde_json::Value;

use crate::format::{Format, Item};
use crate::formats::{Table, columns_of, guess_columns};
use crate::import::{Found, read_items, reject};
use crate::rows::each_row_of;
use crate::source::{Source, file_name};

/// Rows that are looked at.
const MAX_ROWS: u64 = 500;

/// Items shown as examples.
const NUM_EXAMPLES: usize = 5;

/// Letters of a text in a preview.
const NUM_LETTERS: usize = 160;

/// Says what a file, folder or zip seems to hold, from its first few hundred rows. The format is empty
/// when nothing fits; errors are files that cannot be read at all.
pub fn inspect(path: &Path) -> Result<FormatGuess> {
    inspect_as(path, None)
}

/// The same of a table whose columns somebody named in `columns`, as [`crate::import_as`] reads it.
pub fn inspect_as(path: &Path, columns: Option<&ColumnMap>) -> Result<FormatGuess> {
    let mut source = Source::open(path)?;
    let mut guess = FormatGuess {
        path: path.display().to_string(),
        num_bytes: source.num_bytes(),
        complete: true,
        ..FormatGuess::default()
    };
    (guess.columns, guess.samples) = first_row(&mut source).into_iter().unzip();
    guess.mapping = match columns {
        Some(columns) => columns.clone(),
        None => guess_columns(&guess.columns),
    };
    let mut num_rows = 0;
    read_items(&mut source, &file_name(path), columns, &mut |found| {
        if num_rows == MAX_ROWS {
            guess.complete = false;
            return Ok(ControlFlow::Break(()));
        }
        num_rows += 1;
        match found {
            Found::Item { format, item, .. } => note(&mut guess, format, &item),
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

fn note(guess: &mut FormatGuess, format: &dyn Format, item: &Item) {
    if guess.num_items == 0 {
        format.name().clone_into(&mut guess.format);
        guess.kind = format.kind();
    }
    guess.num_items += 1;
    guess.report.num_accepted += 1;
    if guess.examples.len() >= NUM_EXAMPLES {
        return;
    }
    guess.examples.push(item.in_words());
    if let Item::Trajectory(trajectory) = item
        && format.name() == Table.name()
    {
        guess.previews.push(preview(trajectory));
    }
}

fn preview(trajectory: &Trajectory) -> ItemPreview {
    let first = trajectory.steps.first();
    ItemPreview {
        goal: cut(&trajectory.task.goal),
        task_type: cut(&trajectory.task.task_type),
        environment: cut(&trajectory.task.environment),
        observation: cut(&trajectory.initial_observation),
        action: first.map(|step| cut(&step.action)).unwrap_or_default(),
        num_steps: trajectory.num_steps() as u64,
        reward: trajectory.steps.iter().map(|step| step.reward).sum(),
        end: trajectory.end,
    }
}

/// The columns with what stands in them in the first row, when the source is one table; a table holds
/// only plain values, other records have lists and objects within.
fn first_row(source: &mut Source) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    if !source.is_single_file() {
        return cells;
    }
    // A file that cannot be read has no columns; reading its items says why.
    let _unreadable = each_row_of(source, 0, &mut |_, row| {
        if let Ok(row @ Value::Object(_)) = row.and_then(|row| row.parse::<Value>()) {
            let names = columns_of(&row);
            let is_plain = |name: &String| !row[name].is_array() && !row[name].is_object();
            if names.iter().all(is_plain) {
                let sample = |name: &String| match &row[name] {
                    Value::String(text) => cut(text),
                    Value::Null => String::new(),
                    other => cut(&other.to_string()),
                };
                let samples: Vec<String> = names.iter().map(sample).collect();
                cells = names.into_iter().zip(samples).collect();
            }
        }
        ControlFlow::Break(())
    });
    cells
}

/// The first letters of a text on one line.
fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(NUM_LETTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
