//! Playing test tasks with one arm and one seed.

mod episode_log;
mod player;
mod record;
mod served;
mod summary;

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use lore_agent::Played;
use lore_core::{
    DataDir, EpisodeEnd, Prices, RunSummary, Split, SplitKind, Trajectory, Watcher as _,
};
use lore_env::{NumTasks, World, select_tasks};
use lore_protocol::{EvaluateWork, JobEvent};

use crate::files::write_json;
use crate::{Job, Outcome, served_model};
pub(crate) use episode_log::EpisodeLog;
pub(crate) use player::Player;
use record::Record;
pub(crate) use served::served;
pub(crate) use summary::{TestTask, summarise};

/// Plays every test task that is not on disk yet, then writes `summary.json`.
pub(crate) fn run(job: &mut Job<'_>, work: &EvaluateWork) -> Result<Outcome> {
    job.relay.progress("Load the model", 0, 0, "steps");
    let world = lore_env::open_world(&work.world, job.data)?;
    let tasks = test_tasks(world.as_ref(), work)?;
    let (data, options, stop) = (job.data, job.options, job.stop);
    let max_steps = work.agent.max_steps;
    let mut notes = Vec::new();
    let record = play_all(job, &tasks, max_steps, &mut |tests, watch| {
        let mut player = Player::load(data, options, work, stop)?;
        let finished = player.play(world.as_ref(), tests, watch, stop)?;
        notes = player.notes();
        Ok(finished)
    })?;
    for note in notes {
        job.relay.warn(note);
    }
    let Some(record) = record else {
        return Ok(Outcome::Stopped { resumable: true });
    };
    let summary = RunSummary {
        job: job.spec.id.clone(),
        arm: work.arm.clone(),
        seed: work.seed,
        episodes: record.summaries(),
        prices: prices(data, work)?,
    };
    write_json(&job.folder().join("summary.json"), &summary)?;
    Ok(Outcome::finished(format!(
        "{} reached the goal in {} of {} test tasks.",
        work.arm.name,
        record.num_successes(),
        tasks.len()
    )))
}

/// What the model's tokens cost, where they do.
fn prices(data: &DataDir, work: &EvaluateWork) -> Result<Option<Prices>> {
    if !work.model.is_served() {
        return Ok(None);
    }
    Ok(served_model::info(data, &work.model)?.prices)
}

/// Is told how the play goes.
type Watch<'a> = dyn FnMut(Played) -> Result<()> + 'a;

/// Plays tasks; false when a stop was asked for before all had ended.
type PlayTasks<'a> = dyn FnMut(&[&TestTask], &mut Watch<'_>) -> Result<bool> + 'a;

/// Plays the tasks that `trajectories.jsonl` does not hold yet, saving each episode as it ends.
/// `None` when a stop was asked for.
///
/// Progress is counted in steps: episodes are played side by side, so for a long time none has ended.
/// One that has counts for all the steps it might have taken.
fn play_all<'a>(
    job: &mut Job<'_>,
    tasks: &'a [TestTask],
    max_steps: usize,
    play: &mut PlayTasks<'_>,
) -> Result<Option<Record<'a>>> {
    let path = job.folder().join("trajectories.jsonl");
    let (mut log, played) = EpisodeLog::open(&path, &mut |text| job.relay.warn(text))?;
    let mut record = Record::new(tasks, played);
    let steps_of = |num_episodes: u64| num_episodes * max_steps as u64;
    let total = steps_of(tasks.len() as u64);
    let left: Vec<&TestTask> = tasks
        .iter()
        .filter(|test| record.find(test).is_none())
        .collect();
    // Nothing is loaded when every episode is there already.
    if !left.is_empty() {
        job.relay
            .progress("Play", steps_of(record.num_played()), total, "steps");
        let finished = play(&left, &mut |played| {
            let num_open = match played {
                Played::Round { num_steps } => num_steps as u64,
                Played::Episode(trajectory) => {
                    log.append(&trajectory)?;
                    tell(job, &mut record, tasks, *trajectory);
                    return Ok(());
                }
            };
            let done = steps_of(record.num_played()) + num_open;
            job.relay.progress("Play", done.min(total), total, "steps");
            Ok(())
        })?;
        if !finished {
            return Ok(None);
        }
    }
    job.relay.progress("Play", total, total, "steps");
    Ok(Some(record))
}

/// Keeps an episode and says what it brought.
fn tell<'a>(
    job: &mut Job<'_>,
    record: &mut Record<'a>,
    tasks: &'a [TestTask],
    trajectory: Trajectory,
) {
    let test = tasks.iter().find(|test| test.task.id == trajectory.task.id);
    let told = test.map(|test| (test, summarise(&trajectory, test.split)));
    let broken = (trajectory.end == EpisodeEnd::EnvironmentError).then(|| {
        let last = trajectory.steps.last();
        let reason = last.map_or(&trajectory.initial_observation, |step| &step.observation);
        reason.clone()
    });
    record.add(trajectory);
    let Some((test, episode)) = told else {
        return;
    };
    if let Some(reason) = broken {
        job.relay.warn(format!(
            "The world broke in {:?}; the episode counts as not successful. {reason}",
            test.task.goal
        ));
    }
    job.relay.send(JobEvent::Episode { episode });
    let num_played = record.num_played();
    let rate = record.num_successes() as f64 / num_played as f64;
    job.relay.metric("eval/success_rate", num_played, rate);
}

/// The test tasks of the plan: seen types first. The same plan gives every arm and seed the same tasks.
fn test_tasks(world: &dyn World, work: &EvaluateWork) -> Result<Vec<TestTask>> {
    let plan = &work.tasks;
    let mut tasks = Vec::new();
    for (split, count) in [
        (SplitKind::Seen, plan.seen_test),
        (SplitKind::Unseen, plan.unseen_test),
    ] {
        let types = types_of(world, work, split);
        if types.is_empty() {
            // To the selection, no types would mean all of them.
            continue;
        }
        let count = NumTasks::Total(count);
        let chosen = select_tasks(world, Split::Test, &types, count, plan.seed);
        tasks.extend(chosen.into_iter().map(|task| TestTask { task, split }));
    }
    ensure!(
        !tasks.is_empty(),
        "There are no test tasks: the experiment asks for none, or its games have no test part."
    );
    Ok(tasks)
}

/// The world's task types that training saw, or never saw.
fn types_of(world: &dyn World, work: &EvaluateWork, split: SplitKind) -> Vec<String> {
    let types: BTreeSet<&String> = world.tasks().iter().map(|task| &task.task_type).collect();
    types
        .into_iter()
        .filter(|name| work.unseen_types.contains(name) == (split == SplitKind::Unseen))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabOptions;
    use crate::events::Relay;
    use lore_core::testing::{task, trajectory};
    use lore_core::{JobId, ModelId, StopToken};
    use lore_protocol::{JobSpec, MeasureWork, PROTOCOL_VERSION, Work};

    fn spec() -> JobSpec {
        JobSpec {
            version: PROTOCOL_VERSION,
            id: JobId::from("play"),
            title: String::new(),
            experiment: None,
            work: Work::Measure(MeasureWork {
                model: ModelId::default(),
            }),
            cluster: None,
            after: Vec::new(),
            resources: Vec::new(),
            created_ms: 0,
            code_version: String::new(),
            threads: 1,
            assistants: 0,
        }
    }

    fn tasks() -> Vec<TestTask> {
        let names = ["a", "b", "c", "d"].into_iter();
        names
            .map(|name| TestTask {
                task: task(name),
                split: SplitKind::Unseen,
            })
            .collect()
    }

    /// Plays at most `limit` episodes below `root` and returns how many it played and whether it
    /// came to the end. Every other episode succeeds.
    fn play_some(root: &std::path::Path, limit: usize) -> (usize, Option<usize>) {
        let (spec, data, tasks) = (spec(), DataDir::new(root), tasks());
        let (options, stop) = (LabOptions::default(), StopToken::new());
        let mut num_events = 0;
        let mut sink = |event: JobEvent| {
            num_events += usize::from(matches!(event, JobEvent::Episode { .. }));
        };
        let mut job = Job {
            spec: &spec,
            data: &data,
            options: &options,
            relay: Relay::new(&mut sink),
            stop: &stop,
        };
        let mut num_played = 0;
        let record = play_all(&mut job, &tasks, 1, &mut |tests, watch| {
            for test in tests {
                if num_played == limit {
                    return Ok(false);
                }
                num_played += 1;
                let end = match test.task.id.as_str() {
                    "a" | "c" => EpisodeEnd::Success,
                    _ => EpisodeEnd::Truncated,
                };
                let played = trajectory(test.task.clone(), &[("look", "so")], end);
                watch(Played::Episode(Box::new(played)))?;
            }
            Ok(true)
        })
        .expect("the folder can be written");
        let successes = record.map(|record| record.num_successes());
        assert_eq!(num_events, num_played, "every episode is told once");
        (num_played, successes)
    }

    #[test]
    fn a_run_that_was_killed_ends_like_one_that_was_not() {
        let whole = tempfile::tempdir().unwrap();
        assert_eq!(play_some(whole.path(), 9), (4, Some(2)));
        let log = "jobs/play/trajectories.jsonl";
        let expected = std::fs::read(whole.path().join(log)).unwrap();

        let killed = tempfile::tempdir().unwrap();
        assert_eq!(play_some(killed.path(), 3), (3, None));
        let written = std::fs::read(killed.path().join(log)).unwrap();
        // The third line broke off in the middle.
        std::fs::write(killed.path().join(log), &written[..written.len() - 30]).unwrap();
        assert_eq!(play_some(killed.path(), 9), (2, Some(2)));
        assert_eq!(std::fs::read(killed.path().join(log)).unwrap(), expected);
        assert_eq!(
            play_some(killed.path(), 9),
            (0, Some(2)),
            "nothing is played twice"
        );
    }
}
