//! ALFWorld games in compact form, one a line: `{id, task_type, task, pddl_problem}`.

use lore_core::DatasetKind;
use serde::Deserialize;
use serde_json::Value;

use super::has;
use crate::alfworld;
use crate::format::{Format, Item, Place};
use crate::game::Game;
use crate::rows::Row;

/// See the module.
pub(crate) struct AlfworldGames;

#[derive(Deserialize)]
struct Line {
    id: String,
    task_type: String,
    task: String,
    pddl_problem: String,
    split: Option<String>,
    grammar: Option<String>,
}

impl Format for AlfworldGames {
    fn name(&self) -> &'static str {
        "ALFWorld games"
    }

    fn kind(&self) -> DatasetKind {
        DatasetKind::Games
    }

    fn recognises(&self, row: &Value) -> bool {
        has(row, &["id", "task_type", "task", "pddl_problem"])
    }

    fn read(&self, row: &Row, _place: &Place<'_>) -> Result<Item, String> {
        let line: Line = row.parse()?;
        if line.pddl_problem.trim().is_empty() {
            return Err("The game has no problem to play.".into());
        }
        let split = alfworld::split_in(line.split.as_deref().unwrap_or(&line.id));
        Ok(Item::Game(Game {
            id: line.id,
            task_type: line.task_type,
            task: line.task,
            pddl_problem: line.pddl_problem,
            split: Some(split),
            grammar: line.grammar,
        }))
    }
}
