//! Experiments and what came of them.

use serde::{Deserialize, Serialize};

use lore_core::{ExperimentId, ExperimentResults, ExperimentSpec, JobId};

use crate::Estimate;

/// A question about experiments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExperimentRequest {
    /// Every experiment → [`ExperimentResponse::List`].
    List,
    /// One → [`ExperimentResponse::One`].
    Get {
        /// Which.
        id: ExperimentId,
    },
    /// Time, memory and disk it will take → [`ExperimentResponse::Estimate`].
    Estimate {
        /// Of what.
        spec: Box<ExperimentSpec>,
    },
    /// Saves it and queues its jobs → [`ExperimentResponse::Started`].
    Start {
        /// What; an empty `id` is filled in.
        spec: Box<ExperimentSpec>,
    },
    /// Adds arms and seeds to one that is there, and queues the jobs they need → `Done`.
    Extend {
        /// The experiment with more arms or seeds; nothing else may be otherwise.
        spec: Box<ExperimentSpec>,
    },
    /// Stops its jobs after saving → `Done`.
    Stop {
        /// Which.
        id: ExperimentId,
    },
    /// Queues again what did not finish → `Done`.
    Resume {
        /// Which.
        id: ExperimentId,
    },
    /// Its numbers so far → [`ExperimentResponse::Results`].
    Results {
        /// Which.
        id: ExperimentId,
    },
    /// Moves it to the trash → `Done`.
    Delete {
        /// Which.
        id: ExperimentId,
    },
    /// Takes it back from the trash → `Done`.
    Restore {
        /// Which.
        id: ExperimentId,
    },
}

/// The answer to an [`ExperimentRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExperimentResponse {
    /// Every experiment, newest first.
    List(Vec<ExperimentInfo>),
    /// One.
    One(Box<ExperimentInfo>),
    /// What it will take.
    Estimate(Estimate),
    /// It was queued.
    Started(ExperimentId),
    /// Its numbers so far.
    Results {
        /// The numbers.
        results: Box<ExperimentResults>,
        /// Figures and report on disk: name and path. Empty until the report is made.
        files: Vec<(String, String)>,
    },
}

/// An experiment as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentInfo {
    /// What was asked.
    pub spec: ExperimentSpec,
    /// Its jobs, in order.
    pub jobs: Vec<JobId>,
    /// Where it stands.
    pub state: ExperimentState,
    /// Jobs that finished.
    pub num_finished: usize,
    /// Episodes played at test.
    pub num_episodes: usize,
    /// Seconds its jobs have run.
    pub secs_spent: f64,
    /// Seconds that are left by the estimate and the jobs' own words, while it runs.
    pub secs_left: Option<f64>,
}

/// Where an experiment stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExperimentState {
    /// Some of its jobs wait or run.
    #[default]
    Running,
    /// Every job finished.
    Finished,
    /// Nothing runs and something did not finish; Resume goes on.
    Interrupted,
}

impl ExperimentState {
    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "done",
            Self::Interrupted => "stopped",
        }
    }
}
