//! Jobs: long work in processes of its own.

use serde::{Deserialize, Serialize};

use lore_core::{
    AdapterId, AgentConfig, Arm, BankAtTest, BankId, BankKeys, ClusterId, ColumnMap, DatasetId,
    ExperimentId, ExportForm, GradientCertificate, GridSpec, JobId, ModelId, RetrievalConfig,
    TaskPlan, TrainConfig, Trial, TrialPlan, WorldSpec,
};

use crate::{
    AgreementWork, ApiError, BackUpWork, BranchWork, Elsewhere, ExportFormat, InstallWork,
    ModelSource, MoveWork, Progress, RestoreWork, Source,
};

/// Everything a worker needs to do a job, and to do it again (`job.json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobSpec {
    /// [`crate::PROTOCOL_VERSION`] of the program that wrote it.
    pub version: u32,
    /// Its name on disk.
    pub id: JobId,
    /// Its name for people.
    pub title: String,
    /// The experiment it belongs to.
    pub experiment: Option<ExperimentId>,
    /// What is to be done.
    pub work: Work,
    /// The cluster that does it, if not this computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterId>,
    /// Jobs that must have finished before this one starts.
    #[serde(default)]
    pub after: Vec<JobId>,
    /// What it needs for itself while it runs.
    pub resources: Vec<Resource>,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// The program that made it.
    pub code_version: String,
    /// Processor threads.
    pub threads: usize,
    /// Further workers that compute for the one that does it, of the same cluster; only a training has any.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub assistants: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Something only one running job may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// The processor, for work that keeps all of it busy.
    Cpu,
    /// Writing to the bank.
    BankWrite,
    /// The network.
    Network,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Brings a file in as a data set.
    Import(ImportWork),
    /// Gets a model.
    FetchModel(FetchWork),
    /// Installs a Java world.
    InstallWorld(InstallWork),
    /// Has an expert play.
    Collect(CollectWork),
    /// Builds or extends a bank.
    BuildBank(BankWork),
    /// Trains an adapter.
    Train(TrainWork),
    /// Plays test tasks with one arm and one seed.
    Evaluate(EvaluateWork),
    /// Plays an episode on from one of its steps with something changed.
    Branch(Box<BranchWork>),
    /// Pools the runs of an experiment into results, figures and a report.
    Report(ReportWork),
    /// Writes an adapter for others.
    Export(ExportWork),
    /// Measures how fast this machine runs a model, for estimates.
    Measure(MeasureWork),
    /// Writes trajectories for other programs.
    ExportTrajectories(ExportTrajectoriesWork),
    /// Compares ways of retrieval on a bank, without a language model.
    CompareRetrieval(CompareRetrievalWork),
    /// Asks in every step of recorded episodes what an agent would have done.
    Agreement(AgreementWork),
    /// Writes everything that is kept into one file.
    BackUp(BackUpWork),
    /// Adds what such a file holds and is not here.
    Restore(RestoreWork),
    /// Copies the data folder to where it is used from the next start on.
    MoveData(MoveWork),
    /// Reads models through and compares their hashes.
    CheckModels,
}

impl JobSpec {
    /// True when several workers compute for it.
    pub fn is_shared_out(&self) -> bool {
        self.assistants > 0 && matches!(self.work, Work::Train(_))
    }

    /// The work, done by `cluster` or by this computer, which then has less to do at the same time.
    #[must_use]
    pub fn done_by(mut self, cluster: Option<&ClusterId>) -> Self {
        self.cluster = cluster
            .filter(|_| self.work.can_be_done_elsewhere())
            .cloned();
        if self.cluster.is_some() {
            self.resources.clear();
        }
        self
    }
}

impl Work {
    /// The word shown to people.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Import(_) => "import",
            Self::FetchModel(_) => "get model",
            Self::InstallWorld(_) => "install world",
            Self::Collect(_) => "collect episodes",
            Self::BuildBank(_) => "build bank",
            Self::Train(_) => "train",
            Self::Evaluate(_) => "play test tasks",
            Self::Branch(_) => "play on",
            Self::Report(_) => "report",
            Self::Export(_) => "export",
            Self::Measure(_) => "measure speed",
            Self::ExportTrajectories(_) => "export episodes",
            Self::CompareRetrieval(_) => "compare retrieval",
            Self::Agreement(_) => "compare actions",
            Self::BackUp(_) => "back up",
            Self::Restore(_) => "restore",
            Self::MoveData(_) => "move data",
            Self::CheckModels => "check models",
        }
    }

    /// The model on a server that the work is done with, if it is.
    pub fn served_model(&self) -> Option<&ModelId> {
        let model = match self {
            Self::Evaluate(work) => &work.model,
            Self::Branch(work) => &work.play.model,
            _ => return None,
        };
        Some(model).filter(|model| model.is_served())
    }

    /// True when it needs nothing but the data folder, so that another computer which sees that can do it.
    pub fn can_be_done_elsewhere(&self) -> bool {
        match self {
            Self::Train(work) => {
                let trials = work.trials.as_ref();
                trials.is_none_or(|trials| trials.world.is_in_the_data_folder())
            }
            // No other computer is given the key of a server.
            Self::Evaluate(work) => {
                self.served_model().is_none() && work.world.is_in_the_data_folder()
            }
            _ => false,
        }
    }

    /// What the work needs for itself.
    pub fn resources(&self) -> Vec<Resource> {
        match self {
            Self::Import(_)
            | Self::Report(_)
            | Self::Export(_)
            | Self::ExportTrajectories(_)
            | Self::CheckModels => Vec::new(),
            // A bank must not be written while it is copied.
            Self::BackUp(_) | Self::Restore(_) | Self::MoveData(_) => vec![Resource::BankWrite],
            Self::FetchModel(_) | Self::InstallWorld(_) => vec![Resource::Network],
            // The server does the work.
            Self::Evaluate(_) | Self::Branch(_) if self.served_model().is_some() => {
                vec![Resource::Network]
            }
            Self::Collect(_)
            | Self::Train(_)
            | Self::Evaluate(_)
            | Self::Branch(_)
            | Self::Measure(_)
            | Self::CompareRetrieval(_)
            | Self::Agreement(_) => vec![Resource::Cpu],
            Self::BuildBank(_) => vec![Resource::Cpu, Resource::BankWrite],
        }
    }
}

/// See [`Work::Import`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportWork {
    /// The file or folder; never changed.
    pub path: String,
    /// The data set to make.
    pub dataset: DatasetId,
    /// Its name for people.
    pub name: String,
    /// What the columns of a table mean, if somebody chose.
    #[serde(default)]
    pub columns: Option<ColumnMap>,
}

/// See [`Work::FetchModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FetchWork {
    /// From where.
    pub source: ModelSource,
}

/// See [`Work::Collect`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollectWork {
    /// Whose training tasks.
    pub world: WorldSpec,
    /// Task types that training must not see; kept with the data set.
    pub unseen_types: Vec<String>,
    /// Episodes per task type.
    pub per_type: usize,
    /// The seed that picks the tasks.
    pub seed: u64,
    /// Actions before an episode is cut off.
    pub max_steps: usize,
    /// The data set to make.
    pub dataset: DatasetId,
    /// Its name for people.
    pub name: String,
}

/// See [`Work::BuildBank`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BankWork {
    /// The bank; made when it does not exist.
    pub bank: BankId,
    /// Its name for people.
    pub name: String,
    /// What goes in.
    pub datasets: Vec<DatasetId>,
    /// Which embedder makes the keys.
    pub embedder: ModelId,
    /// Keys beside those of the task and the whole trajectory; a bank that exists keeps its own.
    #[serde(default)]
    pub keys: BankKeys,
}

/// See [`Work::Train`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainWork {
    /// The adapter to make.
    pub adapter: AdapterId,
    /// Its name for people.
    pub name: String,
    /// The base model.
    pub model: ModelId,
    /// The recipe.
    pub config: TrainConfig,
    /// The trajectories; only successes of the seen types are trained on.
    pub dataset: DatasetId,
    /// Task types that must not be trained on, nor stand in the memories.
    pub unseen_types: Vec<String>,
    /// The bank memories come from; needed when the recipe retrieves.
    pub bank: Option<BankId>,
    /// How the adapter is tried on the way, if at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Trials>,
}

/// How a training tries its adapter on tasks of the seen types that it does not learn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trials {
    /// How often, and on how many tasks.
    pub plan: TrialPlan,
    /// Whose tasks.
    pub world: WorldSpec,
    /// How they are played.
    pub agent: AgentConfig,
}

/// See [`Work::Evaluate`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluateWork {
    /// The arm.
    pub arm: Arm,
    /// The seed.
    pub seed: u64,
    /// The model that plays, here or on a server.
    pub model: ModelId,
    /// The adapter, for arms that have one.
    pub adapter: Option<AdapterId>,
    /// The bank, for arms that retrieve.
    pub bank: Option<BankId>,
    /// Retrieval, for arms that retrieve.
    pub retrieval: RetrievalConfig,
    /// What of the bank serves a test episode.
    pub bank_at_test: BankAtTest,
    /// How episodes are played.
    pub agent: AgentConfig,
    /// Whose test tasks.
    pub world: WorldSpec,
    /// Task types that training never saw.
    pub unseen_types: Vec<String>,
    /// How many tasks.
    pub tasks: TaskPlan,
}

/// See [`Work::Report`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportWork {
    /// Which experiment.
    pub experiment: ExperimentId,
}

/// See [`Work::Export`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportWork {
    /// Which adapter.
    pub adapter: AdapterId,
    /// In which form.
    pub format: ExportFormat,
    /// The folder to make.
    pub destination: String,
}

/// See [`Work::Measure`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureWork {
    /// Which model.
    pub model: ModelId,
}

/// See [`Work::ExportTrajectories`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportTrajectoriesWork {
    /// Where they stand.
    pub source: Source,
    /// In which form.
    pub form: ExportForm,
    /// The file to make.
    pub path: String,
}

/// See [`Work::CompareRetrieval`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompareRetrievalWork {
    /// Which bank.
    pub bank: BankId,
    /// What is compared.
    pub grid: GridSpec,
}

/// A job as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobInfo {
    /// What it was asked to do.
    pub spec: JobSpec,
    /// Where it stands.
    pub state: JobState,
    /// How far it is.
    pub progress: Option<Progress>,
    /// When it last began, in milliseconds since 1970.
    pub started_ms: Option<u64>,
    /// When it ended.
    pub ended_ms: Option<u64>,
    /// The last line.
    pub last_seq: u64,
    /// Names of its metrics, in alphabetical order.
    pub metrics: Vec<String>,
    /// The proof that every LoRA matrix learned, for trainings.
    pub certificate: Option<GradientCertificate>,
    /// How the adapter did on the way, for trainings that try it.
    #[serde(default)]
    pub trials: Vec<Trial>,
    /// True when it can go on from a checkpoint.
    pub has_checkpoint: bool,
    /// How it stands on the other computer that does it, while one does.
    #[serde(default)]
    pub elsewhere: Option<Elsewhere>,
}

impl JobInfo {
    /// Takes in a trial; one that a resumed training told before is replaced.
    pub fn note_trial(&mut self, trial: &Trial) {
        let place = self
            .trials
            .binary_search_by_key(&trial.step, |known| known.step);
        match place {
            Ok(place) => self.trials[place] = trial.clone(),
            Err(place) => self.trials.insert(place, trial.clone()),
        }
    }
}

/// Where a job stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Waiting for its turn.
    #[default]
    Queued,
    /// At work.
    Running,
    /// Asked to stop; saving.
    Stopping,
    /// Done.
    Finished {
        /// One sentence about what came out.
        summary: String,
    },
    /// Stopped as asked.
    Cancelled {
        /// True when Resume goes on from a checkpoint.
        resumable: bool,
    },
    /// It could not be done.
    Failed {
        /// Why. [`crate::ErrorCode::WorkerCrashed`] when the process ended without a last word.
        error: ApiError,
    },
}

impl JobState {
    /// True while the job waits or works.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Stopping)
    }

    /// The word shown to people.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Queued => "waiting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Finished { .. } => "done",
            Self::Cancelled { .. } => "stopped",
            Self::Failed { error } if error.code == crate::ErrorCode::WorkerCrashed => "crashed",
            Self::Failed { .. } => "failed",
        }
    }
}
