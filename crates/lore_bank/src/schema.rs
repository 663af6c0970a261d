//! The columns of a bank's table, and how experiences become rows.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use arrow_array::builder::{BooleanBuilder, StringBuilder, UInt32Builder};
use arrow_array::{ArrayRef, FixedSizeListArray, Float32Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use lore_core::{BankId, BankKeys, KeyKind, ModelId, Trajectory};

use crate::KeyedExperience;

/// Names of columns. Narrow ones come first; lists and searches never touch the wide one.
pub(crate) mod column {
    pub(crate) const ID: &str = "id";
    pub(crate) const ENVIRONMENT: &str = "environment";
    pub(crate) const TASK_ID: &str = "task_id";
    pub(crate) const TASK_TYPE: &str = "task_type";
    pub(crate) const GOAL: &str = "goal";
    pub(crate) const SOURCE: &str = "source";
    pub(crate) const SUCCESS: &str = "success";
    pub(crate) const END: &str = "episode_end";
    pub(crate) const NUM_STEPS: &str = "num_steps";
    pub(crate) const NUM_TOKENS: &str = "num_tokens";
    pub(crate) const TEXT_HASH: &str = "text_hash";
    pub(crate) const PINNED: &str = "pinned";
    pub(crate) const NEVER_USE: &str = "never_use";
    /// A short note of somebody.
    pub(crate) const LESSON: &str = "lesson";
    /// Lower-case goal and trajectory, for filters.
    pub(crate) const TEXT: &str = "text";
    pub(crate) const TASK_KEY: &str = "task_key";
    pub(crate) const TRAJECTORY_KEY: &str = "trajectory_key";
    /// In banks that were made with it.
    pub(crate) const OUTCOME_KEY: &str = "outcome_key";
    /// The whole trajectory as JSON: the wide one.
    pub(crate) const TRAJECTORY: &str = "trajectory_json";
}

/// What a bank is bound to; stands in the table's own metadata, so that neither comes without the
/// other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    /// The bank's name for people.
    pub(crate) name: String,
    /// Who made the keys.
    pub(crate) embedder: ModelId,
    /// Numbers in a key.
    pub(crate) dim: usize,
    /// Which keys there are beside the two that all banks have.
    pub(crate) keys: BankKeys,
}

const NAME: &str = "lorekeeper.name";
const EMBEDDER: &str = "lorekeeper.embedder";
const DIM: &str = "lorekeeper.dim";
const OUTCOME: &str = "lorekeeper.outcome_key";
const WINDOW: &str = "lorekeeper.window_steps";

impl Binding {
    /// The columns of a table with this binding.
    pub(crate) fn schema(&self) -> SchemaRef {
        let text = |name| Field::new(name, DataType::Utf8, false);
        let number = |name| Field::new(name, DataType::UInt32, false);
        let flag = |name| Field::new(name, DataType::Boolean, false);
        let key = |name| Field::new(name, key_type(self.dim), false);
        let mut fields = vec![
            text(column::ID),
            text(column::ENVIRONMENT),
            text(column::TASK_ID),
            text(column::TASK_TYPE),
            text(column::GOAL),
            text(column::SOURCE),
            flag(column::SUCCESS),
            text(column::END),
            number(column::NUM_STEPS),
            number(column::NUM_TOKENS),
            text(column::TEXT_HASH),
            flag(column::PINNED),
            flag(column::NEVER_USE),
            text(column::LESSON),
            text(column::TEXT),
            key(column::TASK_KEY),
            key(column::TRAJECTORY_KEY),
        ];
        if self.keys.outcome {
            fields.push(key(column::OUTCOME_KEY));
        }
        fields.push(text(column::TRAJECTORY));
        let metadata = HashMap::from([
            (NAME.to_owned(), self.name.clone()),
            (EMBEDDER.to_owned(), self.embedder.0.clone()),
            (DIM.to_owned(), self.dim.to_string()),
            (OUTCOME.to_owned(), self.keys.outcome.to_string()),
            (WINDOW.to_owned(), self.keys.window_steps.to_string()),
        ]);
        Arc::new(Schema::new_with_metadata(fields, metadata))
    }

    /// True for tables of earlier versions of the program, which knew fewer keys.
    pub(crate) fn is_of_earlier_version(schema: &Schema) -> bool {
        schema.metadata.contains_key(NAME) && !schema.metadata.contains_key(WINDOW)
    }

    /// The binding a table was made with.
    pub(crate) fn of(schema: &Schema) -> Result<Self> {
        let get = |key| {
            let value = schema.metadata.get(key);
            value.with_context(|| format!("The table says nothing about {key}."))
        };
        let dim = get(DIM)?
            .parse()
            .context("The table's dimension is no number.")?;
        let window_steps = get(WINDOW)?
            .parse()
            .context("The table's length of stretches is no number.")?;
        Ok(Self {
            name: get(NAME)?.clone(),
            embedder: ModelId(get(EMBEDDER)?.clone()),
            dim,
            keys: BankKeys {
                outcome: get(OUTCOME)? == "true",
                window_steps,
            },
        })
    }

    /// The columns of keys, in the order of the table.
    pub(crate) fn key_columns(&self) -> Vec<&'static str> {
        let mut columns = vec![column::TASK_KEY, column::TRAJECTORY_KEY];
        if self.keys.outcome {
            columns.push(column::OUTCOME_KEY);
        }
        columns
    }

    /// The column of a kind of key; stretches stand in a table of their own and are compared by the
    /// whole trajectory where their own keys are not at hand.
    pub(crate) fn key_column(&self, bank: &BankId, kind: KeyKind) -> Result<&'static str> {
        Ok(match kind {
            KeyKind::Task => column::TASK_KEY,
            KeyKind::Whole => column::TRAJECTORY_KEY,
            KeyKind::TaskAndOutcome if self.keys.outcome => column::OUTCOME_KEY,
            KeyKind::Window if self.keys.window_steps > 0 => column::TRAJECTORY_KEY,
            KeyKind::TaskAndOutcome | KeyKind::Window => bail!(
                "The bank {bank} has no keys of the kind {:?}. Please build a bank with them, or choose \
                 another kind.",
                kind.label()
            ),
        })
    }

    /// Refuses keys of another embedder.
    pub(crate) fn check(&self, bank: &BankId, embedder: &ModelId, dim: usize) -> Result<()> {
        if self.embedder != *embedder || self.dim != dim {
            bail!(
                "The bank {bank} was made with the embedder {} ({} numbers a key), not with \
                 {embedder} ({dim}). Please choose that embedder, or build a new bank.",
                self.embedder,
                self.dim
            );
        }
        Ok(())
    }
}

pub(crate) fn key_type(dim: usize) -> DataType {
    DataType::FixedSizeList(key_item(), dim as i32)
}

fn key_item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, true))
}

/// What filters look for text in.
fn searchable_text(trajectory: &Trajectory) -> String {
    format!("{}\n{}", trajectory.task.goal, trajectory.text()).to_lowercase()
}

/// Rows for experiences whose keys have the schema's dimension.
pub(crate) fn batch(
    schema: &SchemaRef,
    dim: usize,
    rows: &[&KeyedExperience],
) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&KeyedExperience) -> String| -> ArrayRef {
        let mut builder = StringBuilder::new();
        for row in rows {
            builder.append_value(of(row));
        }
        Arc::new(builder.finish())
    };
    let number = |of: &dyn Fn(&KeyedExperience) -> u32| -> ArrayRef {
        let mut builder = UInt32Builder::new();
        for row in rows {
            builder.append_value(of(row));
        }
        Arc::new(builder.finish())
    };
    let flag = |of: &dyn Fn(&KeyedExperience) -> bool| -> ArrayRef {
        let mut builder = BooleanBuilder::new();
        for row in rows {
            builder.append_value(of(row));
        }
        Arc::new(builder.finish())
    };
    let trajectory = |row: &KeyedExperience| {
        serde_json::to_string(&row.experience.trajectory)
            .expect("a trajectory has string keys only, so it always serialises")
    };
    let mut columns = vec![
        text(&|row| row.experience.id.0.clone()),
        text(&|row| row.experience.trajectory.task.environment.clone()),
        text(&|row| row.experience.trajectory.task.id.0.clone()),
        text(&|row| row.experience.trajectory.task.task_type.clone()),
        text(&|row| row.experience.trajectory.task.goal.clone()),
        text(&|row| row.experience.trajectory.source.clone()),
        flag(&|row| row.experience.trajectory.is_success()),
        text(&|row| row.experience.trajectory.end.label().to_owned()),
        number(&|row| row.experience.trajectory.num_steps() as u32),
        number(&|row| row.experience.num_tokens),
        text(&|row| row.experience.trajectory.text_hash()),
        flag(&|row| row.experience.pinned),
        flag(&|row| row.experience.never_use),
        text(&|row| row.experience.lesson.clone()),
        text(&|row| searchable_text(&row.experience.trajectory)),
        keys(dim, rows.iter().map(|row| row.task_key.as_slice()))?,
        keys(dim, rows.iter().map(|row| row.trajectory_key.as_slice()))?,
    ];
    if schema.column_with_name(column::OUTCOME_KEY).is_some() {
        columns.push(keys(
            dim,
            rows.iter().map(|row| row.outcome_key.as_slice()),
        )?);
    }
    columns.push(text(&trajectory));
    RecordBatch::try_new(Arc::clone(schema), columns)
        .context("The rows do not fit the bank's table.")
}

/// A column of keys, each checked.
pub(crate) fn keys<'a>(dim: usize, keys: impl Iterator<Item = &'a [f32]>) -> Result<ArrayRef> {
    let mut numbers = Vec::new();
    for key in keys {
        if key.len() != dim || key.iter().any(|x| !x.is_finite()) {
            bail!(
                "A key has {} numbers instead of {dim}, or some are not finite.",
                key.len()
            );
        }
        numbers.extend_from_slice(key);
    }
    let numbers = Arc::new(Float32Array::from(numbers));
    let keys = FixedSizeListArray::try_new(key_item(), dim as i32, numbers, None)
        .context("The keys do not fit the bank's table.")?;
    Ok(Arc::new(keys))
}
