//! Lines between the core and its workers.

use serde::{Deserialize, Serialize};

use lore_core::{
    EmbedKind, Message, ModelId, Page, PaintedExample, RetrievalConfig, Sampling, ScoredAction,
    Secret, ServedModel, ServerSpec, Task, TaskId, Trajectory, WorldSpec,
};

use crate::{ApiError, GameView, MachineSpeed, Said, ServedTrial, Turn};

/// A line to a job's stdin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    /// Save and end.
    Stop,
    /// The key for the server of [`crate::Work::served_model`]; a job with such a model waits for it.
    Key {
        /// `None` when the server wants none.
        key: Option<Secret>,
    },
    /// Answer a question with what there is; for the long-lived worker.
    Enough {
        /// Which question.
        id: u64,
    },
}

/// A line to the stdin of the long-lived worker that answers what needs a model or a world.
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
    /// One more turn in each chat → [`Answer::Saying`] several times, then [`Answer::Said`].
    Talk {
        /// The chats.
        turns: Vec<Turn>,
        /// How tokens are picked.
        sampling: Sampling,
    },
    /// How fast this machine runs a model → [`Answer::Speed`].
    Measure {
        /// Which model.
        model: ModelId,
    },
    /// Something about a world → [`Answer::World`].
    World(WorldQuestion),
    /// How a server with models answers → [`Answer::Served`].
    TryServed {
        /// Where it is, and which model to ask for a word; none when that is empty.
        model: Box<ServedModel>,
        /// The key for it.
        key: Option<Secret>,
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
    /// A turn as far as it has come; others follow.
    Saying {
        /// In which chat, counted from 0.
        turn: usize,
        /// The turn.
        said: Said,
    },
    /// The turns.
    Said(Vec<Said>),
    /// The speeds.
    Speed(MachineSpeed),
    /// About a world.
    World(WorldAnswer),
    /// About a server with models.
    Served(ServedTrial),
}

/// What the long-lived worker is asked about worlds. One task is played at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WorldQuestion {
    /// A world's tasks → [`WorldAnswer::Tasks`].
    Tasks {
        /// Whose.
        world: WorldSpec,
        /// Only those that contain this.
        text: String,
        /// The first row.
        offset: u64,
        /// How many rows.
        limit: u64,
    },
    /// One step on a server → [`WorldAnswer::Game`].
    Try {
        /// Which.
        server: ServerSpec,
    },
    /// Begins a task for a person → [`WorldAnswer::Game`].
    Begin {
        /// Of which world.
        world: WorldSpec,
        /// Which.
        task: TaskId,
    },
    /// Takes an action in it → [`WorldAnswer::Game`].
    Act {
        /// Which.
        action: String,
    },
    /// Everything that could be done in it now → [`WorldAnswer::Actions`].
    Suggest,
    /// Ends it → [`WorldAnswer::Left`].
    Leave,
}

/// What the long-lived worker answers about worlds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WorldAnswer {
    /// A part of a world's tasks.
    Tasks(Page<Task>),
    /// A task being played.
    Game(Box<GameView>),
    /// Everything that could be done now.
    Actions(Vec<String>),
    /// No task is being played.
    Left,
}
