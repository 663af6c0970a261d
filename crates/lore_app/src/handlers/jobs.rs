//! Jobs and their queue.

use std::path::Path;

use anyhow::Result;
use lore_core::{AdapterId, ClusterId, DatasetId, JobId, ModelId};
use lore_protocol::{ApiError, ErrorCode, JobLine, JobRequest, JobResponse, Response, Work};

use super::{clusters, datasets, exports, served, storage};
use crate::core::Core;
use crate::mentions::Noun;
use crate::supervisor::{log_path, read_journal};
use crate::{files, names, series};

/// The most of a log that crosses to the window.
const LOG_BYTES: u64 = 64 << 10;

/// The most lines that cross to the window at once.
const MAX_LINES: usize = 10_000;

/// Answers.
pub(super) fn handle(core: &Core, request: JobRequest) -> Result<Response> {
    let response = match request {
        JobRequest::List => {
            let jobs = core.jobs.list()?;
            JobResponse::List(jobs.into_iter().map(|job| job.info).collect())
        }
        JobRequest::Submit {
            work,
            title,
            cluster,
        } => JobResponse::Submitted(submit(core, *work, &title, cluster.as_ref())?),
        JobRequest::Stop { job } => return done(core.jobs.stop(&job)),
        JobRequest::Resume { job } => return done(core.jobs.resume(&job)),
        JobRequest::Move { job, index } => return done(core.jobs.move_to(&job, index)),
        JobRequest::Remove { job } => return done(core.jobs.remove(&job)),
        JobRequest::Replay { after_seq } => {
            core.hub.replay(after_seq);
            return Ok(Response::Done);
        }
        JobRequest::Series { job, name, width } => {
            let record = core.jobs.get(&job)?;
            let points = series::points(&read_journal(&record.folder), &name);
            let points = series::thin(points, width);
            JobResponse::Series { job, name, points }
        }
        JobRequest::Lines {
            job,
            after_seq,
            limit,
        } => {
            let record = core.jobs.get(&job)?;
            let lines = latest(read_journal(&record.folder), after_seq, limit);
            JobResponse::Lines { job, lines }
        }
        JobRequest::Log { job } => {
            let record = core.jobs.get(&job)?;
            let text = files::tail(&log_path(&record.folder), LOG_BYTES);
            JobResponse::Log { job, text }
        }
    };
    Ok(Response::Job(response))
}

fn done(result: Result<()>) -> Result<Response> {
    result.map(|()| Response::Done)
}

fn latest(mut lines: Vec<JobLine>, after_seq: u64, limit: usize) -> Vec<JobLine> {
    lines.retain(|line| line.seq > after_seq);
    let surplus = lines.len().saturating_sub(limit.min(MAX_LINES));
    lines.drain(..surplus);
    lines
}

/// Puts work from a form into the queue; names of things that it makes are found here.
fn submit(core: &Core, work: Work, title: &str, cluster: Option<&ClusterId>) -> Result<JobId> {
    clusters::check(core, cluster)?;
    if cluster.is_some() && !work.can_be_done_elsewhere() {
        return Err(ApiError::new(
            "This needs more than the data folder, so only this computer can do it",
        )
        .into());
    }
    let title = match title.trim() {
        "" => work.label(),
        title => title,
    };
    core.submit_to(cluster, title, |core| {
        let mut work = work;
        complete(core, &mut work)?;
        Ok(work)
    })
}

fn complete(core: &Core, work: &mut Work) -> Result<()> {
    match work {
        Work::Train(train) => {
            needs_model(core, &train.model)?;
            let wish = if train.adapter.as_str().is_empty() {
                &train.name
            } else {
                train.adapter.as_str()
            };
            train.adapter = AdapterId(names::free(&names::slug(wish), "adapter", |name| {
                core.dir.adapters().join(name).exists()
            }));
        }
        Work::Import(import) => {
            import.dataset = free_dataset(core, &import.dataset, &import.name);
        }
        Work::Collect(collect) => {
            collect.dataset = free_dataset(core, &collect.dataset, &collect.name);
        }
        Work::Evaluate(evaluate) => needs_player(core, &evaluate.model)?,
        Work::Branch(branch) => needs_player(core, &branch.play.model)?,
        Work::Measure(measure) => needs_model(core, &measure.model)?,
        Work::BuildBank(build) => needs_model(core, &build.embedder)?,
        Work::Export(export) => exports::check_destination(core, Path::new(&export.destination))?,
        Work::ExportTrajectories(export) => exports::check_file(core, Path::new(&export.path))?,
        Work::Agreement(asking) => {
            needs_model(core, &asking.model)?;
            datasets::open(core, &asking.dataset)?;
            if asking.max_trajectories == 0 {
                return Err(ApiError::new("Choose at least one episode").into());
            }
        }
        Work::BackUp(work) => storage::check_back_up(core, work)?,
        Work::Restore(work) => storage::check_restore(core, work)?,
        Work::MoveData(work) => storage::check_move(core, work)?,
        Work::FetchModel(_)
        | Work::InstallWorld(_)
        | Work::CheckModels
        | Work::Report(_)
        | Work::CompareRetrieval(_) => {}
    }
    Ok(())
}

fn free_dataset(core: &Core, id: &DatasetId, name: &str) -> DatasetId {
    let wish = if id.as_str().is_empty() {
        name
    } else {
        id.as_str()
    };
    datasets::free_id(core, wish)
}

/// A job that cannot find its model would only fail later.
pub(super) fn needs_model(core: &Core, id: &ModelId) -> Result<(), ApiError> {
    if id.is_served() {
        return Err(ApiError::precondition(
            "A model on a server can act in experiments, but not do this; choose a model on this computer",
        ));
    }
    let is_there = core
        .models()
        .iter()
        .any(|model| model.id == *id && model.problem.is_empty());
    if is_there {
        return Ok(());
    }
    Err(ApiError::with_code(
        ErrorCode::ModelMissing,
        format!("The model {id:?} is not on this computer; get it on the Models page"),
    ))
}

/// The same for a model that plays, here or on a server.
pub(super) fn needs_player(core: &Core, id: &ModelId) -> Result<(), ApiError> {
    if !id.is_served() {
        return needs_model(core, id);
    }
    let known = served::all(core).map_err(ApiError::from)?;
    if known.iter().any(|model| model.id == *id) {
        return Ok(());
    }
    Err(ApiError::with_code(
        ErrorCode::ModelMissing,
        format!("The model {id:?} on a server is not known any more; add it on the Models page"),
    ))
}

/// The same for an adapter.
pub(super) fn needs_adapter(core: &Core, id: &AdapterId) -> Result<(), ApiError> {
    Noun::Adapter.check(id.as_str())?;
    if core.dir.adapter(id).join("adapter.json").is_file() {
        return Ok(());
    }
    Err(ApiError::not_found(format!(
        "The adapter {id:?} is not on this computer any more"
    )))
}
