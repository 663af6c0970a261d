//! Trajectories, wherever they stand.

use serde::{Deserialize, Serialize};

use lore_core::{
    BankId, BranchOrigin, Change, DatasetId, EpisodeEnd, ExperimentId, ExportForm, JobId, Page,
    PaintedExample, ScoredAction, Trajectory, TrajectoryFilter, TrajectoryId, TrajectoryRow,
};

use crate::BranchInfo;

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
    /// How likely each possible action of a step is, as it was or with something changed
    /// → [`TrajectoryResponse::Likely`].
    WhatIf {
        /// Where it stands.
        source: Source,
        /// Which.
        id: TrajectoryId,
        /// Which step, counted from 0.
        step: u32,
        /// What is different.
        change: Change,
    },
    /// Plays an episode on from a step with something changed → [`TrajectoryResponse::Job`].
    PlayOn {
        /// Where it stands.
        source: Source,
        /// From where on, and what is different.
        origin: Box<BranchOrigin>,
    },
    /// What was played on from an episode → [`TrajectoryResponse::Branches`].
    Branches {
        /// Which episode.
        id: TrajectoryId,
    },
    /// What a person marked, newest first → [`TrajectoryResponse::Marks`].
    Marks,
    /// Marks a trajectory, in place of its mark so far → [`TrajectoryResponse::Marks`].
    Mark {
        /// The mark.
        mark: Box<Mark>,
    },
    /// Takes the mark off → [`TrajectoryResponse::Marks`].
    Unmark {
        /// Where it stands.
        source: Source,
        /// Which.
        id: TrajectoryId,
    },
    /// Writes all of a source for other programs → [`TrajectoryResponse::Job`].
    Export {
        /// Where they stand.
        source: Source,
        /// In which form.
        form: ExportForm,
        /// The file to make.
        path: String,
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
    /// Possible actions of a step with their likelihoods, in the order of the world.
    Likely(Vec<ScoredAction>),
    /// What was played on from an episode, newest first.
    Branches(Vec<BranchInfo>),
    /// What a person marked, newest first.
    Marks(Vec<Mark>),
    /// The job that was started.
    Job(JobId),
}

/// A bookmark, with what a person noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Where the trajectory stands.
    pub source: Source,
    /// Which.
    pub id: TrajectoryId,
    /// Its goal, so that the mark can be read when the trajectory is gone.
    pub goal: String,
    /// Who acted.
    pub who: String,
    /// How it ended.
    pub end: EpisodeEnd,
    /// Steps worth another look, in order, counted from 0.
    #[serde(default)]
    pub steps: Vec<u32>,
    /// What was noted; may be empty.
    #[serde(default)]
    pub note: String,
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
