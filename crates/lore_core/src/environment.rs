//! Environments: the worlds agents act in.

use serde::{Deserialize, Serialize};

use crate::Task;

/// A world with a task in it: reset, then step until it ends.
pub trait Environment {
    /// The task being played.
    fn task(&self) -> &Task;

    /// Starts the episode again and returns the first observation.
    fn reset(&mut self) -> anyhow::Result<String>;

    /// Takes one action. An action the world does not understand is answered in words, not with an
    /// error; an error means that the world itself failed.
    fn step(&mut self, action: &str) -> anyhow::Result<StepOutcome>;

    /// The actions the world would accept now, in the world's own order; empty when it cannot say.
    fn admissible_actions(&self) -> Vec<String>;

    /// The general forms of action (`go to {recep}`), for the system prompt.
    fn action_templates(&self) -> Vec<String>;

    /// Actions a person could choose from now. Worlds whose list is too long or too slow for every
    /// step of an agent still give it here.
    fn suggest_actions(&mut self) -> anyhow::Result<Vec<String>> {
        Ok(self.admissible_actions())
    }
}

/// What an action led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// What the agent reads next.
    pub observation: String,
    /// The reward of this step.
    pub reward: f64,
    /// Set when the episode is over.
    pub end: Option<EpisodeEnd>,
}

/// How an episode ended.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum EpisodeEnd {
    /// The goal was reached.
    Success,
    /// The world ended the episode without success.
    Failure,
    /// The step limit was reached.
    #[default]
    Truncated,
    /// The world broke; the agent is not to blame.
    EnvironmentError,
    /// The record does not say.
    Unknown,
}

impl EpisodeEnd {
    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Truncated => "out of steps",
            Self::EnvironmentError => "world error",
            Self::Unknown => "unknown",
        }
    }
}
