//! Worlds: what can be played, and a person playing.

use serde::{Deserialize, Serialize};

use lore_core::{
    DatasetId, EpisodeEnd, JavaWorld, JobId, Page, ServerSpec, Task, TaskId, Trajectory,
    TrajectoryId, WorldSpec,
};

/// A question about worlds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WorldRequest {
    /// Every world → [`WorldResponse::List`].
    List,
    /// Its tasks → [`WorldResponse::Tasks`].
    Tasks {
        /// Whose.
        world: WorldSpec,
        /// Only goals, types and identifiers that contain this.
        text: String,
        /// The first row.
        offset: u64,
        /// How many rows.
        limit: u64,
    },
    /// Installs a Java world as a job → [`WorldResponse::Job`].
    Install {
        /// From where.
        source: JavaSource,
    },
    /// Plays one step on a server and keeps nothing → [`WorldResponse::Tried`].
    Try {
        /// Which.
        server: ServerSpec,
    },
    /// Saves a server under its name, in place of one that has it → `Done`.
    SaveServer {
        /// Which.
        server: ServerSpec,
    },
    /// Forgets a server → `Done`.
    RemoveServer {
        /// Its name.
        name: String,
    },
    /// Begins a task for a person, in place of the one being played → [`WorldResponse::Game`].
    Begin {
        /// Of which world.
        world: WorldSpec,
        /// Which.
        task: TaskId,
    },
    /// The task being played → [`WorldResponse::Game`], or `Done` when there is none.
    Current,
    /// Takes an action in it → [`WorldResponse::Game`].
    Act {
        /// What the person does.
        action: String,
    },
    /// Everything that could be done now → [`WorldResponse::Suggestions`].
    Suggest {
        /// After so many actions; makes every situation a question of its own.
        num_steps: usize,
    },
    /// Keeps what was played as a trajectory of a data set → [`WorldResponse::Kept`].
    Keep {
        /// The data set's name for people; made when there is none of that name.
        name: String,
    },
    /// Ends the task being played without keeping it → `Done`.
    Leave,
}

/// The answer to a [`WorldRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WorldResponse {
    /// Every world, those that need nothing first.
    List(Vec<WorldInfo>),
    /// A part of a world's tasks.
    Tasks(Page<Task>),
    /// The job that was started.
    Job(JobId),
    /// What a step on a server led to.
    Tried(Box<GameView>),
    /// The task being played.
    Game(Box<GameView>),
    /// Everything that could be done now.
    Suggestions(Vec<String>),
    /// It was kept.
    Kept {
        /// Where.
        dataset: DatasetId,
        /// As what.
        trajectory: TrajectoryId,
    },
}

/// A world as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorldInfo {
    /// What it is.
    pub spec: WorldSpec,
    /// Its name for people.
    pub name: String,
    /// One sentence about it.
    pub about: String,
    /// The Java world that must be installed first, if it is not.
    pub missing: Option<JavaWorld>,
}

/// Where a Java world comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JavaSource {
    /// The Python of this machine if it has the world, else the package index.
    Package {
        /// Which world.
        world: JavaWorld,
    },
    /// A wheel or a JAR.
    File {
        /// Which.
        path: String,
    },
}

/// A task being played by a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GameView {
    /// The world it is of.
    pub world: WorldSpec,
    /// What happened so far.
    pub trajectory: Trajectory,
    /// What can be done now, where the world says so at every step.
    pub admissible: Vec<String>,
    /// The general forms of action.
    pub templates: Vec<String>,
    /// How it ended, once it has.
    pub end: Option<EpisodeEnd>,
}

/// See [`crate::Work::InstallWorld`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstallWork {
    /// From where.
    pub source: JavaSource,
}
