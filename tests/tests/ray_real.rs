//! A real Ray, the real worker, the sample experiment's training: the same bytes as on this computer.
//!
//! `cargo xtask ray` starts Ray and runs this. Needs its address in `LOREKEEPER_TEST_RAY` (and what opens it in
//! `LOREKEEPER_TEST_RAY_TOKEN`), the starter models in `LOREKEEPER_TEST_MODELS` and a built `lore_worker`
//! (`LOREKEEPER_TEST_RAY_WORKER` says where one small enough for Ray is); says so and passes without them.
#![cfg(unix)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use lore_core::{
    AdapterId, Cluster, ClusterId, ExperimentId, ExperimentSpec, JobId, Preset, Secret,
};
use lore_protocol::{
    ClusterRequest, ClusterResponse, Elsewhere, ExperimentRequest, ExperimentResponse, JobEvent,
    JobInfo, JobRequest, JobState, Request, Response, Settings,
};
use lore_tests::{Stage, real_worker};

/// Training on a busy machine is slow.
const PATIENCE: Duration = Duration::from_mins(30);

#[expect(
    clippy::print_stderr,
    reason = "a test that checks nothing must say so"
)]
fn stage() -> Option<(Stage, String)> {
    let Ok(address) = std::env::var("LOREKEEPER_TEST_RAY") else {
        eprintln!("skipped: LOREKEEPER_TEST_RAY is not set");
        return None;
    };
    let (built, models) = real_worker()?;
    let worker = std::env::var_os("LOREKEEPER_TEST_RAY_WORKER").map_or(built, PathBuf::from);
    let mut stage = Stage::with_models(&worker, Some(models));
    // An example that is being learned is learned to its end, which on a busy machine takes long.
    stage.set(Settings {
        stop_grace_secs: 600,
        ..Settings::default()
    });
    for job in stage.jobs() {
        ended(&mut stage, &job.spec.id);
    }
    Some((stage, address))
}

fn ended(stage: &mut Stage, id: &JobId) -> JobInfo {
    stage.wait_within(id, PATIENCE, |job| !job.state.is_active())
}

fn lab(address: &str) -> Cluster {
    Cluster {
        name: "Lab".into(),
        address: address.into(),
        ..Cluster::default()
    }
}

/// Starts the sample experiment with one arm that learns; its training's name.
fn start(stage: &mut Stage, id: &str, cluster: Option<&str>) -> JobId {
    let mut spec = ExperimentSpec {
        id: id.into(),
        cluster: cluster.map(ClusterId::from),
        ..ExperimentSpec::preset(Preset::Smoke)
    };
    spec.arms.retain(|arm| arm.id == "lora");
    let spec = Box::new(spec);
    let started = stage.ask(Request::Experiment(ExperimentRequest::Start { spec }));
    let id = ExperimentId::from(id);
    let expected = Response::Experiment(ExperimentResponse::Started(id.clone()));
    assert_eq!(started, Ok(expected));
    JobId(format!("{id}.train-lora-seed2025"))
}

fn stop(stage: &mut Stage, id: &str) {
    let request = ExperimentRequest::Stop { id: id.into() };
    stage.ask(Request::Experiment(request)).expect("stops");
}

fn adapter(stage: &Stage, experiment: &str) -> Vec<u8> {
    let id = AdapterId(format!("{experiment}-lora-seed2025"));
    let path = stage.dir().adapter(&id).join("adapter_model.safetensors");
    std::fs::read(path).expect("an adapter")
}

fn save(stage: &mut Stage, cluster: Cluster, token: Option<&Secret>) {
    let token = token.cloned();
    let saved = stage.ask(Request::Cluster(ClusterRequest::Save { cluster, token }));
    assert_eq!(saved, Ok(Response::Done));
}

/// Trains on this computer.
fn train_here(stage: &mut Stage) -> JobId {
    let here = start(stage, "here", None);
    let job = ended(stage, &here);
    assert_eq!(job.state.label(), "done", "{job:#?}");
    stop(stage, "here");
    here
}

/// Trains on one worker of the cluster: followed live, stopped, resumed, and found again by another application.
#[expect(clippy::print_stderr, reason = "figures for those who ran it")]
fn train_there(mut stage: Stage, lab: Cluster, token: Option<&Secret>) -> (Stage, JobId) {
    save(&mut stage, lab.clone(), token);
    let there = start(&mut stage, "there", Some("lab"));
    stage.wait_within(&there, PATIENCE, |job| {
        job.elsewhere == Some(Elsewhere::Working) && !job.metrics.is_empty()
    });
    stage.job_done(JobRequest::Stop { job: there.clone() });
    let job = ended(&mut stage, &there);
    assert_eq!(job.state, JobState::Cancelled { resumable: true });
    let before = stage.losses(&there).len();
    eprintln!("followed live, and stopped after {before} steps");
    stage.job_done(JobRequest::Resume { job: there.clone() });
    // It outlives the application, too.
    stage.wait_within(&there, PATIENCE, |job| {
        job.elsewhere == Some(Elsewhere::Working)
    });
    let mut stage = stage.reopen();
    // Tokens are asked for again.
    let id = "lab".into();
    save(&mut stage, Cluster { id, ..lab }, token);
    let job = ended(&mut stage, &there);
    assert_eq!(job.state.label(), "done", "{job:#?}");
    stop(&mut stage, "there");
    (stage, there)
}

/// Trains on two workers of the cluster, each with a core.
fn train_shared(stage: &mut Stage, lab: Cluster, token: Option<&Secret>) -> JobId {
    let shared = Cluster {
        id: "lab".into(),
        workers: 2,
        cores: 1,
        ..lab
    };
    save(stage, shared, token);
    let shared = start(stage, "shared", Some("lab"));
    let job = ended(stage, &shared);
    assert_eq!(job.state.label(), "done", "{job:#?}");
    let together = |event: &JobEvent| match event {
        JobEvent::Message { text, .. } => text == "2 workers are computing",
        _ => false,
    };
    let journal = stage.journal(&shared);
    assert!(
        journal.iter().any(|line| together(&line.event)),
        "{journal:#?}"
    );
    stop(stage, "shared");
    shared
}

#[test]
#[expect(clippy::print_stderr, reason = "figures for those who ran it")]
fn the_sample_s_training_on_ray_ends_with_the_bytes_of_the_one_here() {
    let Some((mut stage, address)) = stage() else {
        return;
    };
    let token = std::env::var("LOREKEEPER_TEST_RAY_TOKEN").ok();
    let token = token.map(Secret::new);
    let tried = stage.ask(Request::Cluster(ClusterRequest::Try {
        cluster: lab(&address),
        token: token.clone(),
    }));
    let Ok(Response::Cluster(ClusterResponse::Tried { ray_version })) = tried else {
        panic!("Ray is not ready: {tried:?}");
    };
    eprintln!("Ray {ray_version} at {address} sees the data folder");

    let began = Instant::now();
    let here = train_here(&mut stage);
    eprintln!("trained here in {} s", began.elapsed().as_secs());
    let began = Instant::now();
    let (mut stage, there) = train_there(stage, lab(&address), token.as_ref());
    let took = began.elapsed().as_secs();
    eprintln!("resumed, found again, done after {took} s");
    let began = Instant::now();
    let shared = train_shared(&mut stage, lab(&address), token.as_ref());
    let took = began.elapsed().as_secs();
    eprintln!("trained by two workers in {took} s");

    let bytes = adapter(&stage, "here");
    for (job, experiment) in [(&there, "there"), (&shared, "shared")] {
        assert_eq!(stage.losses(&here), stage.losses(job));
        assert!(bytes == adapter(&stage, experiment), "the adapters differ");
    }
    eprintln!("all adapters are the same {} bytes", bytes.len());
}
