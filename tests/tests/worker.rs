//! The real worker on the real starter models: kills, stops and resumes change no number.
//!
//! Needs `LOREKEEPER_TEST_MODELS`, a folder that holds `smollm2-135m-instruct` and
//! `all-minilm-l6-v2`, and a built `lore_worker`; says so and passes without them.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use lore_core::{AdapterId, DatasetId, JobId, TrainConfig};
use lore_protocol::{
    ErrorCode, JobEvent, JobInfo, JobRequest, JobResponse, JobState, MeasureWork, Request,
    Response, Settings, TrainWork, Work,
};
use lore_tests::{Stage, few_episodes, real_worker};

/// Training on a busy machine is slow.
const PATIENCE: Duration = Duration::from_mins(15);

/// A stage with the starter models in place, or `None` when they are not on this machine.
fn stage() -> Option<Stage> {
    let (worker, models) = real_worker()?;
    let mut stage = Stage::with_models(&worker, Some(models));
    // An example that is being learned is learned to its end, which on a busy machine takes long.
    stage.set(Settings {
        stop_grace_secs: 600,
        ..Settings::default()
    });
    // Models that do not describe themselves are looked at by jobs, which start by themselves.
    for job in stage.jobs() {
        let job = ended(&mut stage, &job.spec.id);
        assert_eq!(job.state.label(), "done", "{job:#?}");
    }
    Some(stage)
}

fn submit(stage: &mut Stage, work: Work, title: &str) -> JobId {
    let (work, title) = (Box::new(work), title.to_owned());
    match stage.ask(Request::Job(JobRequest::Submit {
        work,
        title,
        cluster: None,
    })) {
        Ok(Response::Job(JobResponse::Submitted(id))) => id,
        other => panic!("the job was not taken: {other:?}"),
    }
}

/// Has the expert play a few short games.
fn collect(stage: &mut Stage) -> DatasetId {
    let work = few_episodes();
    let id = submit(stage, Work::Collect(work), "Collect");
    let job = ended(stage, &id);
    assert_eq!(job.state.label(), "done", "{job:#?}");
    "episodes".into()
}

fn training(dataset: &DatasetId, adapter: &str) -> Work {
    Work::Train(TrainWork {
        adapter: adapter.into(),
        name: adapter.to_owned(),
        model: "smollm2-135m-instruct".into(),
        config: TrainConfig {
            max_steps: 4,
            batch_size: 1,
            checkpoint_every: 2,
            max_tokens: 1024,
            learning_rate: 5e-4,
            ..TrainConfig::default()
        },
        dataset: dataset.clone(),
        unseen_types: Vec::new(),
        bank: None,
        trials: None,
    })
}

fn adapter_file(stage: &Stage, adapter: &str) -> PathBuf {
    let folder = stage.dir().adapter(&AdapterId::from(adapter));
    folder.join("adapter_model.safetensors")
}

/// Kills the job's process as the system does when memory runs out.
fn kill(stage: &mut Stage, id: &JobId) {
    let pid = stage
        .journal(id)
        .into_iter()
        .rev()
        .find_map(|line| match line.event {
            JobEvent::Hello { pid, .. } => Some(pid),
            _ => None,
        })
        .expect("it said hello");
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.expect("kill runs").success());
}

fn ended(stage: &mut Stage, id: &JobId) -> JobInfo {
    stage.wait_within(id, PATIENCE, |job| !job.state.is_active())
}

#[test]
#[cfg(unix)]
fn a_killed_training_ends_with_the_numbers_of_one_that_was_not() {
    let Some(mut stage) = stage() else {
        return;
    };
    let dataset = collect(&mut stage);
    let whole = submit(&mut stage, training(&dataset, "whole"), "Train");
    assert_eq!(ended(&mut stage, &whole).state.label(), "done");

    let killed = submit(&mut stage, training(&dataset, "killed"), "Train again");
    stage.wait_within(&killed, PATIENCE, |job| job.has_checkpoint);
    kill(&mut stage, &killed);
    let job = ended(&mut stage, &killed);
    let JobState::Failed { error } = &job.state else {
        panic!("it was killed: {job:#?}");
    };
    assert_eq!(error.code, ErrorCode::WorkerCrashed);
    stage.job_done(JobRequest::Resume {
        job: killed.clone(),
    });
    let job = ended(&mut stage, &killed);
    assert_eq!(job.state.label(), "done", "{job:#?}");

    assert_eq!(stage.losses(&whole), stage.losses(&killed));
    let [whole, killed] = ["whole", "killed"].map(|adapter| adapter_file(&stage, adapter));
    let [whole, killed] = [whole, killed].map(|path| std::fs::read(path).expect("an adapter"));
    assert!(whole == killed, "the adapters differ");
}

#[test]
fn a_training_stops_when_asked_and_the_queue_goes_on_after_a_failure() {
    let Some(mut stage) = stage() else {
        return;
    };
    let dataset = collect(&mut stage);
    let stopped = submit(&mut stage, training(&dataset, "stopped"), "Stop me");
    let broken = submit(&mut stage, training(&"nothing".into(), "broken"), "Fail");
    let measured = submit(
        &mut stage,
        Work::Measure(MeasureWork {
            model: "smollm2-135m-instruct".into(),
        }),
        "Measure",
    );
    stage.wait_within(&stopped, PATIENCE, |job| !job.metrics.is_empty());
    stage.job_done(JobRequest::Stop {
        job: stopped.clone(),
    });
    let job = ended(&mut stage, &stopped);
    assert_eq!(job.state, JobState::Cancelled { resumable: true });
    let job = ended(&mut stage, &broken);
    let JobState::Failed { error } = &job.state else {
        panic!("there is no such data set: {job:#?}");
    };
    assert_ne!(error.code, ErrorCode::WorkerCrashed, "it says why: {error}");
    let job = ended(&mut stage, &measured);
    assert_eq!(job.state.label(), "done", "{job:#?}");
}
