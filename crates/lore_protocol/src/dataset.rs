//! Data sets: what came in, and what is in it.

use serde::{Deserialize, Serialize};

use lore_core::{
    DatasetId, DatasetInfo, FormatGuess, JobId, Page, Task, TrajectoryFilter, TrajectoryRow,
    WorldSpec,
};

/// A question about data sets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DatasetRequest {
    /// Every data set → [`DatasetResponse::List`].
    List,
    /// What a file or folder holds, before anything is stored → [`DatasetResponse::Guess`].
    Inspect {
        /// The file or folder.
        path: String,
    },
    /// Brings a file in → [`DatasetResponse::Job`].
    Import {
        /// The file or folder.
        path: String,
        /// The name for people; made from the file name when empty.
        name: String,
    },
    /// Has the scripted expert play tasks and keeps the episodes → [`DatasetResponse::Job`].
    Collect {
        /// Whose tasks.
        world: WorldSpec,
        /// Episodes per task type.
        per_type: usize,
        /// The name for people.
        name: String,
    },
    /// Everything about one → [`DatasetResponse::One`].
    Get {
        /// Which.
        id: DatasetId,
    },
    /// Its trajectories → [`DatasetResponse::Trajectories`].
    Trajectories {
        /// Which.
        id: DatasetId,
        /// Which rows match.
        filter: TrajectoryFilter,
        /// The first row.
        offset: u64,
        /// How many rows.
        limit: u64,
    },
    /// Its games → [`DatasetResponse::Tasks`].
    Tasks {
        /// Which.
        id: DatasetId,
        /// Only goals and identifiers that contain this.
        text: String,
        /// The first row.
        offset: u64,
        /// How many rows.
        limit: u64,
    },
    /// Sets which task types are never trained on → [`DatasetResponse::One`].
    SetUnseen {
        /// Which.
        id: DatasetId,
        /// The task types.
        unseen_types: Vec<String>,
    },
    /// Gives it another name → `Done`.
    Rename {
        /// Which.
        id: DatasetId,
        /// The name.
        name: String,
    },
    /// Moves it to the trash → `Done`.
    Delete {
        /// Which.
        id: DatasetId,
    },
    /// Takes it back from the trash → `Done`.
    Restore {
        /// Which.
        id: DatasetId,
    },
}

/// The answer to a [`DatasetRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DatasetResponse {
    /// Every data set, newest first.
    List(Vec<DatasetInfo>),
    /// One data set.
    One(DatasetInfo),
    /// What a file seems to hold.
    Guess(FormatGuess),
    /// The job that was started.
    Job(JobId),
    /// Trajectories.
    Trajectories(Page<TrajectoryRow>),
    /// Games.
    Tasks(Page<TaskRow>),
}

/// One game of a data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskRow {
    /// The game.
    pub task: Task,
    /// True when training must not see its type.
    pub unseen: bool,
}
