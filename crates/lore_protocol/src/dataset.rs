//! Data sets: what came in, and what is in it.

use serde::{Deserialize, Serialize};

use lore_core::{
    Agreement, AgreementLead, ColumnMap, DatasetId, DatasetInfo, DatasetStats, FormatGuess, JobId,
    Labels, Page, SplitLeak, Task, TrajectoryFilter, TrajectoryId, TrajectoryRow, WorldSpec,
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
        /// What the columns of a table mean, if somebody chose; else the format is recognised.
        #[serde(default)]
        columns: Option<ColumnMap>,
    },
    /// Brings a file in → [`DatasetResponse::Job`].
    Import {
        /// The file or folder.
        path: String,
        /// The name for people; made from the file name when empty.
        name: String,
        /// What the columns of a table mean, if somebody chose; else the format is recognised.
        #[serde(default)]
        columns: Option<ColumnMap>,
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
    /// Figures of its trajectories → [`DatasetResponse::Stats`].
    Stats {
        /// Which.
        id: DatasetId,
    },
    /// What stands on both sides of its split → [`DatasetResponse::Leaks`].
    Leaks {
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
    /// Gives other labels to trajectories → [`DatasetResponse::One`].
    Relabel {
        /// Which.
        id: DatasetId,
        /// Whose; those that match `filter` when empty.
        ids: Vec<TrajectoryId>,
        /// Which match, when none are named.
        #[serde(default)]
        filter: TrajectoryFilter,
        /// The labels.
        labels: Labels,
    },
    /// Takes back what the last [`DatasetRequest::Relabel`] changed, or does it again
    /// → [`DatasetResponse::One`].
    TakeBackLabels {
        /// Which.
        id: DatasetId,
    },
    /// What came of asking an agent along its episodes → [`DatasetResponse::Agreement`].
    Agreement {
        /// The job that asked.
        job: JobId,
    },
    /// What one agent is ahead of another on the episodes that both were asked about
    /// → [`DatasetResponse::AgreementLead`].
    AgreementLead {
        /// The job that asked the one.
        job: JobId,
        /// The job that asked the other.
        over: JobId,
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
    /// Figures of a data set.
    Stats(DatasetStats),
    /// Seen and unseen items that are the same game or nearly the same text, most similar first.
    Leaks(Vec<SplitLeak>),
    /// What came of asking an agent.
    Agreement(Box<Agreement>),
    /// What one agent is ahead of another; nothing when they were asked about no common episode.
    AgreementLead(Option<AgreementLead>),
}

/// One game of a data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskRow {
    /// The game.
    pub task: Task,
    /// True when training must not see its type.
    pub unseen: bool,
}
