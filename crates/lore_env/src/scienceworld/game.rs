//! A task of ScienceWorld being played.

use std::sync::Arc;

use anyhow::Result;
use lore_core::{Environment, EpisodeEnd, StepOutcome, Task, TaskId};
use serde::Deserialize;

use super::catalogue::{self, Kind};
use super::{EASY_ENVIRONMENT, ENVIRONMENT};
use crate::jvm::{Argument, Gateway, JavaGame, Object, Session};

/// A task of ScienceWorld. It ends when the world says so, when the score falls below zero, and at
/// the step limit of its kind.
pub struct ScienceGame {
    session: Session<Variation>,
    task: Task,
    easy: bool,
    limit: usize,
    num_steps: usize,
    score: i64,
}

/// Which of the world's tasks.
struct Variation {
    kind: &'static Kind,
    number: u32,
    easy: bool,
}

/// What an action leads to.
#[derive(Debug, PartialEq)]
pub(super) struct Reply {
    /// What is to be done; at the beginning only.
    goal: String,
    observation: String,
    /// 100 when everything is done, below zero when it has become impossible.
    score: i64,
    is_completed: bool,
}

impl Variation {
    /// Loads the task, with or without the way to do it. The official wrapper then calls `reset`, which
    /// loads the same once more, and the way as well if it was ever asked for.
    fn load(&self, object: &mut Object, with_gold_path: bool) -> Result<()> {
        let simplifications = if self.easy { "easy" } else { "" };
        let arguments = [
            Argument::Text(self.kind.name),
            Argument::Int(self.number as i32),
            Argument::Text(simplifications),
            Argument::Bool(with_gold_path),
        ];
        object.call("load", &arguments).map(|_| ())
    }
}

impl JavaGame for Variation {
    const CLASS: &'static str = "scienceworld.runtime.pythonapi.PythonInterface";
    type Reply = Reply;

    fn begin(&self, object: &mut Object) -> Result<Reply> {
        self.load(object, false)?;
        let goal = object.call("getTaskDescription", &[])?.text()?;
        // The official wrapper begins with this move, too.
        let reply = self.act(object, "look around")?;
        Ok(Reply { goal, ..reply })
    }

    fn act(&self, object: &mut Object, action: &str) -> Result<Reply> {
        let observation = object.call("step", &[Argument::Text(action)])?.text()?;
        let score = object.call("getScore", &[])?.double()?;
        Ok(Reply {
            goal: String::new(),
            observation,
            // Python rounds halves to the even number.
            score: (100.0 * score).round_ties_even() as i64,
            is_completed: object.call("getCompleted", &[])?.bool()?,
        })
    }
}

impl ScienceGame {
    pub(super) fn new(
        gateway: Arc<Gateway>,
        kind: &'static Kind,
        variation: u32,
        easy: bool,
    ) -> Self {
        let environment = if easy { EASY_ENVIRONMENT } else { ENVIRONMENT };
        let task = Task {
            id: TaskId(format!("{}/{variation}", kind.name)),
            environment: environment.to_owned(),
            task_type: kind.name.to_owned(),
            goal: String::new(),
            split: kind.split(variation),
        };
        let variation = Variation {
            kind,
            number: variation,
            easy,
        };
        Self {
            session: Session::new(gateway, variation),
            task,
            easy,
            limit: kind.limit,
            num_steps: 0,
            score: 0,
        }
    }

    /// Plays on beyond the step limit.
    pub fn without_limit(mut self) -> Self {
        self.limit = usize::MAX;
        self
    }

    /// The score of the episode so far: 100 when everything is done, below zero when it has failed.
    pub fn score(&self) -> i64 {
        self.score
    }

    /// Actions that do the task, by the world's own account; now and then they fail. The episode must
    /// begin anew afterwards.
    pub fn gold_path(&mut self) -> Result<Vec<String>> {
        let Variation { kind, number, easy } = *self.session.game();
        let with_path = Variation { kind, number, easy };
        self.session.ask(|object| {
            with_path.load(object, true)?;
            object.texts("getGoldActionSequence")
        })
    }
}

impl Environment for ScienceGame {
    fn task(&self) -> &Task {
        &self.task
    }

    fn reset(&mut self) -> Result<String> {
        let reply = self.session.begin()?;
        self.num_steps = 0;
        self.score = reply.score;
        self.task.goal.clone_from(&reply.goal);
        Ok(format!("{}\n{}", reply.goal, reply.observation))
    }

    fn step(&mut self, action: &str) -> Result<StepOutcome> {
        let reply = self.session.act(action)?;
        self.num_steps += 1;
        let reward = (reply.score - self.score) as f64;
        self.score = reply.score;
        let end = match reply.score {
            100.. => Some(EpisodeEnd::Success),
            ..0 => Some(EpisodeEnd::Failure),
            _ if reply.is_completed => Some(EpisodeEnd::Failure),
            _ if self.num_steps >= self.limit => Some(EpisodeEnd::Truncated),
            _ => None,
        };
        Ok(StepOutcome {
            observation: reply.observation.clone(),
            reward,
            end,
        })
    }

    /// Always empty: the list takes a hundred thousand bytes and longer than the action itself.
    fn admissible_actions(&self) -> Vec<String> {
        Vec::new()
    }

    fn action_templates(&self) -> Vec<String> {
        catalogue::templates(&self.task.task_type, self.easy)
    }

    fn suggest_actions(&mut self) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Valid {
            #[serde(rename = "validActions")]
            actions: Vec<Suggestion>,
        }
        #[derive(Deserialize)]
        struct Suggestion {
            action: String,
        }
        let text = self.session.ask(|object| {
            object
                .call("getValidActionObjectCombinationsJSON", &[])?
                .text()
        })?;
        let valid: Valid = serde_json::from_str(&text)?;
        let mut actions: Vec<String> = valid.actions.into_iter().map(|one| one.action).collect();
        actions.sort_unstable();
        actions.dedup();
        Ok(actions)
    }
}
