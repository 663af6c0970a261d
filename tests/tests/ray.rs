//! Jobs on another computer: handed over, followed, stopped, resumed, found again, lost.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lore_core::{Cluster, JobId, Secret};
use lore_protocol::{
    ApiError, ClusterRequest, ClusterResponse, Elsewhere, ErrorCode, JobEvent, JobInfo, JobRequest,
    JobState, Request, Response,
};
use lore_tests::Stage;
use lore_tests::cluster::FakeCluster;
use lore_tests::lab::{self, go, lab, save, submit};

const TOKEN: &str = "sesame-4711";

fn stage(cluster: &FakeCluster) -> Stage {
    lab::stage(cluster, Path::new(env!("CARGO_BIN_EXE_fake_worker")))
}

/// The cluster with its identifier.
fn known(stage: &mut Stage) -> Cluster {
    match stage.ask(Request::Cluster(ClusterRequest::List)) {
        Ok(Response::Cluster(ClusterResponse::List(list))) => list[0].cluster.clone(),
        other => panic!("no list: {other:?}"),
    }
}

fn failure(job: &JobInfo) -> &ApiError {
    match &job.state {
        JobState::Failed { error } => error,
        other => panic!("it must have failed: {other:?}"),
    }
}

/// The journal is one, whatever happened on the way.
fn seqs_are_whole(stage: &mut Stage, id: &JobId) {
    let journal = stage.journal(id);
    let seqs = journal.iter().map(|line| line.seq);
    assert!(seqs.eq(1..=journal.len() as u64), "{journal:#?}");
}

#[test]
fn a_training_is_done_there_and_the_program_is_sent_once() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    for title in ["first", "second"] {
        let id = submit(&mut stage, title);
        let job = stage.wait_for_end(&id);
        assert_eq!(job.state.label(), "done", "{job:#?}");
        assert_eq!(job.metrics, ["train/loss"]);
        assert_eq!(job.elsewhere, None);
        seqs_are_whole(&mut stage, &id);
    }
    let state = cluster.state();
    assert_eq!(state.num_sent, 1);
    let job = &state.handed_over[0];
    assert!(job["entrypoint_num_cpus"].as_u64() >= Some(1));
    let grace = &job["runtime_env"]["env_vars"]["RAY_JOB_STOP_WAIT_TIME_S"];
    assert_eq!(grace, "30", "it has as long to save as here");
}

#[test]
fn jobs_there_do_not_wait_for_each_other_here() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let [first, second] = ["wait", "wait"].map(|title| submit(&mut stage, title));
    for id in [&first, &second] {
        stage.wait(id, |job| job.elsewhere == Some(Elsewhere::Working));
    }
    for id in [&first, &second] {
        go(&stage, id);
        assert_eq!(stage.wait_for_end(id).state.label(), "done");
    }
}

#[test]
fn a_stopped_job_goes_on_where_it_was() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "obey");
    stage.wait(&id, |job| job.has_checkpoint);
    stage.job_done(JobRequest::Stop { job: id.clone() });
    let job = stage.wait_for_end(&id);
    assert_eq!(job.state, JobState::Cancelled { resumable: true });
    stage.job_done(JobRequest::Resume { job: id.clone() });
    let job = stage.wait_for_end(&id);
    assert_eq!(job.state.label(), "done", "{job:#?}");
    seqs_are_whole(&mut stage, &id);
    let names = cluster.state();
    let names = names.handed_over.iter().map(|job| &job["submission_id"]);
    let names: Vec<_> = names.collect();
    assert_ne!(names[0], names[1], "a name is given once");
}

#[test]
fn a_crash_there_is_told_with_the_last_words() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "crash");
    let job = stage.wait_for_end(&id);
    let error = failure(&job);
    assert_eq!(error.code, ErrorCode::WorkerCrashed);
    assert!(error.details.contains("boom: the last words"), "{error:?}");
}

#[test]
fn a_job_outlives_the_application_and_is_found_again() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    stage.wait(&id, |job| job.last_seq == 1);
    let closed = Instant::now();
    let mut stage = stage.reopen();
    assert!(
        closed.elapsed() < Duration::from_secs(5),
        "nothing is waited for"
    );
    let job = stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    assert_eq!(job.state, JobState::Running);
    go(&stage, &id);
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
    let journal = stage.journal(&id);
    assert_eq!(journal.len(), 2, "nothing is told twice: {journal:#?}");
    assert_eq!(cluster.state().handed_over.len(), 1);
}

#[test]
fn a_job_that_ended_while_nobody_looked_is_done() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    let name = id.clone();
    let mut stage = stage.reopen_after(move |dir| {
        let folder = dir.job(None, &name);
        fs::write(folder.join("go"), "").expect("writes");
        let is_over = || {
            let told = fs::read_to_string(folder.join("elsewhere-1.jsonl"));
            told.is_ok_and(|told| told.contains("finished"))
        };
        while !is_over() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
    seqs_are_whole(&mut stage, &id);
}

#[test]
fn a_token_is_asked_for_and_kept_out_of_files() {
    let cluster = FakeCluster::start();
    cluster.state().token = Some(TOKEN);
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    let job = stage.wait_for_end(&id);
    assert!(
        failure(&job).summary.contains("asks for a token"),
        "{job:?}"
    );
    let lab = known(&mut stage);
    save(&mut stage, &lab, Some("wrong"));
    stage.job_done(JobRequest::Resume { job: id.clone() });
    let job = stage.wait_for_end(&id);
    assert!(
        failure(&job).summary.contains("refuses the token"),
        "{job:?}"
    );
    save(&mut stage, &lab, Some(TOKEN));
    stage.job_done(JobRequest::Resume { job: id.clone() });
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    let mut stage = stage.reopen();
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::NeedsToken));
    save(&mut stage, &lab, Some(TOKEN));
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    go(&stage, &id);
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
    no_file_holds(stage.dir().root(), TOKEN);
}

#[track_caller]
fn no_file_holds(folder: &Path, secret: &str) {
    for entry in fs::read_dir(folder).expect("is listed") {
        let path = entry.expect("is listed").path();
        if path.is_dir() {
            no_file_holds(&path, secret);
        } else {
            let text = fs::read(&path).expect("is read");
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(secret), "{} holds it", path.display());
        }
    }
}

#[test]
fn a_cluster_that_was_started_anew_has_lost_its_jobs() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    cluster.forget();
    let job = stage.wait_for_end(&id);
    let error = failure(&job);
    assert!(error.summary.contains("does not know the job"), "{error:?}");
    assert_eq!(error.code, ErrorCode::WorkerCrashed, "Resume is offered");
    go(&stage, &id);
    stage.job_done(JobRequest::Resume { job: id.clone() });
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
    assert_eq!(cluster.state().num_sent, 2, "the program is sent again");
}

#[test]
fn a_cable_that_was_unplugged_costs_nothing() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    cluster.state().is_away = true;
    let job = stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::OutOfReach));
    assert_eq!(job.state, JobState::Running);
    cluster.state().is_away = false;
    go(&stage, &id);
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
}

#[test]
fn what_is_in_the_way_is_told_in_words() {
    let cluster = FakeCluster::start();
    cluster.state().max_package = Some(10);
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "good");
    let job = stage.wait_for_end(&id);
    assert!(failure(&job).summary.contains("larger than"), "{job:?}");
    cluster.state().max_package = None;
    let mut lab = known(&mut stage);
    lab.folder = "/nowhere".into();
    save(&mut stage, &lab, None);
    stage.job_done(JobRequest::Resume { job: id.clone() });
    let job = stage.wait_for_end(&id);
    let words = "does not find the data folder as /nowhere";
    assert!(failure(&job).summary.contains(words), "{job:?}");
    lab.folder = String::new();
    lab.address = "http://127.0.0.1:9".into();
    save(&mut stage, &lab, None);
    stage.job_done(JobRequest::Resume { job: id.clone() });
    let job = stage.wait_for_end(&id);
    let error = failure(&job);
    assert_eq!(error.code, ErrorCode::Offline);
    assert!(error.summary.contains("does not answer"), "{error:?}");
    let remove = Request::Cluster(ClusterRequest::Remove { id: lab.id });
    assert_eq!(stage.ask(remove), Ok(Response::Done));
    stage.job_done(JobRequest::Resume { job: id.clone() });
    let job = stage.wait_for_end(&id);
    assert!(failure(&job).summary.contains("not known here"), "{job:?}");
}

#[test]
fn a_cluster_is_tried_before_it_is_saved() {
    let cluster = FakeCluster::start();
    cluster.state().token = Some(TOKEN);
    let mut stage = Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")));
    let mut attempt = |folder: &str, token: Option<&str>| {
        let cluster = Cluster {
            folder: folder.into(),
            ..lab(&cluster)
        };
        let token = token.map(Secret::from);
        stage.ask(Request::Cluster(ClusterRequest::Try { cluster, token }))
    };
    let refused = attempt("", None).expect_err("has no token");
    assert!(refused.summary.contains("asks for a token"), "{refused}");
    let unseen = attempt("/nowhere", Some(TOKEN)).expect_err("is not there");
    assert!(unseen.summary.contains("/nowhere"), "{unseen}");
    let tried = ClusterResponse::Tried {
        ray_version: "2.99.0".into(),
    };
    assert_eq!(attempt("", Some(TOKEN)), Ok(Response::Cluster(tried)));
    let left = fs::read_dir(stage.dir().root()).expect("is listed");
    let mut left = left.map(|entry| entry.expect("is listed").file_name());
    assert!(
        !left.any(|name| name.to_string_lossy().starts_with(".seen")),
        "the mark is gone"
    );
}

#[test]
fn a_cluster_in_use_stays_on_the_list() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    let remove = Request::Cluster(ClusterRequest::Remove { id: "lab".into() });
    let refused = stage.ask(remove).expect_err("is in use");
    assert_eq!(refused.code, ErrorCode::Precondition);
    go(&stage, &id);
    let job = stage.wait_for_end(&id);
    assert_eq!(job.state.label(), "done");
    let hello = stage.journal(&id).remove(0).event;
    assert!(matches!(hello, JobEvent::Hello { .. }));
}
