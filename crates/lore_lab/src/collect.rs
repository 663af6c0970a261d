//! Having an expert play: the scripted one, or the gold paths of a world that has them.

use anyhow::{Result, ensure};

use lore_core::{Split, Task, Trajectory, Watcher as _};
use lore_env::{NumTasks, World, select_tasks};
use lore_protocol::CollectWork;

use crate::import::{made_before, new_dataset};
use crate::{Job, Outcome};

/// Plays the chosen training tasks of every type and keeps the episodes as a data set.
pub(crate) fn run(job: &mut Job<'_>, work: &CollectWork) -> Result<Outcome> {
    if let Some(info) = made_before(job, &work.dataset) {
        return Ok(summary(info.num_successes, info.num_items));
    }
    let world = lore_env::open_world(&work.world, job.data)?;
    let tasks = training_tasks(world.as_ref(), work)?;
    let mut trajectories = Vec::with_capacity(tasks.len());
    for task in &tasks {
        if job.stop.is_stopped() {
            return Ok(Outcome::Stopped { resumable: false });
        }
        let done = trajectories.len() as u64;
        job.relay
            .progress("Play", done, tasks.len() as u64, "episodes");
        trajectories.push(world.demonstrate(&task.id, work.max_steps)?);
    }
    job.relay
        .progress("Save", tasks.len() as u64, tasks.len() as u64, "episodes");
    keep(job, work, trajectories)
}

/// The same number of training tasks of every type, seen and unseen: the bank needs both.
fn training_tasks(world: &dyn World, work: &CollectWork) -> Result<Vec<Task>> {
    let count = NumTasks::PerType(work.per_type);
    let tasks = select_tasks(world, Split::Train, &[], count, work.seed);
    ensure!(
        !tasks.is_empty(),
        "There is nothing to play: the games have no training part, or none was asked for."
    );
    Ok(tasks)
}

fn keep(job: &Job<'_>, work: &CollectWork, trajectories: Vec<Trajectory>) -> Result<Outcome> {
    let target = new_dataset(
        job,
        &work.dataset,
        &work.name,
        "an expert".to_owned(),
        Some(work.unseen_types.clone()),
    );
    let info = lore_data::write_dataset(&target, trajectories.into_iter().map(Ok))?;
    Ok(summary(info.num_successes, info.num_items))
}

fn summary(num_successes: u64, num_items: u64) -> Outcome {
    Outcome::finished(format!(
        "The expert reached the goal in {num_successes} of {num_items} episodes."
    ))
}
