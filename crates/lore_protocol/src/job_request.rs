//! What is asked about jobs.

use serde::{Deserialize, Serialize};

use lore_core::{ClusterId, JobId};

use crate::{JobInfo, JobLine, Work};

/// A question about jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum JobRequest {
    /// Every job → [`JobResponse::List`].
    List,
    /// Puts work into the queue → [`JobResponse::Submitted`].
    Submit {
        /// The work.
        work: Box<Work>,
        /// The name for people.
        title: String,
        /// The cluster that does it, if not this computer.
        cluster: Option<ClusterId>,
    },
    /// Stops after saving → `Done`.
    Stop {
        /// Which.
        job: JobId,
    },
    /// Goes on from the last checkpoint, or starts again → `Done`.
    Resume {
        /// Which.
        job: JobId,
    },
    /// Moves a waiting job → `Done`.
    Move {
        /// Which.
        job: JobId,
        /// To this place among the waiting, from 0.
        index: usize,
    },
    /// Takes a job that is not running off the list; what it made stays → `Done`.
    Remove {
        /// Which.
        job: JobId,
    },
    /// A metric, thinned to a width → [`JobResponse::Series`].
    Series {
        /// Of which job.
        job: JobId,
        /// Which metric.
        name: String,
        /// At most this many points.
        width: usize,
    },
    /// The lines after `after_seq` → [`JobResponse::Lines`].
    Lines {
        /// Of which job.
        job: JobId,
        /// After this line.
        after_seq: u64,
        /// At most this many, the latest.
        limit: usize,
    },
    /// The end of the worker's own log → [`JobResponse::Log`].
    Log {
        /// Of which job.
        job: JobId,
    },
    /// Events of the application after `after_seq`, for a reloaded window; they arrive as events
    /// → `Done`.
    Replay {
        /// The last one seen.
        after_seq: u64,
    },
}

/// The answer to a [`JobRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum JobResponse {
    /// Every job: running, then waiting in order, then ended, newest first.
    List(Vec<JobInfo>),
    /// The job that was made.
    Submitted(JobId),
    /// A metric over time.
    Series {
        /// Of which job.
        job: JobId,
        /// Which metric.
        name: String,
        /// Its points, in order of `step`.
        points: Vec<MetricPoint>,
    },
    /// Lines of `events.jsonl`.
    Lines {
        /// Of which job.
        job: JobId,
        /// The lines.
        lines: Vec<JobLine>,
    },
    /// The end of `worker.log`.
    Log {
        /// Of which job.
        job: JobId,
        /// The text.
        text: String,
    },
}

/// A point of a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// Optimiser step or episode.
    pub step: u64,
    /// The number.
    pub value: f64,
}
