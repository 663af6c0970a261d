//! Trajectories, wherever they stand.

use serde::{Deserialize, Serialize};

use lore_core::{
    BankId, DatasetId, ExperimentId, JobId, Page, PaintedExample, Trajectory, TrajectoryFilter,
    TrajectoryId, TrajectoryRow,
};

/// A question about trajectories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TrajectoryRequest {
    /// Rows of a source → [`TrajectoryResponse::Rows`].
    Rows {
        /// Where they stand.
        source: Source,
        /// Which match.
        filter: TrajectoryFilter,
        /// The first row.
        offset: u64,
        /// How many rows.
        limit: u64,
    },
    /// One in full → [`TrajectoryResponse::One`].
    Get {
        /// Where it stands.
        source: Source,
        /// Which.
        id: TrajectoryId,
    },
    /// A chat cut into tokens with the learned ones marked, as the model of the run would see it
    /// → [`TrajectoryResponse::Painted`].
    Paint {
        /// Where it stands.
        source: Source,
        /// Which.
        id: TrajectoryId,
        /// Whose tokens and template.
        model: lore_core::ModelId,
    },
}

/// The answer to a [`TrajectoryRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TrajectoryResponse {
    /// A part of a list.
    Rows(Page<TrajectoryRow>),
    /// One in full.
    One(Box<Trajectory>),
    /// One as tokens.
    Painted(Box<PaintedExample>),
}

/// Where trajectories stand.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// In a data set.
    Dataset {
        /// Which.
        id: DatasetId,
    },
    /// In a bank.
    Bank {
        /// Which.
        id: BankId,
    },
    /// Played by one run.
    Run {
        /// Of which experiment, if any.
        experiment: Option<ExperimentId>,
        /// Which run.
        job: JobId,
    },
    /// Played by all runs of an experiment.
    Experiment {
        /// Which.
        id: ExperimentId,
    },
}
