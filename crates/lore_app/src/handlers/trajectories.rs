//! Trajectories, wherever they stand.

use std::path::Path;

use anyhow::Result;
use lore_core::{
    ExperienceId, MemoryUse, ModelId, Page, RetrievalConfig, Trajectory, TrajectoryFilter,
    TrajectoryId, TrajectoryRow,
};
use lore_protocol::{
    Answer, ApiError, EvaluateWork, ExportTrajectoriesWork, Mark, Question, Response, Source,
    Topic, TrajectoryRequest, TrajectoryResponse, Work,
};

use super::{banks, datasets, experiments, exports, jobs, play_on, what_if};
use crate::core::Core;
use crate::supervisor::JobRecord;

/// Answers.
pub(super) fn handle(core: &Core, request: TrajectoryRequest) -> Result<Response> {
    let response = match request {
        TrajectoryRequest::Rows {
            source,
            filter,
            offset,
            limit,
        } => {
            let limit = datasets::capped(limit);
            TrajectoryResponse::Rows(rows(core, &source, &filter, offset, limit)?)
        }
        TrajectoryRequest::Get { source, id } => {
            TrajectoryResponse::One(Box::new(get(core, &source, &id)?.0))
        }
        TrajectoryRequest::Paint { source, id, model } => paint(core, &source, &id, model)?,
        TrajectoryRequest::WhatIf {
            source,
            id,
            step,
            change,
        } => {
            let likely = what_if::likely(core, &source, &id, step as usize, &change)?;
            TrajectoryResponse::Likely(likely)
        }
        TrajectoryRequest::PlayOn { source, origin } => {
            TrajectoryResponse::Job(play_on::start(core, source, *origin)?)
        }
        TrajectoryRequest::Branches { id } => {
            TrajectoryResponse::Branches(play_on::branches(core, &id)?)
        }
        TrajectoryRequest::Marks => TrajectoryResponse::Marks(core.marks.all()?),
        TrajectoryRequest::Mark { mark } => marked(core, core.marks.put(*mark)?),
        TrajectoryRequest::Unmark { source, id } => marked(core, core.marks.remove(&source, &id)?),
        TrajectoryRequest::Export { source, form, path } => {
            exports::check_file(core, Path::new(&path))?;
            let work = ExportTrajectoriesWork { source, form, path };
            let title = format!("Export episodes as {}", form.label());
            let job = core.submit(&title, |_| Ok(Work::ExportTrajectories(work)))?;
            TrajectoryResponse::Job(job)
        }
    };
    Ok(Response::Trajectory(response))
}

/// Other pages and windows hear of a change.
fn marked(core: &Core, marks: Vec<Mark>) -> TrajectoryResponse {
    core.hub.stale(Topic::Marks);
    TrajectoryResponse::Marks(marks)
}

fn rows(
    core: &Core,
    source: &Source,
    filter: &TrajectoryFilter,
    offset: u64,
    limit: u64,
) -> Result<Page<TrajectoryRow>> {
    match source {
        Source::Dataset { id } => datasets::open(core, id)?.page(filter, offset, limit),
        Source::Bank { id } => banks::trajectory_rows(core, id, filter, offset, limit),
        Source::Run { job, .. } => {
            rows_of_runs(core, &[core.jobs.get(job)?], filter, offset, limit)
        }
        Source::Experiment { id } => {
            let runs = experiments::jobs(core, &experiments::read(core, id)?)?;
            rows_of_runs(core, &runs, filter, offset, limit)
        }
    }
}

/// The rows of several runs, one after the other.
fn rows_of_runs(
    core: &Core,
    runs: &[JobRecord],
    filter: &TrajectoryFilter,
    offset: u64,
    limit: u64,
) -> Result<Page<TrajectoryRow>> {
    let mut all = Page {
        total: 0,
        offset,
        rows: Vec::new(),
    };
    let mut in_run = filter.clone();
    in_run.arms.clear();
    for (run, work) in played(runs) {
        if !is_wanted(&filter.arms, work) {
            continue;
        }
        let from = offset.saturating_sub(all.total);
        let room = limit - all.rows.len() as u64;
        let page = core.played.page(run, work, &in_run, from, room)?;
        all.total += page.total;
        all.rows
            .extend(page.rows.into_iter().map(|row| TrajectoryRow {
                job: Some(run.id().clone()),
                source: work.arm.name.clone(),
                seed: Some(work.seed),
                ..row
            }));
    }
    Ok(all)
}

/// The jobs that play, with what they play.
fn played(jobs: &[JobRecord]) -> impl Iterator<Item = (&JobRecord, &EvaluateWork)> {
    jobs.iter().filter_map(|job| match &job.info.spec.work {
        Work::Evaluate(work) => Some((job, work)),
        Work::Branch(work) => Some((job, &work.play)),
        _ => None,
    })
}

fn is_wanted(arms: &[String], work: &EvaluateWork) -> bool {
    arms.is_empty() || arms.contains(&work.arm.id) || arms.contains(&work.arm.name)
}

/// A trajectory, and how it was played: by the run that played it, else by its own record.
pub(super) fn get(
    core: &Core,
    source: &Source,
    id: &TrajectoryId,
) -> Result<(Trajectory, Option<EvaluateWork>)> {
    let runs = match source {
        Source::Dataset { id: dataset } => {
            return Ok(by_record(datasets::open(core, dataset)?.get(id)?));
        }
        Source::Bank { id: bank } => {
            let id = ExperienceId(id.0.clone());
            return Ok(by_record(banks::get(core, bank, &id)?.trajectory));
        }
        Source::Run { job, .. } => vec![core.jobs.get(job)?],
        Source::Experiment { id } => experiments::jobs(core, &experiments::read(core, id)?)?,
    };
    played(&runs)
        .find_map(|(run, work)| {
            let found = core.played.get(run, work, id).transpose()?;
            Some(found.map(|trajectory| (trajectory, Some(work.clone()))))
        })
        .unwrap_or_else(|| {
            Err(ApiError::not_found("This episode is gone; it may have been played again").into())
        })
}

/// A trajectory that stands apart from the run that played it.
fn by_record(trajectory: Trajectory) -> (Trajectory, Option<EvaluateWork>) {
    let played = EvaluateWork::of_episode(&trajectory);
    (trajectory, played)
}

/// The episode as tokens, as training with the memories it was played with would see it.
fn paint(
    core: &Core,
    source: &Source,
    id: &TrajectoryId,
    model: ModelId,
) -> Result<TrajectoryResponse> {
    jobs::needs_model(core, &model)?;
    let (trajectory, run) = get(core, source, id)?;
    let used = trajectory.trace.as_ref().map(|trace| &trace.memories[..]);
    let memories = match &run {
        Some(run) => memories(core, run, used.unwrap_or_default()),
        None => Vec::new(),
    };
    let retrieval = run
        .as_ref()
        .map_or_else(RetrievalConfig::default, |run| run.retrieval.clone());
    let max_tokens = run.map_or(4096, |run| run.agent.max_prompt_tokens);
    let answer = core.interactive.ask(Question::Paint {
        model,
        trajectory: Box::new(trajectory),
        memories,
        retrieval,
        max_tokens,
    })?;
    match answer {
        Answer::Painted(painted) => Ok(TrajectoryResponse::Painted(painted)),
        _ => Err(ApiError::new("The model gave no usable answer; try again").into()),
    }
}

/// The memories of an episode, as far as the bank still has them.
fn memories(core: &Core, run: &EvaluateWork, used: &[MemoryUse]) -> Vec<Trajectory> {
    let Some(bank) = &run.bank else {
        return Vec::new();
    };
    used.iter()
        .filter_map(|memory| banks::get(core, bank, &memory.experience).ok())
        .map(|experience| experience.trajectory)
        .collect()
}
