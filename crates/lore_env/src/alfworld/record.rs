//! Games on disk: one JSON line each, or an official `game.tw-pddl` file.

use anyhow::{Context as _, Result, ensure};
use lore_core::{Split, Task, TaskId};
use serde::{Deserialize, Serialize};

use super::Wording;

/// The name of this kind of world in tasks.
pub const ENVIRONMENT: &str = "alfworld";

/// The six families of ALFWorld tasks.
pub const TASK_TYPES: [&str; 6] = [
    "pick_and_place_simple",
    "look_at_obj_in_light",
    "pick_clean_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_two_obj_and_place",
];

/// One game as a data set stores it: a line of `games.jsonl`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameRecord {
    /// Unique within the data set.
    pub id: String,
    /// One of [`TASK_TYPES`] in official games.
    pub task_type: String,
    /// What is to be done, in words.
    pub task: String,
    /// The PDDL problem: what there is, where it is, and the goal as a formula.
    pub pddl_problem: String,
    /// The part of the benchmark, where the data set says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// The official text grammar; decides the [`Wording`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grammar: Option<String>,
}

/// The parts of an official file that matter here.
#[derive(Deserialize)]
struct OfficialGame {
    pddl_problem: String,
    grammar: String,
    #[serde(default)]
    solvable: Option<bool>,
}

impl GameRecord {
    /// Reads one line of `games.jsonl`.
    pub fn from_json(line: &str) -> Result<Self> {
        serde_json::from_str(line).context("Could not read a game: it is not a game record")
    }

    /// Reads the text of an official `game.tw-pddl` file. `id` is the part of its path that names
    /// it: `train/pick_and_place_simple-Mug-None-Desk-308/trial_T2019…`, from which the task type
    /// is taken.
    pub fn from_tw_pddl(text: &str, id: &str) -> Result<Self> {
        let context = || format!("Could not read the game {id:?}");
        let game: OfficialGame = serde_json::from_str(text)
            .context("it is not a game.tw-pddl file")
            .with_context(context)?;
        ensure!(
            game.solvable != Some(false),
            "Could not read the game {id:?}: its file says that it cannot be won"
        );
        let task = task_in_grammar(&game.grammar)
            .context("its grammar does not say what the task is")
            .with_context(context)?;
        let task_type = TASK_TYPES.into_iter().find(|name| {
            id.split('/').any(|part| {
                part.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('-'))
            })
        });
        Ok(Self {
            id: id.to_owned(),
            task_type: task_type.unwrap_or("unknown").to_owned(),
            task,
            pddl_problem: game.pddl_problem,
            split: None,
            grammar: Some(game.grammar),
        })
    }

    /// The wording its grammar has; that of the released games when it has none.
    pub fn wording(&self) -> Wording {
        self.grammar
            .as_deref()
            .map_or(Wording::Released, Wording::of_grammar)
    }

    /// The task of this game.
    pub fn to_task(&self) -> Task {
        Task {
            id: TaskId(self.id.clone()),
            environment: ENVIRONMENT.to_owned(),
            task_type: self.task_type.clone(),
            goal: self.task.clone(),
            split: self.split.unwrap_or_default(),
        }
    }
}

/// The task as the grammar's `task` rule spells it: `"rhs": "Your task is to: …"`.
fn task_in_grammar(grammar: &str) -> Option<String> {
    let (_, after) = grammar.split_once("Your task is to: ")?;
    let (task, _) = after.split_once('"')?;
    Some(task.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_official_file_names_its_task_in_the_grammar() {
        let text = serde_json::json!({
            "pddl_problem": "(define)",
            "pddl_domain": "",
            "grammar": r#"{"task": [{"rhs": "Your task is to: put a mug in desk."}]}"#,
            "solvable": true,
        });
        let id = "train/pick_and_place_simple-Mug-None-Desk-308/trial_1";
        let record = GameRecord::from_tw_pddl(&text.to_string(), id).unwrap();
        assert_eq!(record.task, "put a mug in desk.");
        assert_eq!(record.task_type, "pick_and_place_simple");
        assert_eq!(record.wording(), Wording::Released);
    }

    #[test]
    fn a_game_that_cannot_be_won_is_refused() {
        let text = r#"{"pddl_problem": "", "grammar": "", "solvable": false}"#;
        let error = GameRecord::from_tw_pddl(text, "x").unwrap_err();
        assert!(error.to_string().contains("cannot be won"), "{error}");
    }
}
