//! Writing trajectories for other programs. What our importers need to get everything back stands
//! beside the chat, under names that other programs ignore.

mod atif;
mod parquet;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use lore_core::{ExportForm, Role, Trajectory};
use serde_json::{Value, json};

/// Writes `trajectories` to the file `path`, one a line or row, and returns how many. The file appears
/// when it is whole; one that was there is replaced.
pub fn export(
    trajectories: impl IntoIterator<Item = Result<Trajectory>>,
    form: ExportForm,
    path: &Path,
) -> Result<u64> {
    let failed = || {
        format!(
            "{} could not be written. Is the disk full, or the folder write-protected?",
            path.display()
        )
    };
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let writer = BufWriter::new(File::create(&partial).with_context(failed)?);
    let mut trajectories = trajectories.into_iter();
    let written = match form {
        ExportForm::Parquet => parquet::write(&mut trajectories, writer),
        form => write_lines(&mut trajectories, form, writer),
    };
    let (num_rows, file) = written.with_context(failed).inspect_err(|_| {
        // Half a file is of no use; if it stays, the next export replaces it.
        fs::remove_file(&partial).ok();
    })?;
    file.sync_all().with_context(failed)?;
    fs::rename(&partial, path).with_context(failed)?;
    Ok(num_rows)
}

/// Where trajectories come from.
type Trajectories<'a> = dyn Iterator<Item = Result<Trajectory>> + 'a;

fn write_lines(
    trajectories: &mut Trajectories<'_>,
    form: ExportForm,
    mut writer: BufWriter<File>,
) -> Result<(u64, File)> {
    let mut num_rows = 0;
    for trajectory in trajectories {
        writeln!(writer, "{}", row(form, &trajectory?)?)?;
        num_rows += 1;
    }
    let file = writer
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    Ok((num_rows, file))
}

/// One trajectory as a line.
fn row(form: ExportForm, trajectory: &Trajectory) -> serde_json::Result<Value> {
    match form {
        ExportForm::Lorekeeper => serde_json::to_value(trajectory),
        ExportForm::ShareGpt => Ok(chat_row(trajectory, "conversations", |role, content| {
            let from = if role == Role::Assistant {
                "gpt"
            } else {
                "human"
            };
            json!({"from": from, "value": content})
        })),
        ExportForm::Atif => Ok(atif::record(trajectory)),
        // A row of a Parquet file holds the same.
        ExportForm::OpenAi | ExportForm::Parquet => Ok(chat_row(
            trajectory,
            "messages",
            |role, content| json!({"role": role, "content": content}),
        )),
    }
}

fn chat_row(trajectory: &Trajectory, field: &str, turn: fn(Role, String) -> Value) -> Value {
    let turns: Vec<Value> = turns(trajectory)
        .into_iter()
        .map(|message| turn(message.role, message.content))
        .collect();
    json!({
        field: turns,
        "task": trajectory.task,
        "source": trajectory.source,
        "end": trajectory.end,
        "success": trajectory.is_success(),
    })
}

/// The messages of a trajectory that say something.
fn turns(trajectory: &Trajectory) -> Vec<lore_core::Message> {
    let mut messages = trajectory.messages();
    // An episode that was cut off right after an action has nothing more to say.
    if messages.len() > 1 && messages.last().is_some_and(|last| last.content.is_empty()) {
        messages.pop();
    }
    messages
}
