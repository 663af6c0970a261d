//! Parquet, the form in which the Hugging Face hub keeps data sets: a row a trajectory, with the
//! columns `messages` (a list of role and content), `task`, `source`, `end` and `success`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use lore_core::{Message, Trajectory};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use serde_json::Value;

use super::{Trajectories, turns};

/// The columns, in the order in which they are written.
const SCHEMA: &str = "
message trajectories {
  REQUIRED GROUP messages (LIST) {
    REPEATED GROUP list {
      REQUIRED GROUP element {
        REQUIRED BYTE_ARRAY role (UTF8);
        REQUIRED BYTE_ARRAY content (UTF8);
      }
    }
  }
  REQUIRED GROUP task {
    REQUIRED BYTE_ARRAY id (UTF8);
    REQUIRED BYTE_ARRAY environment (UTF8);
    REQUIRED BYTE_ARRAY task_type (UTF8);
    REQUIRED BYTE_ARRAY goal (UTF8);
    REQUIRED BYTE_ARRAY split (UTF8);
  }
  REQUIRED BYTE_ARRAY source (UTF8);
  REQUIRED BYTE_ARRAY end (UTF8);
  REQUIRED BOOLEAN success;
}";

/// Rows that are held in memory and written together.
const GROUP_ROWS: usize = 1000;

/// Writes every trajectory, and returns how many and the file.
pub(super) fn write(
    trajectories: &mut Trajectories<'_>,
    writer: BufWriter<File>,
) -> Result<(u64, File)> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let compression = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(compression);
    let mut file = SerializedFileWriter::new(writer, schema, Arc::new(properties.build()))?;
    let mut num_rows = 0;
    let mut group = Vec::new();
    let mut flush = |group: &mut Vec<Trajectory>| -> Result<()> {
        let mut writer = file.next_row_group()?;
        write_group(group, &mut writer)?;
        writer.close()?;
        group.clear();
        Ok(())
    };
    for trajectory in trajectories {
        group.push(trajectory?);
        num_rows += 1;
        if group.len() == GROUP_ROWS {
            flush(&mut group)?;
        }
    }
    if !group.is_empty() {
        flush(&mut group)?;
    }
    let writer = file.into_inner()?;
    let file = writer
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    Ok((num_rows, file))
}

fn write_group<W: Write + Send>(
    group: &[Trajectory],
    writer: &mut SerializedRowGroupWriter<'_, W>,
) -> Result<()> {
    let chats: Vec<Vec<Message>> = group.iter().map(turns).collect();
    let levels = Levels::of(&chats);
    let messages = || chats.iter().flatten();
    let roles: Result<Vec<String>> = messages().map(|message| word(&message.role)).collect();
    texts(writer, roles?, Some(&levels))?;
    let contents = messages().map(|message| message.content.clone());
    texts(writer, contents.collect(), Some(&levels))?;
    let column = |of: &dyn Fn(&Trajectory) -> String| group.iter().map(of).collect();
    texts(writer, column(&|one| one.task.id.0.clone()), None)?;
    texts(writer, column(&|one| one.task.environment.clone()), None)?;
    texts(writer, column(&|one| one.task.task_type.clone()), None)?;
    texts(writer, column(&|one| one.task.goal.clone()), None)?;
    let splits: Result<Vec<String>> = group.iter().map(|one| word(&one.task.split)).collect();
    texts(writer, splits?, None)?;
    texts(writer, column(&|one| one.source.clone()), None)?;
    let ends: Result<Vec<String>> = group.iter().map(|one| word(&one.end)).collect();
    texts(writer, ends?, None)?;
    let mut column = writer
        .next_column()?
        .context("The column success is missing.")?;
    let success: Vec<bool> = group.iter().map(Trajectory::is_success).collect();
    column
        .typed::<BoolType>()
        .write_batch(&success, None, None)?;
    column.close()?;
    Ok(())
}

/// Where the messages of a row begin (Dremel's levels; Melnik et al., 2010).
struct Levels {
    /// 1 for every message.
    definition: Vec<i16>,
    /// 0 for the first message of a row, 1 for those after it.
    repetition: Vec<i16>,
}

impl Levels {
    /// The levels of rows of which each has a message at least.
    fn of(chats: &[Vec<Message>]) -> Self {
        let repetition: Vec<i16> = chats
            .iter()
            .flat_map(|chat| (0..chat.len()).map(|index| i16::from(index > 0)))
            .collect();
        Self {
            definition: vec![1; repetition.len()],
            repetition,
        }
    }
}

fn texts<W: Write + Send>(
    writer: &mut SerializedRowGroupWriter<'_, W>,
    values: Vec<String>,
    levels: Option<&Levels>,
) -> Result<()> {
    let mut column = writer.next_column()?.context("A column is missing.")?;
    let values: Vec<ByteArray> = values
        .into_iter()
        .map(|text| text.into_bytes().into())
        .collect();
    let num_written = column.typed::<ByteArrayType>().write_batch(
        &values,
        levels.map(|levels| levels.definition.as_slice()),
        levels.map(|levels| levels.repetition.as_slice()),
    )?;
    ensure!(num_written == values.len(), "Not every row was written.");
    column.close()?;
    Ok(())
}

/// The word by which a choice is written in our own records.
fn word(choice: &impl serde::Serialize) -> Result<String> {
    match serde_json::to_value(choice)? {
        Value::String(word) => Ok(word),
        other => anyhow::bail!("{other} is no word."),
    }
}
