//! A game of TextWorld-Express being played.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use lore_core::{Environment, EpisodeEnd, StepOutcome, Task};
use serde::Deserialize;

use crate::jvm::{Argument, Gateway, JavaGame, Object, Session};

/// A game. It ends when it is won or lost; the step limit is the caller's.
pub struct ExpressGame {
    session: Session<Seeded>,
    task: Task,
    score: f64,
    actions: Vec<String>,
}

/// Which game.
struct Seeded {
    name: String,
    fold: &'static str,
    seed: i32,
}

/// What an action leads to; everything in one round trip.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Reply {
    observation: String,
    #[serde(rename = "validActions", default)]
    actions: Vec<String>,
    /// 1 when everything is done.
    score: f64,
    #[serde(rename = "tasksuccess")]
    is_success: bool,
    #[serde(rename = "taskfailure")]
    is_failure: bool,
    /// What is to be done; at the beginning only, and not in the game's own answer.
    #[serde(default)]
    goal: String,
}

impl Reply {
    fn read(text: &str) -> Result<Self> {
        let mut reply: Self =
            serde_json::from_str(text).context("the game's answer is not understood")?;
        // The game lists them in no order at all.
        reply.actions.sort_unstable();
        reply.actions.dedup();
        Ok(reply)
    }
}

impl Seeded {
    fn load(&self, object: &mut Object, with_gold_path: bool) -> Result<Reply> {
        let arguments = [Argument::Text(&self.name), Argument::Text("")];
        let problem = object.call("load", &arguments)?.text()?;
        ensure!(problem.is_empty(), "{problem}");
        let arguments = [
            Argument::Int(self.seed),
            Argument::Text(self.fold),
            Argument::Bool(with_gold_path),
        ];
        Reply::read(&object.call("generateNewGameJSON", &arguments)?.text()?)
    }
}

impl JavaGame for Seeded {
    const CLASS: &'static str = "textworldexpress.runtime.PythonInterface";
    type Reply = Reply;

    fn begin(&self, object: &mut Object) -> Result<Reply> {
        let reply = self.load(object, false)?;
        let goal = object.call("getTaskDescription", &[])?.text()?;
        Ok(Reply { goal, ..reply })
    }

    fn act(&self, object: &mut Object, action: &str) -> Result<Reply> {
        Reply::read(&object.call("stepJSON", &[Argument::Text(action)])?.text()?)
    }
}

impl ExpressGame {
    pub(super) fn new(gateway: Arc<Gateway>, task: Task, fold: &'static str, seed: i32) -> Self {
        let game = Seeded {
            name: task.task_type.clone(),
            fold,
            seed,
        };
        Self {
            session: Session::new(gateway, game),
            task,
            score: 0.0,
            actions: Vec::new(),
        }
    }

    /// Actions that win, by the game's own account. The episode must begin anew afterwards.
    pub(super) fn gold_path(&mut self) -> Result<Vec<String>> {
        let Seeded { name, fold, seed } = self.session.game();
        let game = Seeded {
            name: name.clone(),
            fold,
            seed: *seed,
        };
        self.session.ask(|object| {
            game.load(object, true)?;
            object.texts("getGoldActionSequence")
        })
    }
}

impl Environment for ExpressGame {
    fn task(&self) -> &Task {
        &self.task
    }

    fn reset(&mut self) -> Result<String> {
        let reply = self.session.begin()?;
        self.score = reply.score;
        self.actions.clone_from(&reply.actions);
        self.task.goal.clone_from(&reply.goal);
        Ok(format!("{}\n{}", reply.goal, reply.observation))
    }

    fn step(&mut self, action: &str) -> Result<StepOutcome> {
        let reply = self.session.act(action)?;
        let reward = reply.score - self.score;
        self.score = reply.score;
        self.actions.clone_from(&reply.actions);
        let end = match reply {
            Reply {
                is_success: true, ..
            } => Some(EpisodeEnd::Success),
            Reply {
                is_failure: true, ..
            } => Some(EpisodeEnd::Failure),
            _ => None,
        };
        Ok(StepOutcome {
            observation: reply.observation.clone(),
            reward,
            end,
        })
    }

    fn admissible_actions(&self) -> Vec<String> {
        self.actions.clone()
    }

    /// Always empty: the forms of action differ from game to game, and each names its own at every
    /// step.
    fn action_templates(&self) -> Vec<String> {
        Vec::new()
    }
}
