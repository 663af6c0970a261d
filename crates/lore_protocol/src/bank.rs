//! Experience banks.

use serde::{Deserialize, Serialize};

use lore_core::{
    BankId, BankInfo, BankKeys, DatasetId, Experience, ExperienceId, ExperienceRow, Explanation,
    GridSpec, Hit, JobId, MapPoint, ModelId, Page, Query, RemovalPreview, RetrievalGrid,
    TrajectoryFilter,
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
        /// Keys beside those of the task and the whole trajectory; a bank that exists keeps its own.
        #[serde(default)]
        keys: BankKeys,
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
    /// What would be retrieved, what would not, and why → [`BankResponse::Explained`].
    Explain {
        /// Which bank.
        bank: BankId,
        /// For what.
        query: Query,
        /// The largest memory block in tokens; 0 means no limit.
        token_budget: usize,
    },
    /// Compares ways of retrieval without a language model → [`BankResponse::Job`].
    Compare {
        /// Which bank.
        bank: BankId,
        /// What is compared.
        grid: GridSpec,
    },
    /// What a comparison found → [`BankResponse::Compared`].
    Compared {
        /// The job that compared.
        job: JobId,
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
    /// Notes something short on an experience, or takes the note away → `Done`.
    SetLesson {
        /// Which bank.
        bank: BankId,
        /// Which experience.
        id: ExperienceId,
        /// The note; empty for none.
        lesson: String,
    },
    /// What taking experiences out would change → [`BankResponse::RemovalPreview`].
    PreviewRemoval {
        /// Which bank.
        bank: BankId,
        /// Which experiences.
        ids: Vec<ExperienceId>,
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
    /// What would be retrieved, what would not, and why.
    Explained {
        /// For what.
        query: Query,
        /// Why.
        explanation: Explanation,
        /// Seconds it took, embedding included.
        secs: f64,
    },
    /// What a comparison found.
    Compared(RetrievalGrid),
    /// What taking experiences out would change.
    RemovalPreview(RemovalPreview),
    /// The job that was started.
    Job(JobId),
}
