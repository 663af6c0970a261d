//! Experience banks.

use serde::{Deserialize, Serialize};

use lore_core::{
    BankId, BankInfo, DatasetId, Experience, ExperienceId, ExperienceRow, Hit, JobId, MapPoint,
    ModelId, Page, Query, TrajectoryFilter,
};

/// A question about banks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BankRequest {
    /// Every bank → [`BankResponse::List`].
    List,
    /// Builds a bank from data sets, or adds them to one → [`BankResponse::Job`].
    Build {
        /// The bank; made when it does not exist.
        bank: BankId,
        /// The name for people.
        name: String,
        /// What goes in.
        datasets: Vec<DatasetId>,
        /// Which embedder makes the keys.
        embedder: ModelId,
    },
    /// A part of a bank → [`BankResponse::Rows`].
    Rows {
        /// Which bank.
        bank: BankId,
        /// Which rows match.
        filter: TrajectoryFilter,
        /// The first row.
        offset: u64,
        /// How many rows.
        limit: u64,
    },
    /// One experience → [`BankResponse::One`].
    Get {
        /// Which bank.
        bank: BankId,
        /// Which experience.
        id: ExperienceId,
    },
    /// What would be retrieved → [`BankResponse::Hits`].
    Ask {
        /// Which bank.
        bank: BankId,
        /// For what.
        query: Query,
    },
    /// Every experience as a point in the plane → [`BankResponse::Map`].
    Map {
        /// Which bank.
        bank: BankId,
    },
    /// Pins or unpins → `Done`.
    Pin {
        /// Which bank.
        bank: BankId,
        /// Which experience.
        id: ExperienceId,
        /// Pinned from now on.
        pinned: bool,
    },
    /// Allows or forbids retrieval → `Done`.
    NeverUse {
        /// Which bank.
        bank: BankId,
        /// Which experience.
        id: ExperienceId,
        /// Never retrieved from now on.
        never_use: bool,
    },
    /// Takes experiences out → `Done`.
    Remove {
        /// Which bank.
        bank: BankId,
        /// Which experiences.
        ids: Vec<ExperienceId>,
    },
    /// Deletes a bank; its data sets stay, so it can be built again → `Done`.
    Delete {
        /// Which bank.
        bank: BankId,
    },
}

/// The answer to a [`BankRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BankResponse {
    /// Every bank.
    List(Vec<BankInfo>),
    /// A part of a bank.
    Rows(Page<ExperienceRow>),
    /// One experience.
    One(Box<Experience>),
    /// What would be retrieved, best first.
    Hits {
        /// For what.
        query: Query,
        /// What.
        hits: Vec<Hit>,
        /// Seconds it took, embedding included.
        secs: f64,
    },
    /// The map.
    Map {
        /// Of which bank.
        bank: BankId,
        /// The points; at most ten thousand.
        points: Vec<MapPoint>,
    },
    /// The job that was started.
    Job(JobId),
}
