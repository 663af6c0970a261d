//! The official ALFWorld release: a folder or zip of `<split>/<task>/<trial>/game.tw-pddl`, each a
//! JSON object with the problem, the domain and the grammar.

use lore_core::DatasetKind;
use serde::Deserialize;
use serde_json::Value;

use super::has;
use crate::alfworld;
use crate::format::{Format, Item, Place};
use crate::game::Game;
use crate::rows::Row;

/// See the module.
pub(crate) struct AlfworldRelease;

#[derive(Deserialize)]
struct GameFile {
    pddl_problem: String,
    #[serde(default)]
    grammar: String,
    solvable: Option<bool>,
}

impl Format for AlfworldRelease {
    fn name(&self) -> &'static str {
        "ALFWorld release"
    }

    fn kind(&self) -> DatasetKind {
        DatasetKind::Games
    }

    fn recognises(&self, row: &Value) -> bool {
        has(row, &["pddl_domain", "pddl_problem"])
    }

    fn read(&self, row: &Row, place: &Place<'_>) -> Result<Item, String> {
        let game: GameFile = row.parse()?;
        if game.solvable == Some(false) {
            return Err("The release marks this game as impossible to win.".into());
        }
        let parts: Vec<&str> = place.entry.split('/').collect();
        let [.., folder, trial, _file] = parts[..] else {
            return Err("The game does not stand in a folder <task>/<trial>.".into());
        };
        let task_type = alfworld::type_in(folder)
            .ok_or_else(|| format!("{folder:?} names none of ALFWorld's six task types."))?;
        if folder.contains("Sliced") {
            return Err("The benchmark leaves out games that are about sliced things.".into());
        }
        let task = alfworld::goal_in(&game.grammar)
            .or_else(|| alfworld::goal_from_folder(folder))
            .ok_or("The goal stands neither in the grammar nor in the folder's name.")?;
        // Games are called after their split's folder, as the benchmark does. Somebody may have
        // chosen that folder itself.
        let id = match parts[..] {
            [.., split, folder, trial, _] => format!("{split}/{folder}/{trial}"),
            _ if alfworld::named_split(place.source).is_some() => {
                format!("{}/{folder}/{trial}", place.source)
            }
            _ => format!("{folder}/{trial}"),
        };
        let split = alfworld::named_split(place.entry).or(alfworld::named_split(place.source));
        Ok(Item::Game(Game {
            id,
            task_type: task_type.to_owned(),
            task,
            pddl_problem: game.pddl_problem,
            split: Some(split.unwrap_or_default()),
            grammar: (!game.grammar.is_empty()).then_some(game.grammar),
        }))
    }
}
