//! Instructions and answers in the form of Stanford Alpaca (Taori et al., 2023):
//! `{"instruction": …, "input": …, "output": …}`.

use lore_core::{EpisodeEnd, Split, Step, Task, TaskId, Trajectory, short_hash};
use serde::Deserialize;
use serde_json::Value;

use super::has;
use crate::format::{Format, Item, Place, first_words};
use crate::rows::Row;

/// See the module.
pub(crate) struct Alpaca;

#[derive(Deserialize)]
struct Pair {
    instruction: String,
    #[serde(default)]
    input: Option<String>,
    output: String,
    #[serde(default)]
    category: Option<String>,
}

impl Format for Alpaca {
    fn name(&self) -> &'static str {
        "Alpaca instructions"
    }

    fn recognises(&self, row: &Value) -> bool {
        has(row, &["instruction", "output"]) && row["instruction"].is_string()
    }

    fn read(&self, row: &Row, place: &Place<'_>) -> Result<Item, String> {
        let pair: Pair = row.parse()?;
        if pair.output.trim().is_empty() {
            return Err("The answer is empty.".into());
        }
        let asked = match pair.input.filter(|input| !input.trim().is_empty()) {
            Some(input) => format!("{}\n\n{input}", pair.instruction),
            None => pair.instruction.clone(),
        };
        let task = Task {
            id: TaskId(short_hash(["alpaca", asked.as_str()])),
            environment: "instructions".to_owned(),
            task_type: pair.category.unwrap_or_else(|| "instruction".to_owned()),
            goal: first_words(&pair.instruction),
            split: Split::Train,
        };
        let step = Step {
            action: pair.output,
            ..Step::default()
        };
        // The form does not say whether an answer is right.
        let end = EpisodeEnd::Unknown;
        Ok(Trajectory::new(task, place.source, asked, vec![step], end).into())
    }
}
