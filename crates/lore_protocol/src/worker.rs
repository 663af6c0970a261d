//! Lines between the core and its workers.

use serde::{Deserialize, Serialize};

use lore_core::{
    EmbedKind, Message, ModelId, PaintedExample, RetrievalConfig, Sampling, ScoredAction,
    Trajectory,
};

use crate::{ApiError, MachineSpeed};

/// A line to a job's stdin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    /// Save and end.
    Stop,
}

/// A line to the stdin of the long-lived worker that answers what needs a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerRequest {
    /// Numbers the question.
    pub id: u64,
    /// The question.
    pub question: Question,
}

/// A line from its stdout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerReply {
    /// Which question.
    pub id: u64,
    /// What came of it.
    pub result: Result<Answer, ApiError>,
}

/// What the long-lived worker is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Vectors for texts → [`Answer::Vectors`].
    Embed {
        /// With which embedder.
        embedder: ModelId,
        /// The texts.
        texts: Vec<String>,
        /// Keys or queries.
        kind: EmbedKind,
    },
    /// A trajectory as training would see it → [`Answer::Painted`].
    Paint {
        /// Whose tokens and template.
        model: ModelId,
        /// The trajectory.
        trajectory: Box<Trajectory>,
        /// Memories in the system prompt, best first.
        memories: Vec<Trajectory>,
        /// How memories are written, and how many tokens they may cost.
        retrieval: RetrievalConfig,
        /// The longest example.
        max_tokens: usize,
    },
    /// How likely each action is → [`Answer::Scores`].
    Score {
        /// By which model.
        model: ModelId,
        /// With which adapter.
        adapter: Option<lore_core::AdapterId>,
        /// The chat so far.
        messages: Vec<Message>,
        /// The actions.
        candidates: Vec<String>,
    },
    /// One more turn → [`Answer::Text`].
    Generate {
        /// By which model.
        model: ModelId,
        /// With which adapter.
        adapter: Option<lore_core::AdapterId>,
        /// The chat so far.
        messages: Vec<Message>,
        /// How to pick tokens.
        sampling: Sampling,
    },
    /// How fast this machine runs a model → [`Answer::Speed`].
    Measure {
        /// Which model.
        model: ModelId,
    },
}

/// What the long-lived worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// One vector for each text.
    Vectors(Vec<Vec<f32>>),
    /// A painted example.
    Painted(Box<PaintedExample>),
    /// One score for each action.
    Scores(Vec<ScoredAction>),
    /// The turn.
    Text(String),
    /// The speeds.
    Speed(MachineSpeed),
}
