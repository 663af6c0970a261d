//! One job, from its specification to its outcome.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use lore_core::{DataDir, Secret, StopToken};
use lore_protocol::{JobSpec, PROTOCOL_VERSION, Work};

use crate::events::{EventSink, Relay};
use crate::{
    agreement, bank, branch, check_models, collect, compare, episodes, evaluate, export, fetch,
    import, install, keep, measure, report, train,
};

/// What differs from machine to machine and is no part of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabOptions {
    /// Folders that may hold the starter models, in the order they are looked through; each model in a
    /// folder of its own, named by its identifier.
    pub bundled_models: Vec<PathBuf>,
    /// Where models are fetched from, without a slash at the end.
    pub hub_url: String,
    /// The package index that Java worlds are fetched from, without a slash at the end.
    pub index_url: String,
    /// The key for the server of a job whose model is on one.
    pub server_key: Option<Secret>,
    /// Somebody in the cluster that this computer belongs to, so that it knows by which of its addresses the
    /// others reach it.
    pub cluster: Option<SocketAddr>,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self {
            bundled_models: Vec::new(),
            hub_url: "https://huggingface.co".to_owned(),
            index_url: "https://pypi.org".to_owned(),
            server_key: None,
            cluster: None,
        }
    }
}

/// How a job ended, if not with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Finished {
        /// One sentence about what came out.
        summary: String,
    },
    /// Stopped as asked; what was done is kept.
    Stopped {
        /// True when running the same job again goes on from there.
        resumable: bool,
    },
}

impl Outcome {
    pub(crate) fn finished(summary: impl Into<String>) -> Self {
        Self::Finished {
            summary: summary.into(),
        }
    }
}

/// What every kind of work gets.
pub(crate) struct Job<'a> {
    pub(crate) spec: &'a JobSpec,
    pub(crate) data: &'a DataDir,
    pub(crate) options: &'a LabOptions,
    pub(crate) relay: Relay<'a>,
    pub(crate) stop: &'a StopToken,
}

impl Job<'_> {
    /// The job's own folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.data.job(self.spec.experiment.as_ref(), &self.spec.id)
    }
}

/// Does the job. Everything it makes is below `data`; a job that ran before goes on where it stopped.
///
/// # Errors
/// The outermost sentence of the error is for people; an [`lore_protocol::ApiError`] in its chain
/// carries the code.
pub fn run(
    spec: &JobSpec,
    data: &DataDir,
    options: &LabOptions,
    sink: &mut dyn EventSink,
    stop: &StopToken,
) -> Result<Outcome> {
    ensure!(
        spec.version == PROTOCOL_VERSION,
        "This job was written by another version of the program ({} instead of {PROTOCOL_VERSION}). \
         Start it again from its page.",
        spec.version
    );
    let mut job = Job {
        spec,
        data,
        options,
        relay: Relay::new(sink),
        stop,
    };
    let job = &mut job;
    match &spec.work {
        Work::Import(work) => import::run(job, work),
        Work::FetchModel(work) => fetch::run(job, work),
        Work::InstallWorld(work) => install::run(job, work),
        Work::Collect(work) => collect::run(job, work),
        Work::BuildBank(work) => bank::run(job, work),
        Work::Train(work) => train::run(job, work),
        Work::Evaluate(work) => evaluate::run(job, work),
        Work::Branch(work) => branch::run(job, work),
        Work::Report(work) => report::run(job, work),
        Work::Export(work) => export::run(job, work),
        Work::Measure(work) => measure::run(job, work),
        Work::ExportTrajectories(work) => episodes::run(job, work),
        Work::CompareRetrieval(work) => compare::run(job, work),
        Work::Agreement(work) => agreement::run(job, work),
        Work::BackUp(work) => keep::back_up(job, work),
        Work::Restore(work) => keep::restore(job, work),
        Work::MoveData(work) => keep::move_data(job, work),
        Work::CheckModels => check_models::run(job),
    }
}
