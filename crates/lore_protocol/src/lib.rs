//! What the interface, the core and the workers say to each other.
//!
//! * Interface ⇄ core: [`Request`], [`Response`], [`Incoming`], through a [`Backend`].
//! * Core ⇄ worker: [`JobSpec`] in, [`JobEvent`] lines out, [`Control`] lines in; for interactive
//!   work [`Question`] in, [`Answer`] out.
//!
//! The wire is JSON text made and read by `serde_json` on both ends. Enums are closed and nested by
//! domain, so that a match that forgets a case does not compile.
//!
//! **Invariant:** no file system, clock, thread or window here; the crate compiles to wasm32.

mod agreement;
mod backend;
mod bank;
mod branch;
mod cluster;
mod dataset;
mod error;
mod estimate;
mod experiment;
mod export;
mod export_format;
mod job;
mod job_event;
mod job_request;
mod model;
pub mod plan;
mod request;
mod settings;
mod shell;
mod storage;
mod support;
mod talk;
mod trajectory;
mod worker;
mod world;

pub use agreement::{AgreementWork, estimate_agreement};
pub use backend::{Backend, Call, Incoming, RequestId};
pub use bank::{BankRequest, BankResponse};
pub use branch::{BranchInfo, BranchWork};
pub use cluster::{ClusterInfo, ClusterRequest, ClusterResponse, Elsewhere, NO_FOLDER};
pub use dataset::{DatasetRequest, DatasetResponse, TaskRow};
pub use error::{ApiError, ErrorCode, ResultExt};
pub use estimate::{
    Estimate, EstimatePart, MachineSpeed, estimate_episode, estimate_experiment, estimate_training,
    estimate_training_memory, num_training_steps, tokens_of_memories, tokens_per_pass,
};
pub use experiment::{ExperimentInfo, ExperimentRequest, ExperimentResponse, ExperimentState};
pub use export::{ExportOption, ExportRequest, ExportResponse, ExportedFile};
pub use export_format::{Carried, ExportFormat};
pub use job::{
    BankWork, CollectWork, CompareRetrievalWork, EvaluateWork, ExportTrajectoriesWork, ExportWork,
    FetchWork, ImportWork, JobInfo, JobSpec, JobState, MeasureWork, ReportWork, Resource,
    TrainWork, Trials, Work,
};
pub use job_event::{JobEvent, JobLine, Level, Progress};
pub use job_request::{JobRequest, JobResponse, MetricPoint};
pub use model::{
    KeyPlace, ModelRequest, ModelResponse, ModelSource, ServedInfo, ServedTrial, StarterModel,
};
pub use request::{Event, PROTOCOL_VERSION, Request, Response, Topic};
pub use settings::{
    Device, Language, Settings, SettingsRequest, SettingsResponse, Status, Theme, WindowKind,
};
pub use shell::{BACKUP_ENDING, FileKind, ShellEvent, ShellRequest, ShellResponse, Updates};
pub use storage::{
    BackUpWork, BackupInfo, BackupKind, DataPlace, KindUsage, MOVED_FILE, MoveWork, Moved,
    MovedFile, RestoreWork, StorageRequest, StorageResponse, Usage,
};
pub use support::{
    Check, Finding, FindingState, LogFilter, LogLine, LogSource, ReportFile, SupportRequest,
    SupportResponse,
};
pub use talk::{Door, EndpointLine, EndpointState, Said, Speaker, TalkRequest, TalkResponse, Turn};
pub use trajectory::{Mark, Source, TrajectoryRequest, TrajectoryResponse};
pub use worker::{
    Answer, Control, Question, WorkerReply, WorkerRequest, WorldAnswer, WorldQuestion,
};
pub use world::{GameView, InstallWork, JavaSource, WorldInfo, WorldRequest, WorldResponse};
