//! A training that several workers of a cluster compute for: who is handed over, and when they are ended.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use lore_core::Cluster;
use lore_protocol::{Elsewhere, JobEvent, JobRequest, JobSpec, JobState};
use lore_tests::Stage;
use lore_tests::cluster::FakeCluster;
use lore_tests::lab::{self, go, save, submit};

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// An application that knows a cluster on which three workers train.
fn stage(cluster: &FakeCluster) -> Stage {
    let mut stage = lab::stage(cluster, Path::new(env!("CARGO_BIN_EXE_fake_worker")));
    with_workers(&mut stage, cluster, 3);
    stage
}

fn with_workers(stage: &mut Stage, cluster: &FakeCluster, workers: usize) {
    let lab = Cluster {
        id: "lab".into(),
        workers,
        ..lab::lab(cluster)
    };
    save(stage, &lab, None);
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until so many assistants of the attempt have begun.
#[track_caller]
fn assisted_by(cluster: &FakeCluster, attempt: &str, num: usize) {
    until("assistants", || {
        let statuses = cluster.statuses(&format!("{attempt}-assistant-"));
        statuses == vec!["RUNNING"; num]
    });
}

#[track_caller]
fn nobody_is_left(cluster: &FakeCluster) {
    until("their end", || {
        !cluster.statuses("-assistant-").contains(&"RUNNING")
    });
}

fn handed_over(cluster: &FakeCluster) -> Vec<String> {
    let state = cluster.state();
    let lines = state.handed_over.iter();
    let line = |job: &serde_json::Value| job["entrypoint"].as_str().expect("a line").to_owned();
    lines.map(line).collect()
}

#[test]
fn a_training_is_handed_over_with_those_who_compute_for_it() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    assisted_by(&cluster, "-1", 2);
    let folder = stage.dir().job(None, &id);
    let spec = fs::read_to_string(folder.join("job.json")).expect("is there");
    let spec: JobSpec = serde_json::from_str(&spec).expect("is whole");
    assert_eq!(spec.assistants, 2, "the one who leads knows of them");
    let lines = handed_over(&cluster);
    assert_eq!(lines.len(), 3);
    assert!(lines[0].contains("--job") && !lines[0].contains("--assist"));
    for line in &lines[1..] {
        assert!(
            line.contains("--assist") && !line.contains("--events"),
            "{line}"
        );
        assert!(line.contains(&format!("{id}/job.json")), "{line}");
    }
    let cores: Vec<_> = cluster
        .state()
        .handed_over
        .iter()
        .map(|job| job["entrypoint_num_cpus"].clone())
        .collect();
    assert!(cores.iter().all(|it| *it == cores[0]), "{cores:?}");
    assert_eq!(cluster.state().num_sent, 1, "the program is sent once");
    until("assistants at work", || {
        let marks = fs::read_dir(&folder).expect("is listed");
        let names = marks.map(|it| it.expect("is listed").file_name());
        let is_mark = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("assistant-");
        names.filter(is_mark).count() == 2
    });
    go(&stage, &id);
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
    nobody_is_left(&cluster);
}

#[test]
fn a_stop_ends_all_and_a_resume_begins_with_others() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "obey");
    stage.wait(&id, |job| job.has_checkpoint);
    assisted_by(&cluster, "-1", 2);
    stage.job_done(JobRequest::Stop { job: id.clone() });
    let job = stage.wait_for_end(&id);
    assert_eq!(job.state, JobState::Cancelled { resumable: true });
    nobody_is_left(&cluster);
    stage.job_done(JobRequest::Resume { job: id.clone() });
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
    nobody_is_left(&cluster);
}

#[test]
fn whoever_leads_and_crashes_takes_the_others_along() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    assisted_by(&cluster, "-1", 2);
    stage.wait(&id, |job| job.last_seq == 1);
    let pid = match &stage.journal(&id)[0].event {
        JobEvent::Hello { pid, .. } => pid.to_string(),
        other => panic!("it said {other:?} first"),
    };
    let killed = Command::new("kill").args(["-9", &pid]).status();
    assert!(killed.expect("kill runs").success());
    assert_eq!(stage.wait_for_end(&id).state.label(), "crashed");
    nobody_is_left(&cluster);
}

#[test]
fn the_next_start_finds_them_and_does_not_send_others() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    assisted_by(&cluster, "-1", 2);
    let mut stage = stage.reopen();
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    assisted_by(&cluster, "-1", 2);
    go(&stage, &id);
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
    assert_eq!(handed_over(&cluster).len(), 3);
    nobody_is_left(&cluster);
    assert_eq!(stage.journal(&id).len(), 2, "nothing is told twice");
}

#[test]
fn those_that_cannot_be_handed_over_are_done_without() {
    let cluster = FakeCluster::start();
    cluster.state().refuses_assistants = true;
    let mut stage = stage(&cluster);
    let id = submit(&mut stage, "wait");
    let log = stage.dir().job(None, &id).join("worker.log");
    until("a warning", || {
        fs::read_to_string(&log).is_ok_and(|text| text.contains("Not all of the 3 workers"))
    });
    // What the application adds to the log is no event of the worker's: none is lost over a restart.
    let mut stage = stage.reopen();
    stage.wait(&id, |job| job.elsewhere == Some(Elsewhere::Working));
    go(&stage, &id);
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
    assert_eq!(handed_over(&cluster).len(), 1);
    assert_eq!(stage.journal(&id).len(), 2);
}

#[test]
fn one_worker_trains_alone() {
    let cluster = FakeCluster::start();
    let mut stage = stage(&cluster);
    with_workers(&mut stage, &cluster, 1);
    let id = submit(&mut stage, "good");
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
    assert_eq!(handed_over(&cluster).len(), 1);
    let job = fs::read_to_string(stage.dir().job(None, &id).join("job.json"));
    assert!(!job.expect("is there").contains("assistants"));
}
