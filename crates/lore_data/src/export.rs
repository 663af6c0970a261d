//! Writing trajectories for other programs. What our importers need to get everything back stands
//! beside the chat, under names that other programs ignore.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use lore_core::{Role, Trajectory};
use serde_json::{Value, json};

/// The form of an exported data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextFormat {
    /// Our own, with everything: one trajectory a line.
    #[default]
    Lorekeeper,
    /// `{"conversations": [{"from": "human", "value": …}, …]}` a line.
    ShareGpt,
    /// `{"messages": [{"role": "user", "content": …}, …]}` a line.
    OpenAi,
}

impl TextFormat {
    /// Every choice, for forms.
    pub const ALL: [Self; 3] = [Self::Lorekeeper, Self::ShareGpt, Self::OpenAi];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Lorekeeper => "Lorekeeper trajectories",
            Self::ShareGpt => "ShareGPT conversations",
            Self::OpenAi => "OpenAI messages",
        }
    }

    fn row(self, trajectory: &Trajectory) -> serde_json::Result<Value> {
        match self {
            Self::Lorekeeper => serde_json::to_value(trajectory),
            Self::ShareGpt => Ok(chat_row(trajectory, "conversations", |role, content| {
                let from = if role == Role::Assistant {
                    "gpt"
                } else {
                    "human"
                };
                json!({"from": from, "value": content})
            })),
            Self::OpenAi => Ok(chat_row(
                trajectory,
                "messages",
                |role, content| json!({"role": role, "content": content}),
            )),
        }
    }
}

/// Writes `trajectories` to the file `path`, one a line, and returns how many. The file appears when
/// it is whole; one that was there is replaced.
pub fn export(
    trajectories: impl IntoIterator<Item = Result<Trajectory>>,
    format: TextFormat,
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
    let mut writer = BufWriter::new(File::create(&partial).with_context(failed)?);
    let mut num_rows = 0;
    for trajectory in trajectories {
        let row = format.row(&trajectory?).with_context(failed)?;
        writeln!(writer, "{row}").with_context(failed)?;
        num_rows += 1;
    }
    let file = writer
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)
        .with_context(failed)?;
    file.sync_all().with_context(failed)?;
    fs::rename(&partial, path).with_context(failed)?;
    Ok(num_rows)
}

fn chat_row(trajectory: &Trajectory, field: &str, turn: fn(Role, String) -> Value) -> Value {
    let mut messages = trajectory.messages();
    // An episode that was cut off right after an action has nothing more to say.
    if messages.len() > 1 && messages.last().is_some_and(|last| last.content.is_empty()) {
        messages.pop();
    }
    let turns: Vec<Value> = messages
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
