//! What a job means for the rest of the application.

use std::path::PathBuf;

use lore_core::{DataDir, ModelId};
use lore_protocol::{JobSpec, MachineSpeed, Topic, Work};

use crate::{files, names};

/// What is stale once the job has ended.
pub(crate) fn topics(spec: &JobSpec) -> Vec<Topic> {
    let mut topics = match &spec.work {
        // Data sets of games are worlds.
        Work::Import(_) => vec![Topic::Datasets, Topic::Worlds],
        Work::Collect(_) => vec![Topic::Datasets],
        Work::BuildBank(_) => vec![Topic::Banks],
        Work::Train(_) => vec![Topic::Adapters],
        Work::Evaluate(_) | Work::Branch(_) | Work::Report(_) => vec![Topic::Experiments],
        Work::FetchModel(_) => vec![Topic::Models, Topic::Settings],
        Work::InstallWorld(_) => vec![Topic::Worlds],
        Work::Export(_)
        | Work::Measure(_)
        | Work::ExportTrajectories(_)
        | Work::CompareRetrieval(_)
        | Work::Agreement(_)
        | Work::BackUp(_)
        | Work::MoveData(_)
        | Work::CheckModels => Vec::new(),
        Work::Restore(_) => vec![
            Topic::Datasets,
            Topic::Banks,
            Topic::Models,
            Topic::Experiments,
            Topic::Adapters,
            Topic::Worlds,
            Topic::Settings,
            Topic::Marks,
        ],
    };
    // Whatever it was, it may have taken room.
    topics.push(Topic::Storage);
    if spec.experiment.is_some() && !topics.contains(&Topic::Experiments) {
        topics.push(Topic::Experiments);
    }
    topics
}

/// Where a model's measured speed stands.
fn speed_path(dir: &DataDir, model: &ModelId) -> PathBuf {
    dir.root().join(format!("speed-{model}.json"))
}

/// The model whose speed the work shows.
fn model_of(work: &Work) -> Option<&ModelId> {
    match work {
        Work::Train(work) => Some(&work.model),
        Work::Evaluate(work) => Some(&work.model),
        Work::Branch(work) => Some(&work.play.model),
        Work::Measure(work) => Some(&work.model),
        _ => None,
    }
}

/// Keeps what a job measured, for estimates.
pub(crate) fn keep_speed(dir: &DataDir, work: &Work, speed: MachineSpeed) {
    if let Some(model) = model_of(work) {
        keep_speed_of(dir, model, speed);
    }
}

/// Keeps how fast this machine runs a model.
pub(crate) fn keep_speed_of(dir: &DataDir, model: &ModelId, speed: MachineSpeed) {
    let sensible = [
        speed.prefill_tokens_per_sec,
        speed.decode_tokens_per_sec,
        speed.train_tokens_per_sec,
    ]
    .iter()
    .all(|value| value.is_finite() && *value > 0.0);
    if !sensible || names::check("a model", model.as_str()).is_err() {
        log::warn!("a measurement of {model:?} makes no sense: {speed:?}");
        return;
    }
    if let Err(error) = files::write_json(&speed_path(dir, model), &speed) {
        log::warn!("{error:?}");
    }
}

/// How fast this machine was seen to run a model.
pub(crate) fn known_speed(dir: &DataDir, model: &ModelId) -> Option<MachineSpeed> {
    files::read_json(&speed_path(dir, model)).ok()
}
