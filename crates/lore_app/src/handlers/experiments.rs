//! Experiments and what came of them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use lore_core::{ExperimentId, ExperimentResults, ExperimentSpec, JobId, RunSummary};
use lore_protocol::{
    ApiError, ExperimentInfo, ExperimentRequest, ExperimentResponse, ExperimentState, Response,
    Topic, Work, plan,
};

use super::clusters;
use crate::core::Core;
use crate::mentions::Noun;
use crate::supervisor::JobRecord;
use crate::{estimates, files, names};

/// The kind's folder in the trash.
const KIND: &str = "experiments";

/// The longest name: those of its jobs, bank and adapters are made from it and must fit as well.
const MAX_NAME: usize = 60;

/// Answers.
pub(super) fn handle(core: &Core, request: ExperimentRequest) -> Result<Response> {
    let response = match request {
        ExperimentRequest::List => ExperimentResponse::List(list(core)?),
        ExperimentRequest::Get { id } => {
            let spec = read(core, &id)?;
            ExperimentResponse::One(Box::new(info(core, spec)?))
        }
        ExperimentRequest::Estimate { spec } => {
            ExperimentResponse::Estimate(estimates::estimate(core, &spec))
        }
        ExperimentRequest::Start { spec } => ExperimentResponse::Started(start(core, *spec)?),
        ExperimentRequest::Results { id } => results(core, &id)?,
        ExperimentRequest::Extend { spec } => {
            extend(core, *spec)?;
            return Ok(done(core));
        }
        ExperimentRequest::Stop { id } => {
            stop(core, &id)?;
            return Ok(done(core));
        }
        ExperimentRequest::Resume { id } => {
            resume(core, &id)?;
            return Ok(done(core));
        }
        ExperimentRequest::Delete { id } => {
            delete(core, &id)?;
            return Ok(done(core));
        }
        ExperimentRequest::Restore { id } => {
            Noun::Experiment.check(id.as_str())?;
            let folder = core.dir.experiment(&id);
            core.trash().take_back(KIND, id.as_str(), &folder)?;
            core.jobs.learn(&id)?;
            return Ok(done(core));
        }
    };
    Ok(Response::Experiment(response))
}

fn done(core: &Core) -> Response {
    core.hub.stale(Topic::Experiments);
    Response::Done
}

/// Every readable specification.
pub(super) fn specs(core: &Core) -> Vec<ExperimentSpec> {
    files::subfolders(&core.dir.experiments())
        .iter()
        .filter_map(|folder| {
            let id = folder.file_name()?.to_str()?.into();
            match read(core, &id) {
                Ok(spec) => Some(spec),
                // The program was killed before it had written down what is to be done.
                Err(_) if files::remove_unborn(&folder.join("experiment.json")) => None,
                Err(error) => {
                    log::warn!("{error:?}");
                    core.warnings.add(format!(
                        "The experiment in {} is damaged and is not shown. Its files were left \
                         alone.",
                        folder.display()
                    ));
                    None
                }
            }
        })
        .collect()
}

fn list(core: &Core) -> Result<Vec<ExperimentInfo>> {
    let mut list = specs(core)
        .into_iter()
        .map(|spec| info(core, spec))
        .collect::<Result<Vec<_>>>()?;
    list.sort_by(|a, b| {
        let key = |info: &ExperimentInfo| (info.spec.created_ms, info.spec.id.clone());
        key(b).cmp(&key(a))
    });
    Ok(list)
}

/// Reads `experiment.json`.
pub(super) fn read(core: &Core, id: &ExperimentId) -> Result<ExperimentSpec> {
    Noun::Experiment.check(id.as_str())?;
    let folder = core.dir.experiment(id);
    if !folder.is_dir() {
        return Err(ApiError::not_found(format!("The experiment {id:?} is gone")).into());
    }
    let mut spec: ExperimentSpec = files::read_json(&folder.join("experiment.json"))?;
    spec.id = id.clone();
    Ok(spec)
}

/// The jobs of an experiment in the order of its plan.
pub(super) fn jobs(core: &Core, spec: &ExperimentSpec) -> Result<Vec<JobRecord>> {
    let plan = plan::plan(spec, &core.plan_context());
    let places: BTreeMap<&JobId, usize> = plan
        .iter()
        .enumerate()
        .map(|(place, job)| (&job.id, place))
        .collect();
    let mut jobs = core.jobs.of_experiment(&spec.id)?;
    jobs.sort_by_key(|job| places.get(job.id()).copied().unwrap_or(usize::MAX));
    Ok(jobs)
}

fn info(core: &Core, spec: ExperimentSpec) -> Result<ExperimentInfo> {
    let jobs = jobs(core, &spec)?;
    let num_finished = jobs.iter().filter(|job| job.is_finished()).count();
    let state = if jobs.iter().any(|job| job.info.state.is_active()) {
        ExperimentState::Running
    } else if num_finished == jobs.len() && !jobs.is_empty() {
        ExperimentState::Finished
    } else {
        ExperimentState::Interrupted
    };
    let is_running = state == ExperimentState::Running;
    let now = core.clock.now_ms();
    Ok(ExperimentInfo {
        state,
        num_finished,
        num_episodes: jobs.iter().map(|job| job.episodes.len()).sum(),
        secs_spent: jobs.iter().map(|job| job.millis_spent(now)).sum::<u64>() as f64 / 1000.0,
        secs_left: is_running.then(|| estimates::secs_left(core, &spec, &jobs)),
        jobs: jobs.into_iter().map(|job| job.info.spec.id).collect(),
        spec,
    })
}

fn start(core: &Core, mut spec: ExperimentSpec) -> Result<ExperimentId> {
    clusters::check(core, spec.cluster.as_ref())?;
    if let Some(obstacle) = estimates::obstacles(core, &spec).into_iter().next() {
        return Err(obstacle.into());
    }
    core.while_naming(|| {
        spec.id = free_id(core, &spec)?;
        spec.created_ms = core.clock.now_ms();
        let folder = core.dir.experiment(&spec.id);
        files::write_json(&folder.join("experiment.json"), &spec)?;
        let jobs = plan::plan(&spec, &core.plan_context());
        if let Err(error) = core.jobs.submit(jobs) {
            // Nothing was started, so nothing may be left.
            std::fs::remove_dir_all(&folder).ok();
            return Err(error);
        }
        core.hub.stale(Topic::Experiments);
        Ok(spec.id)
    })
}

/// Adds arms and seeds. What was played stays, and the report is written again behind what is new.
fn extend(core: &Core, mut spec: ExperimentSpec) -> Result<()> {
    let old = read(core, &spec.id)?;
    spec.created_ms = old.created_ms;
    if !grows_only(&old, &spec) {
        return Err(ApiError::new(
            "Only arms and seeds can be added to an experiment; start another one to change more",
        )
        .into());
    }
    if let Some(obstacle) = estimates::obstacles(core, &spec).into_iter().next() {
        return Err(obstacle.into());
    }
    let known = core.jobs.of_experiment(&spec.id)?;
    let known = known.iter().map(|job| job.id().clone()).collect();
    let jobs = plan::missing(&spec, &core.plan_context(), &known);
    if jobs.is_empty() {
        return Err(ApiError::new("The experiment has all of these arms and seeds already").into());
    }
    let path = core.dir.experiment(&spec.id).join("experiment.json");
    files::write_json(&path, &spec)?;
    if let Err(error) = core.jobs.submit(jobs) {
        files::write_json(&path, &old)?;
        return Err(error);
    }
    Ok(())
}

/// True when `new` is `old` with all of its arms and seeds, and perhaps more of them.
fn grows_only(old: &ExperimentSpec, new: &ExperimentSpec) -> bool {
    let keeps_all = old.arms.iter().all(|arm| new.arms.contains(arm))
        && old.seeds.iter().all(|seed| new.seeds.contains(seed));
    let same = ExperimentSpec {
        arms: old.arms.clone(),
        seeds: old.seeds.clone(),
        ..new.clone()
    };
    keeps_all && same == *old
}

/// The name that was asked for, or one made from the title. Names of deleted experiments stay taken
/// as long as they can come back, and so do those whose data sets are still there.
fn free_id(core: &Core, spec: &ExperimentSpec) -> Result<ExperimentId> {
    let is_taken = |name: &str| {
        let id = ExperimentId::from(name);
        let mut like = spec.clone();
        like.id = id.clone();
        core.dir.experiment(&id).exists()
            || core.dir.trash().join(KIND).join(name).exists()
            || core.dir.dataset(&plan::dataset_of(&like)).exists()
    };
    let wish = spec.id.as_str();
    if wish.is_empty() {
        let name = names::free(&names::slug(&spec.name), "experiment", is_taken);
        return Ok(ExperimentId(name));
    }
    Noun::Experiment.check(wish)?;
    if wish.len() > MAX_NAME {
        let sentence = format!("{wish:?} is too long a name; use at most {MAX_NAME} letters");
        return Err(ApiError::new(sentence).into());
    }
    if is_taken(wish) {
        let sentence = format!("There is an experiment {wish:?} already; choose another name");
        return Err(ApiError::precondition(sentence).into());
    }
    Ok(spec.id.clone())
}

fn stop(core: &Core, id: &ExperimentId) -> Result<()> {
    let spec = read(core, id)?;
    // From the end: stopping a job first would fail those that wait for it.
    for job in jobs(core, &spec)?.iter().rev() {
        if job.info.state.is_active() {
            core.jobs.stop(job.id())?;
        }
    }
    Ok(())
}

fn resume(core: &Core, id: &ExperimentId) -> Result<()> {
    let spec = read(core, id)?;
    for job in jobs(core, &spec)? {
        // Resuming one job resumes those that waited for it, so each is looked at again.
        let job = core.jobs.get(job.id())?;
        if !job.info.state.is_active() && !job.is_finished() {
            core.jobs.resume(job.id())?;
        }
    }
    // Of an experiment that came from elsewhere, jobs may be missing whose work is to be done anew here.
    let known = core.jobs.of_experiment(id)?;
    let known = known.iter().map(|job| job.id().clone()).collect();
    let missing = plan::missing(&spec, &core.plan_context(), &known);
    if missing.is_empty() {
        return Ok(());
    }
    core.jobs.submit(missing)
}

fn delete(core: &Core, id: &ExperimentId) -> Result<()> {
    Noun::Experiment.check(id.as_str())?;
    let jobs = core.jobs.of_experiment(id)?;
    if jobs.iter().any(|job| job.info.state.is_active()) {
        return Err(ApiError::precondition(
            "The experiment is running; stop it first, then delete it",
        )
        .into());
    }
    core.trash()
        .put(KIND, id.as_str(), &core.dir.experiment(id))?;
    core.jobs.forget(id)
}

/// The report's numbers, or those of the runs that are finished so far.
fn results(core: &Core, id: &ExperimentId) -> Result<ExperimentResponse> {
    let spec = read(core, id)?;
    let folder = core.dir.experiment(id);
    let runs = summaries(&jobs(core, &spec)?);
    let reported = files::read_json::<ExperimentResults>(&folder.join("results.json")).ok();
    // A run that finished after the report was written is not in it.
    let reported = reported.filter(|results| results.runs == runs);
    let results = reported.unwrap_or_else(|| ExperimentResults::from_runs(&spec, runs));
    Ok(ExperimentResponse::Results {
        results: Box::new(results),
        files: report_files(&folder).context("Could not list the report's files")?,
    })
}

/// The finished runs' test results, in the order of the plan.
fn summaries(jobs: &[JobRecord]) -> Vec<RunSummary> {
    jobs.iter()
        .filter(|job| matches!(job.info.spec.work, Work::Evaluate(_)))
        .filter_map(|job| files::read_json(&job.folder.join("summary.json")).ok())
        .collect()
}

/// Figures, tables and report: name and path.
fn report_files(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for place in [folder.to_owned(), folder.join("figures")] {
        if !place.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&place)? {
            let path = entry?.path();
            let kind = path.extension().and_then(|kind| kind.to_str());
            let name = path.file_name().and_then(|name| name.to_str());
            if let (Some("html" | "csv" | "tex" | "svg" | "png"), Some(name)) = (kind, name)
                && !name.starts_with('.')
            {
                found.push((name.to_owned(), path.to_string_lossy().into_owned()));
            }
        }
    }
    found.sort();
    Ok(found)
}
