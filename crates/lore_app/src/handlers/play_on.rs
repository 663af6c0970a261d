//! Playing an episode on from one of its steps, and finding again what was played on.

use anyhow::Result;
use lore_core::{BranchOrigin, JobId, TrajectoryFilter, TrajectoryId};
use lore_protocol::{ApiError, BranchInfo, BranchWork, Source, Work};

use super::what_if;
use crate::core::Core;
use crate::supervisor::JobRecord;

/// Queues the job that plays on. What can be known to fail is refused at once.
pub(super) fn start(core: &Core, source: Source, origin: BranchOrigin) -> Result<JobId> {
    let step = origin.step as usize;
    let (trajectory, run) = what_if::played(core, &source, &origin.trajectory, step)?;
    what_if::changed_prompt(core, &run, &trajectory, step, &origin.change)?;
    if origin
        .action
        .as_ref()
        .is_some_and(|action| action.trim().is_empty())
    {
        return Err(ApiError::new("The action to begin with is empty").into());
    }
    let title = format!("Play on from step {}: {}", step + 1, trajectory.task.goal);
    let work = BranchWork::new(source, origin, run);
    what_if::needs_players(core, &work.play.model, work.play.adapter.as_ref())?;
    core.submit(&title, |_| Ok(Work::Branch(Box::new(work))))
}

/// What was played on from an episode, newest first; also by jobs that were taken off the list.
pub(super) fn branches(core: &Core, id: &TrajectoryId) -> Result<Vec<BranchInfo>> {
    let mut jobs = core.jobs.all()?;
    jobs.sort_by_key(|job| std::cmp::Reverse(job.info.spec.created_ms));
    let found = jobs.iter().filter_map(|job| match &job.info.spec.work {
        Work::Branch(work) if work.origin.trajectory == *id => branch(core, job, work).transpose(),
        _ => None,
    });
    found.collect()
}

/// What came out of a job, once it has.
fn branch(core: &Core, job: &JobRecord, work: &BranchWork) -> Result<Option<BranchInfo>> {
    let filter = TrajectoryFilter::default();
    let page = core.played.page(job, &work.play, &filter, 0, 1)?;
    Ok(page.rows.into_iter().next().map(|row| BranchInfo {
        job: job.id().clone(),
        trajectory: row.id,
        origin: work.origin.clone(),
        end: row.end,
        num_steps: row.num_steps,
    }))
}
