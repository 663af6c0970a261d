//! The nouns of learning from experience, and the four traits every engine meets at.
//!
//! [`Task`], [`Trajectory`], [`Experience`], [`Adapter`] and the specifications of what to do with
//! them ([`TrainConfig`], [`RetrievalConfig`], [`ExperimentSpec`]) are plain data. The traits
//! [`Environment`], [`LanguageModel`], [`Embedder`] and [`Retriever`] live below the crates that
//! implement them and the crates that use them, so that neither sees the other.
//!
//! **Invariant:** no file system, clock, thread or model here; the crate compiles to wasm32.

mod adapter;
mod address;
mod agreement;
mod arm;
mod bank;
mod branch;
mod cluster;
mod dataset;
mod dial;
mod embedder;
mod environment;
mod experiment;
mod hash;
mod id;
mod kept;
mod language_model;
mod layout;
mod memory_mix;
mod message;
mod mix;
mod model;
mod page;
mod painted;
pub mod prompt;
mod results;
mod retrieval;
mod retrieval_grid;
mod secret;
mod selection;
mod served_model;
mod size;
pub mod stats;
mod task;
mod task_types;
#[cfg(feature = "testing")]
pub mod testing;
mod training;
mod trajectory;
mod trial;
mod watch;
mod world;

pub use adapter::{Adapter, AdapterOrigin, GradientCertificate, LoraConfig, TargetModule};
pub use address::Address;
pub use agreement::{
    AGREEMENT_FILE, Agreement, AgreementLead, LeftOut, TrajectoryAgreement, same_action,
};
pub use arm::{Arm, Variation};
pub use bank::{BankInfo, BankKeys, ExperienceRow, MapPoint, RemovalPreview};
pub use branch::{BranchOrigin, Change, PlaySetup};
pub use cluster::Cluster;
pub use dataset::{
    ColumnMap, ColumnRole, DatasetInfo, DatasetKind, DatasetStats, ExportForm, FormatGuess,
    ImportReport, ItemPreview, Labels, LengthCount, RejectedRow, SplitLeak, TypeCount,
};
pub use dial::{Dial, DialPoint};
pub use embedder::{EmbedKind, Embedder, dot};
pub use environment::{Environment, EpisodeEnd, StepOutcome};
pub use experiment::{
    ActionMode, AgentConfig, BankAtTest, ExperimentSpec, Preset, SplitKind, TaskPlan, UNSEEN_TYPES,
};
pub use hash::{content_hash, short_hash};
pub use id::{
    AdapterId, BankId, ClusterId, DatasetId, ExperienceId, ExperimentId, JobId, ModelId, TaskId,
    TrajectoryId,
};
pub use kept::{Kept, KeptThing};
pub use language_model::{
    Choice, ChoiceRequest, Completion, FinishReason, GenerateRequest, LanguageModel, Sampling,
    ScoredAction,
};
pub use layout::DataDir;
pub use memory_mix::{MemoryCount, MemoryMix};
pub use message::{Message, Role};
pub use mix::mix;
pub use model::{ModelInfo, ModelKind};
pub use page::{Page, TrajectoryFilter, TrajectoryRow};
pub use painted::{MaskedToken, PaintedExample};
pub use results::{
    ArmSummary, EpisodeSummary, ExperimentResults, PairedComparison, Proportion, RunSummary,
};
pub use retrieval::{
    Experience, Filter, Hit, LeakGuard, MemoryUse, OutcomeFilter, Query, RetrievalConfig,
    RetrievalMode, Retriever,
};
pub use retrieval_grid::{GRID_FILE, GridCell, GridScore, GridSpec, RetrievalGrid};
pub use secret::Secret;
pub use selection::{
    DropReason, DroppedExperience, Explanation, KeyKind, QuestionKind, SearchKind, Selection,
};
pub use served_model::{Prices, ServedModel};
pub use size::{size_in_words, three_digits};
pub use task::{Split, Task};
pub use task_types::{SCIENCEWORLD_TYPES, TEXTWORLD_EXPRESS_TYPES};
pub use training::{BaseForm, MomentFormat, Schedule, TrainConfig};
pub use trajectory::{EpisodeTrace, Step, StepMemory, StepTrace, Trajectory};
pub use trial::{Trial, TrialPlan};
pub use watch::{StopToken, Watcher};
pub use world::{JavaWorld, ServerProtocol, ServerSpec, WorldSpec};
