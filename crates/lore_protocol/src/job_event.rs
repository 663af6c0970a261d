//! What a worker says while it works.

use serde::{Deserialize, Serialize};

use lore_core::{EpisodeSummary, GradientCertificate, Trial};

use crate::{ApiError, MachineSpeed};

/// One line of `events.jsonl`: what a worker said, numbered and dated by the supervisor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobLine {
    /// Rises by one with every line of the job, from 1.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub ms: u64,
    /// What was said.
    pub event: JobEvent,
}

/// What a worker says. First [`JobEvent::Hello`]; last exactly one of `Finished`, `Cancelled`,
/// `Failed`. A resumed job says `Hello` again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum JobEvent {
    /// The worker is there.
    Hello {
        /// The protocol it speaks.
        protocol: u32,
        /// Its process.
        pid: u32,
        /// The program's version.
        build: String,
    },
    /// How far it is.
    Progress(Progress),
    /// A number over time.
    Metric {
        /// `area/name`, for example `train/loss`.
        name: String,
        /// Optimiser step or episode, from 1.
        step: u64,
        /// The number.
        value: f64,
    },
    /// Something for the log.
    Message {
        /// How serious.
        level: Level,
        /// What.
        text: String,
    },
    /// An episode was played.
    Episode {
        /// Without its text; that stands in `trajectories.jsonl`.
        episode: EpisodeSummary,
    },
    /// State was saved; the job can go on from here.
    Checkpoint {
        /// After this many optimiser steps.
        step: u64,
    },
    /// What the gradients of the first steps showed.
    Gradients {
        /// The proof.
        certificate: GradientCertificate,
    },
    /// The adapter was tried in the middle of its training.
    Trial {
        /// How it did.
        trial: Trial,
    },
    /// Tokens a second and the like, for estimates.
    Speed {
        /// The speeds.
        speed: MachineSpeed,
    },
    /// Done.
    Finished {
        /// One sentence about what came out.
        summary: String,
    },
    /// Stopped as asked; what was done is kept.
    Cancelled {
        /// True when Resume goes on from a checkpoint.
        resumable: bool,
    },
    /// It could not be done.
    Failed {
        /// Why.
        error: ApiError,
    },
}

impl JobEvent {
    /// True for the last word of a job.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Finished { .. } | Self::Cancelled { .. } | Self::Failed { .. }
        )
    }
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done now, in words.
    pub stage: String,
    /// How much of it is done.
    pub done: u64,
    /// How much there is; 0 when unknown.
    pub total: u64,
    /// What is counted: `episodes`, `steps`, `MB`.
    pub unit: String,
    /// Seconds left of the whole job, once that can be said.
    pub secs_left: Option<f64>,
}

/// How serious a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For those who look.
    #[default]
    Info,
    /// Worth knowing.
    Warning,
}
