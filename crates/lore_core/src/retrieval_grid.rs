//! Ways of retrieval compared without a language model: does the retrieved set hold what would help?

use serde::{Deserialize, Serialize};

use crate::{KeyKind, OutcomeFilter, QuestionKind, SearchKind};

/// The file in the job's folder that holds what a comparison found.
pub const GRID_FILE: &str = "grid.json";

/// What is compared: every combination of these choices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GridSpec {
    /// Keys; those that the bank does not have are left out.
    pub keys: Vec<KeyKind>,
    /// Questions; those about an episode are asked in its middle.
    pub questions: Vec<QuestionKind>,
    /// Searches.
    pub searches: Vec<SearchKind>,
    /// Outcomes.
    pub outcomes: Vec<OutcomeFilter>,
    /// Diversities in per cent.
    pub diversities: Vec<u8>,
    /// Numbers of memories.
    pub ks: Vec<usize>,
    /// Experiences of the bank that are asked about, evenly spread; each is asked about as if it were
    /// not there.
    pub num_probes: usize,
}

impl Default for GridSpec {
    fn default() -> Self {
        Self {
            keys: KeyKind::ALL.to_vec(),
            questions: vec![QuestionKind::Task, QuestionKind::SoFar],
            searches: SearchKind::ALL.to_vec(),
            outcomes: vec![OutcomeFilter::All, OutcomeFilter::Successes],
            diversities: vec![0],
            ks: vec![1, 2, 4],
            num_probes: 100,
        }
    }
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RetrievalGrid {
    /// The bank.
    pub bank: String,
    /// Its version.
    pub version: u64,
    /// Experiences that were asked about.
    pub num_probes: u64,
    /// One for each combination.
    pub cells: Vec<GridCell>,
}

/// One combination of choices and how it did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GridCell {
    /// What of an experience was compared.
    pub key: KeyKind,
    /// What was asked with.
    pub question: QuestionKind,
    /// How it was searched.
    pub search: SearchKind,
    /// Which outcomes were allowed.
    pub outcome: OutcomeFilter,
    /// Diversity in per cent.
    pub diversity: u8,
    /// Memories.
    pub k: usize,
    /// How it did.
    pub score: GridScore,
}

/// How a way of retrieval did, each the mean over the probes. An experience is relevant when it is a
/// success of the same task type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GridScore {
    /// Share of probes with a relevant experience among the retrieved.
    pub success_of_type: f64,
    /// Share of probes with a success among the retrieved that is about the same thing: its goal shares
    /// a word that not most goals of its type have.
    pub same_object: f64,
    /// Reciprocal rank of the first relevant experience, 0 when there is none.
    pub reciprocal_rank: f64,
    /// Relevant experiences among the retrieved, of those that K could hold.
    pub recall: f64,
    /// Tokens that the retrieved would cost, estimated.
    pub num_tokens: f64,
}
