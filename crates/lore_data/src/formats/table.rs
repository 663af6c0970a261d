//! Tables whose columns somebody named: a row is a step or an episode of one step.

use std::collections::BTreeSet;

use lore_core::{
    ColumnMap, ColumnRole, EpisodeEnd, Split, Step, Task, TaskId, Trajectory, short_hash,
};
use serde_json::{Map, Value};

use crate::alfworld;
use crate::chat::tells_success;
use crate::format::{Format, Gather, Gathered, Item, Place, first_words};
use crate::rows::Row;

/// See the module.
pub(crate) struct Table;

/// Names under which columns are met, the most telling first.
const NAMES: [(ColumnRole, &[&str]); 10] = [
    (
        ColumnRole::Episode,
        &[
            "episode",
            "episode_id",
            "trajectory_id",
            "traj_id",
            "run_id",
            "session_id",
            "conversation_id",
        ],
    ),
    (
        ColumnRole::Task,
        &["task_id", "game", "game_file", "item_id"],
    ),
    (
        ColumnRole::Goal,
        &[
            "goal",
            "task",
            "instruction",
            "question",
            "prompt",
            "query",
            "problem",
        ],
    ),
    (ColumnRole::TaskType, &["task_type", "category", "type"]),
    (ColumnRole::Environment, &["environment", "env", "world"]),
    (
        ColumnRole::Observation,
        &["observation", "state", "obs", "context"],
    ),
    (
        ColumnRole::Action,
        &[
            "action",
            "command",
            "completion",
            "response",
            "answer",
            "output",
            "chosen",
        ],
    ),
    (
        ColumnRole::Result,
        &["result", "next_observation", "next_state", "feedback"],
    ),
    (ColumnRole::Reward, &["reward", "score"]),
    (
        ColumnRole::Outcome,
        &["success", "outcome", "won", "resolved", "correct"],
    ),
];

impl Format for Table {
    fn name(&self) -> &'static str {
        "Table of steps"
    }

    fn recognises(&self, row: &Value) -> bool {
        let map = guess_columns(&columns_of(row));
        let is_there = |role| map.column(role).is_some();
        is_there(ColumnRole::Action)
            && [
                ColumnRole::Goal,
                ColumnRole::Observation,
                ColumnRole::Episode,
            ]
            .into_iter()
            .any(is_there)
    }

    fn read(&self, _row: &Row, _place: &Place<'_>) -> Result<Item, String> {
        Err("A row of a table is read together with its neighbours.".into()) // by `gather`
    }

    fn gather(&self) -> Option<Box<dyn Gather>> {
        Some(Box::new(Episodes::default()))
    }
}

/// The names of a row's columns; empty when it is no row of a table.
pub(crate) fn columns_of(row: &Value) -> Vec<String> {
    row.as_object()
        .map(|row| row.keys().cloned().collect())
        .unwrap_or_default()
}

/// What columns of these names seem to mean.
pub(crate) fn guess_columns(columns: &[String]) -> ColumnMap {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| {
            let is_it = |column: &&String| column.trim().eq_ignore_ascii_case(name);
            columns.iter().find(is_it).cloned()
        })
    };
    let known = NAMES
        .iter()
        .filter_map(|(role, names)| Some((*role, find(names)?)));
    ColumnMap(known.collect())
}

/// The episode that the rows are in, and those that are over.
#[derive(Default)]
struct Episodes {
    /// What columns mean, when nobody said so: by the names of the first row.
    guessed: Option<ColumnMap>,
    open: Option<Episode>,
    over: BTreeSet<String>,
}

/// An episode in the making.
struct Episode {
    line: u64,
    name: String,
    task: Task,
    initial_observation: String,
    steps: Vec<Step>,
    end: EpisodeEnd,
}

/// A row by the meaning of its columns.
struct Cells<'a> {
    row: &'a Map<String, Value>,
    map: &'a ColumnMap,
}

impl Cells<'_> {
    fn value(&self, role: ColumnRole) -> Option<&Value> {
        self.row.get(self.map.column(role)?)
    }

    fn text(&self, role: ColumnRole) -> Option<String> {
        match self.value(role)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }
}

impl Gather for Episodes {
    fn push(&mut self, line: u64, row: Row, place: &Place<'_>, found: &mut Gathered) {
        if let Err(reason) = self.take(line, &row, place, found) {
            found.push((line, Err(reason)));
        }
    }

    fn finish(&mut self, place: &Place<'_>, found: &mut Gathered) {
        if let Some(episode) = self.open.take() {
            found.push((episode.line, Ok(episode.close(place))));
        }
    }
}

impl Episodes {
    fn take(
        &mut self,
        line: u64,
        row: &Row,
        place: &Place<'_>,
        found: &mut Gathered,
    ) -> Result<(), String> {
        let Value::Object(row) = row.parse::<Value>()? else {
            return Err("It is no row of a table.".into());
        };
        let map = match place.columns {
            Some(map) => map.clone(),
            None => self
                .guessed
                .get_or_insert_with(|| guess_columns(&row.keys().cloned().collect::<Vec<_>>()))
                .clone(),
        };
        let cells = Cells {
            row: &row,
            map: &map,
        };
        let action = cells
            .text(ColumnRole::Action)
            .ok_or("There is no action in this row.")?;
        let name = cells.text(ColumnRole::Episode);
        let is_open = name.is_some() && self.open.as_ref().map(|open| &open.name) == name.as_ref();
        if !is_open {
            self.finish(place, found);
            let name = name.unwrap_or_default();
            if !name.is_empty() && !self.over.insert(name.clone()) {
                return Err(format!(
                    "The episode {name:?} ended further up. Please sort the table by episode."
                ));
            }
            self.open = Some(Episode::begin(line, name, &cells, place));
        }
        if let Some(episode) = &mut self.open {
            episode.step(action, &cells);
        }
        Ok(())
    }
}

impl Episode {
    fn begin(line: u64, name: String, cells: &Cells<'_>, place: &Place<'_>) -> Self {
        let observation = cells.text(ColumnRole::Observation);
        let goal = cells.text(ColumnRole::Goal);
        let seen = observation.or_else(|| goal.clone()).unwrap_or_default();
        let goal = goal.unwrap_or_else(|| first_words(&seen));
        let environment = cells.text(ColumnRole::Environment);
        let environment = environment.unwrap_or_else(|| "table".to_owned());
        let id = cells.text(ColumnRole::Task);
        let id = id.unwrap_or_else(|| short_hash([environment.as_str(), goal.as_str()]));
        let task_type = cells.text(ColumnRole::TaskType);
        let known = alfworld::type_in(&id).unwrap_or("unknown");
        Self {
            line,
            name,
            task: Task {
                split: match alfworld::split_in(&id) {
                    Split::Train => alfworld::split_in(place.entry),
                    split => split,
                },
                id: TaskId(id),
                environment,
                task_type: task_type.unwrap_or_else(|| known.to_owned()),
                goal,
            },
            initial_observation: seen,
            steps: Vec::new(),
            end: EpisodeEnd::Unknown,
        }
    }

    fn step(&mut self, action: String, cells: &Cells<'_>) {
        // What is seen before an action is what followed the one before.
        if let Some(last) = self.steps.last_mut()
            && last.observation.is_empty()
            && let Some(seen) = cells.text(ColumnRole::Observation)
        {
            last.observation = seen;
        }
        let reward = cells.value(ColumnRole::Reward).and_then(number);
        self.steps.push(Step {
            action,
            observation: cells.text(ColumnRole::Result).unwrap_or_default(),
            reward: reward.unwrap_or_default(),
            ..Step::default()
        });
        // The last row that tells has the last word.
        let told = cells.value(ColumnRole::Outcome).and_then(tells_success);
        if let Some(is_success) = told {
            self.end = if is_success {
                EpisodeEnd::Success
            } else {
                EpisodeEnd::Failure
            };
        }
    }

    fn close(self, place: &Place<'_>) -> Item {
        Trajectory::new(
            self.task,
            place.source,
            self.initial_observation,
            self.steps,
            self.end,
        )
        .into()
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    // JSON has no infinity to write it down with.
    number.filter(|number| number.is_finite())
}
