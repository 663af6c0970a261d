//! Settings, and the state of the application.

use anyhow::Result;
use lore_core::{ExperimentId, ExperimentSpec, ModelId, ModelKind, Preset};
use lore_protocol::{Response, SettingsRequest, SettingsResponse, Status, Topic};

use super::experiments;
use crate::core::Core;
use crate::machine;

/// Answers.
pub(super) fn handle(core: &Core, request: SettingsRequest) -> Result<Response> {
    let response = match request {
        SettingsRequest::Get => SettingsResponse::Settings(core.settings.get()),
        SettingsRequest::Set { settings } => {
            let settings = core.settings.set(settings)?;
            core.hub.stale(Topic::Settings);
            SettingsResponse::Settings(settings)
        }
        SettingsRequest::Status => SettingsResponse::Status(Box::new(status(core)?)),
    };
    Ok(Response::Settings(response))
}

fn status(core: &Core) -> Result<Status> {
    let jobs = core.jobs.list()?;
    let memory = machine::memory();
    let models = core.models();
    let usual = ExperimentSpec::default();
    let has = |id: &ModelId, kind: ModelKind| {
        models
            .iter()
            .any(|model| model.id == *id && model.kind == kind && model.problem.is_empty())
    };
    let sample = sample(core);
    Ok(Status {
        version: core.code_version.clone(),
        data_dir: core.dir.root().to_string_lossy().into_owned(),
        free_bytes: machine::free_bytes(core.dir.root()).unwrap_or_default(),
        memory_bytes: memory.total,
        available_memory_bytes: memory.available,
        num_cores: machine::cores(),
        automatic_threads: machine::worker_threads(0),
        has_language_model: has(&usual.model, ModelKind::Language),
        has_embedder: models
            .iter()
            .any(|model| model.kind == ModelKind::Embedder && model.problem.is_empty()),
        sample,
        num_active_jobs: jobs.iter().filter(|job| job.info.state.is_active()).count(),
        warnings: core.warnings.all(),
    })
}

/// The first quick look that was started.
fn sample(core: &Core) -> Option<ExperimentId> {
    experiments::specs(core)
        .into_iter()
        .filter(|spec| spec.preset == Preset::Smoke)
        .min_by_key(|spec| spec.created_ms)
        .map(|spec| spec.id)
}
