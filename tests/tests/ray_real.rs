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
    ClusterRequest, ClusterResponse, Elsewhere, ExperimentRequest, ExperimentResponse, JobInfo,
    JobRequest, JobState, Request, Response, Settings,
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

#[test]
#[expect(clippy::print_stderr, reason = "figures for those who ran it")]
fn the_sample_s_training_on_ray_ends_with_the_bytes_of_the_one_here() {
    let Some((mut stage, address)) = stage() else {
        return;
    };
    let token = std::env::var("LOREKEEPER_TEST_RAY_TOKEN").ok();
    let token = token.map(Secret::new);
    let known = || (lab(&address), token.clone());
    let (cluster, token) = known();
    let tried = stage.ask(Request::Cluster(ClusterRequest::Try { cluster, token }));
    let Ok(Response::Cluster(ClusterResponse::Tried { ray_version })) = tried else {
        panic!("Ray is not ready: {tried:?}");
    };
    eprintln!("Ray {ray_version} at {address} sees the data folder");
    let (cluster, token) = known();
    let saved = stage.ask(Request::Cluster(ClusterRequest::Save { cluster, token }));
    assert_eq!(saved, Ok(Response::Done));

    let began = Instant::now();
    let here = start(&mut stage, "here", None);
    let job = ended(&mut stage, &here);
    assert_eq!(job.state.label(), "done", "{job:#?}");
    stop(&mut stage, "here");
    eprintln!("trained here after {} s", began.elapsed().as_secs());

    let began = Instant::now();
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
    let cluster = Cluster {
        id: "lab".into(),
        ..lab(&address)
    };
    let (_, token) = known();
    let saved = stage.ask(Request::Cluster(ClusterRequest::Save { cluster, token }));
    assert_eq!(saved, Ok(Response::Done));
    let job = ended(&mut stage, &there);
    assert_eq!(job.state.label(), "done", "{job:#?}");
    stop(&mut stage, "there");
    eprintln!(
        "resumed, found again, done after {} s",
        began.elapsed().as_secs()
    );

    assert_eq!(stage.losses(&here), stage.losses(&there));
    let [here, there] = ["here", "there"].map(|experiment| adapter(&stage, experiment));
    assert!(here == there, "the adapters differ");
    eprintln!("both adapters are the same {} bytes", here.len());
}
