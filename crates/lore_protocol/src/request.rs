//! Requests, responses and events, nested by domain.

use serde::{Deserialize, Serialize};

use lore_core::JobId;

use crate::{
    BankRequest, BankResponse, ClusterRequest, ClusterResponse, DatasetRequest, DatasetResponse,
    ExperimentRequest, ExperimentResponse, ExportRequest, ExportResponse, JobLine, JobRequest,
    JobResponse, ModelRequest, ModelResponse, Said, SettingsRequest, SettingsResponse, ShellEvent,
    ShellRequest, ShellResponse, StorageRequest, StorageResponse, SupportRequest, SupportResponse,
    TalkRequest, TalkResponse, TrajectoryRequest, TrajectoryResponse, WorldRequest, WorldResponse,
};

/// The version of the protocol; first in every conversation with a worker.
pub const PROTOCOL_VERSION: u32 = 1;

/// Something the interface wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Data sets.
    Dataset(DatasetRequest),
    /// Experience banks.
    Bank(BankRequest),
    /// Models and embedders.
    Model(ModelRequest),
    /// Jobs and their queue.
    Job(JobRequest),
    /// Other computers that do jobs.
    Cluster(ClusterRequest),
    /// Experiments and results.
    Experiment(ExperimentRequest),
    /// Single trajectories.
    Trajectory(TrajectoryRequest),
    /// Worlds, and a person playing in them.
    World(WorldRequest),
    /// Talking to a model.
    Talk(TalkRequest),
    /// Adapters and their export.
    Export(ExportRequest),
    /// Settings and the state of the application.
    Settings(SettingsRequest),
    /// What the data folder keeps, everything in one file, another folder.
    Storage(StorageRequest),
    /// What is looked at when something does not work.
    Support(SupportRequest),
    /// The shell: dialogs, links. Answered by the window, not by the core.
    Shell(ShellRequest),
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// Done; nothing to tell.
    Done,
    /// Data sets.
    Dataset(DatasetResponse),
    /// Experience banks.
    Bank(BankResponse),
    /// Models and embedders.
    Model(ModelResponse),
    /// Jobs and their queue.
    Job(JobResponse),
    /// Other computers that do jobs.
    Cluster(ClusterResponse),
    /// Experiments and results.
    Experiment(ExperimentResponse),
    /// Single trajectories.
    Trajectory(TrajectoryResponse),
    /// Worlds, and a person playing in them.
    World(WorldResponse),
    /// Talking to a model.
    Talk(TalkResponse),
    /// Adapters and their export.
    Export(ExportResponse),
    /// Settings and the state of the application.
    Settings(SettingsResponse),
    /// What the data folder keeps.
    Storage(StorageResponse),
    /// What is looked at when something does not work.
    Support(SupportResponse),
    /// The shell.
    Shell(ShellResponse),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A page that shows this should fetch it again.
    Stale(Topic),
    /// A job said something.
    Job {
        /// Which job.
        job: JobId,
        /// What it said.
        line: JobLine,
    },
    /// A model goes on with an answer.
    Talk {
        /// In which talk.
        talk: u64,
        /// In which of its chats, counted from 0.
        turn: usize,
        /// The answer so far.
        said: Said,
    },
    /// The shell noticed something.
    Shell(ShellEvent),
}

/// What can become stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// The list of data sets.
    Datasets,
    /// The list of banks and their rows.
    Banks,
    /// The list of models.
    Models,
    /// The list of jobs and their order.
    Jobs,
    /// Other computers that do jobs.
    Clusters,
    /// Experiments and results.
    Experiments,
    /// Adapters.
    Adapters,
    /// The list of worlds.
    Worlds,
    /// The task a person plays.
    Game,
    /// How the endpoint stands.
    Endpoint,
    /// Settings and status.
    Settings,
    /// What the data folder keeps, and what there is room for.
    Storage,
    /// Bookmarks and notes.
    Marks,
}
