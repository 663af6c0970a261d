//! Jobs as processes: what happens when they end well, end badly, or do not want to end.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lore_core::{ExperimentSpec, JobId, ModelKind, Preset};
use lore_protocol::{
    ErrorCode, Event, ExperimentRequest, ExperimentResponse, ExperimentState, JobEvent, JobLine,
    JobRequest, JobResponse, JobState, PROTOCOL_VERSION, Request, Response, Settings, Topic, Work,
};
use lore_tests::{Stage, fake_model, spec_of};

fn stage() -> Stage {
    Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")))
}

/// Grace short enough for a test.
fn hasty(stage: &mut Stage) {
    stage.set(Settings {
        stop_grace_secs: 1,
        ..Settings::default()
    });
}

fn heard_lines(stage: &Stage, id: &JobId) -> Vec<JobLine> {
    let of_job = |event: &Event| match event {
        Event::Job { job, line } if job == id => Some(line.clone()),
        _ => None,
    };
    stage.heard.iter().filter_map(of_job).collect()
}

#[test]
fn what_was_heard_stands_in_the_journal() {
    let mut stage = stage();
    let id = stage.submit("be good");
    let job = stage.wait_for_end(&id);
    assert_eq!(
        job.state,
        JobState::Finished {
            summary: "All was done.".into()
        }
    );
    assert_eq!(job.metrics, ["train/loss"]);
    let journal = stage.journal(&id);
    let heard = heard_lines(&stage, &id);
    assert_eq!(heard, journal, "nothing is lost, nothing is made up");
    assert!(matches!(journal[0].event, JobEvent::Hello { .. }));
    assert!(heard.iter().map(|line| line.seq).eq(1..=4));
    assert!(stage.heard.contains(&Event::Stale(Topic::Jobs)));
}

#[test]
fn a_crash_is_told_with_the_last_words() {
    let mut stage = stage();
    let id = stage.submit("crash");
    let job = stage.wait_for_end(&id);
    let JobState::Failed { error } = &job.state else {
        panic!("it must have failed: {job:?}");
    };
    assert_eq!(error.code, ErrorCode::WorkerCrashed);
    assert!(error.details.contains("boom: the last words"), "{error:?}");
    assert!(error.summary.contains("Resume"), "{error:?}");
    assert_eq!(job.state.label(), "crashed");
}

#[test]
fn a_stopped_job_saves_and_goes_on_later() {
    let mut stage = stage();
    let id = stage.submit("obey");
    stage.wait(&id, |job| job.has_checkpoint);
    stage.job_done(JobRequest::Stop { job: id.clone() });
    let job = stage.wait_for_end(&id);
    assert_eq!(job.state, JobState::Cancelled { resumable: true });
    stage.job_done(JobRequest::Resume { job: id.clone() });
    let job = stage.wait_for_end(&id);
    assert!(matches!(job.state, JobState::Finished { .. }), "{job:?}");
    let seqs: Vec<u64> = stage.journal(&id).iter().map(|line| line.seq).collect();
    assert!(seqs.iter().copied().eq(1..=5), "one journal: {seqs:?}");
    let again = stage.ask(Request::Job(JobRequest::Resume { job: id }));
    assert_eq!(again.expect_err("is done").code, ErrorCode::Precondition);
}

#[test]
fn who_ignores_a_stop_is_ended_with_all_its_processes() {
    let mut stage = stage();
    hasty(&mut stage);
    let id = stage.submit("ignore");
    stage.wait(&id, |job| job.has_checkpoint);
    let asked = Instant::now();
    stage.job_done(JobRequest::Stop { job: id.clone() });
    assert_eq!(stage.job(&id).state, JobState::Stopping);
    let job = stage.wait_for_end(&id);
    assert_eq!(job.state, JobState::Cancelled { resumable: true });
    assert!(
        asked.elapsed() >= Duration::from_secs(1),
        "it had its grace"
    );
    let child = fs::read_to_string(stage.dir().job(None, &id).join("child")).expect("a number");
    if cfg!(target_os = "linux") {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let is_gone = stat.is_empty() || stat.contains(") Z ");
        assert!(is_gone, "its child lives on: {stat}");
    }
}

#[test]
fn garbage_goes_into_the_log() {
    let mut stage = stage();
    let id = stage.submit("garbage");
    let job = stage.wait_for_end(&id);
    assert!(matches!(job.state, JobState::Finished { .. }), "{job:?}");
    assert_eq!(stage.journal(&id).len(), 3, "hello, message, finished");
    let log = fs::read_to_string(stage.dir().job(None, &id).join("worker.log"));
    let log = log.expect("is text");
    for kept in ["loading model…", "nonsense", "{ cut"] {
        assert!(log.contains(kept), "{kept:?} is kept");
    }
}

#[test]
fn a_flood_is_kept_whole_and_told_in_sips() {
    let mut stage = stage();
    let id = stage.submit("flood");
    stage.wait(&id, |job| !matches!(job.state, JobState::Queued));
    let asked = Instant::now();
    stage.jobs();
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "others are answered in the meantime"
    );
    stage.wait_for_end(&id);
    assert_eq!(stage.journal(&id).len(), 20_002);
    let heard = heard_lines(&stage, &id).len();
    assert!(heard < 2_000, "{heard} messages are too many");
    let series = JobRequest::Series {
        job: id,
        name: "train/loss".into(),
        width: 100,
    };
    match stage.ask(Request::Job(series)) {
        Ok(Response::Job(JobResponse::Series { points, .. })) => {
            assert!(points.len() <= 100);
            assert_eq!(points[0].step, 1, "the highest stays");
        }
        other => panic!("no series: {other:?}"),
    }
}

#[test]
fn the_queue_goes_on_after_a_failure_in_the_order_that_was_asked() {
    let mut stage = stage();
    let first = stage.submit("wait");
    let [broken, slow, fast] = ["fail", "good 1", "good 2"].map(|title| stage.submit(title));
    stage.job_done(JobRequest::Move {
        job: fast.clone(),
        index: 0,
    });
    let order: Vec<JobId> = stage.jobs().into_iter().map(|job| job.spec.id).collect();
    assert_eq!(order, [&first, &fast, &broken, &slow].map(Clone::clone));
    fs::write(stage.dir().job(None, &first).join("go"), "").expect("writes");
    let ended = |stage: &mut Stage, id| stage.wait_for_end(id).ended_ms;
    assert!(ended(&mut stage, &fast) <= ended(&mut stage, &slow));
    assert_eq!(stage.job(&broken).state.label(), "failed");
    assert_eq!(stage.job(&slow).state.label(), "done");
}

#[test]
fn a_removed_job_leaves_the_list_for_good() {
    let mut stage = stage();
    let running = stage.submit("wait");
    let waiting = stage.submit("good");
    let refused = stage.ask(Request::Job(JobRequest::Remove {
        job: running.clone(),
    }));
    assert_eq!(refused.expect_err("runs").code, ErrorCode::Precondition);
    stage.job_done(JobRequest::Remove {
        job: waiting.clone(),
    });
    let folder = stage.dir().job(None, &waiting);
    let mut stage = stage.reopen();
    let left: Vec<JobId> = stage.jobs().into_iter().map(|job| job.spec.id).collect();
    assert_eq!(left, [running]);
    assert!(folder.join("job.json").exists(), "what it made stays");
}

#[test]
fn waiting_jobs_wait_over_a_restart() {
    let mut stage = stage();
    let running = stage.submit("obey");
    let waiting = stage.submit("good");
    stage.wait(&running, |job| job.has_checkpoint);
    let mut stage = stage.reopen();
    let job = stage.wait_for_end(&waiting);
    assert_eq!(job.state.label(), "done");
    let job = stage.job(&running);
    assert_eq!(
        job.state,
        JobState::Cancelled { resumable: true },
        "closing the window stops after saving, and nothing starts again by itself"
    );
}

#[test]
fn a_job_without_a_last_word_is_a_crashed_one() {
    let stage = stage().reopen_after(|dir| {
        let spec = spec_of("lost", "Lost");
        let folder = dir.job(None, &spec.id);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(
            folder.join("job.json"),
            serde_json::to_string(&spec).expect("is JSON"),
        )
        .expect("writes");
        let hello = JobLine {
            seq: 1,
            ms: 1,
            event: JobEvent::Hello {
                protocol: PROTOCOL_VERSION,
                // A number that lives, but is not our worker: it must be left alone.
                pid: std::process::id(),
                build: "test".into(),
            },
        };
        let hello = serde_json::to_string(&hello).expect("is JSON");
        // The power failed in the middle of the second line.
        fs::write(
            folder.join("events.jsonl"),
            format!("{hello}\n{{\"seq\":2,"),
        )
        .expect("writes");
        fs::write(folder.join("worker.log"), "the last thing I did\n").expect("writes");
    });
    let mut stage = stage;
    let job = stage.job(&"lost".into());
    let JobState::Failed { error } = &job.state else {
        panic!("it must be crashed: {job:?}");
    };
    assert_eq!(error.code, ErrorCode::WorkerCrashed);
    assert!(error.details.contains("the last thing I did"));
    let id = job.spec.id;
    stage.job_done(JobRequest::Resume { job: id.clone() });
    assert_eq!(stage.wait_for_end(&id).state.label(), "done");
}

/// Starts an experiment whose name tells the fake worker what to do.
fn start_experiment(stage: &mut Stage, id: &str) {
    let spec = ExperimentSpec {
        id: id.into(),
        ..ExperimentSpec::preset(Preset::Smoke)
    };
    fake_model(&stage.dir(), spec.model.as_str(), ModelKind::Language);
    fake_model(&stage.dir(), spec.embedder.as_str(), ModelKind::Embedder);
    let spec = Box::new(spec);
    let started = stage.ask(Request::Experiment(ExperimentRequest::Start { spec }));
    assert_eq!(
        started,
        Ok(Response::Experiment(ExperimentResponse::Started(id.into())))
    );
}

fn state_of(stage: &mut Stage, id: &str) -> ExperimentState {
    match stage.ask(Request::Experiment(ExperimentRequest::Get {
        id: id.into(),
    })) {
        Ok(Response::Experiment(ExperimentResponse::One(info))) => info.state,
        other => panic!("no experiment: {other:?}"),
    }
}

#[test]
fn an_experiment_runs_to_its_report() {
    let mut stage = stage();
    start_experiment(&mut stage, "good");
    stage.wait_for_end(&"good.report".into());
    assert_eq!(state_of(&mut stage, "good"), ExperimentState::Finished);
    let stale = Event::Stale(Topic::Adapters);
    assert!(stage.heard.contains(&stale), "trainings make adapters");
}

#[test]
fn an_experiment_grows_by_a_seed_and_nothing_is_done_again() {
    let mut stage = stage();
    start_experiment(&mut stage, "good");
    stage.wait_for_end(&"good.report".into());
    let ask = |stage: &mut Stage, spec: ExperimentSpec| {
        let spec = Box::new(spec);
        stage.ask(Request::Experiment(ExperimentRequest::Extend { spec }))
    };
    let get = ExperimentRequest::Get { id: "good".into() };
    let Ok(Response::Experiment(ExperimentResponse::One(info))) =
        stage.ask(Request::Experiment(get))
    else {
        panic!("it was started");
    };
    let spec = info.spec;
    assert!(ask(&mut stage, spec.clone()).is_err(), "nothing is new");
    let mut other = spec.clone();
    other.seeds.push(7);
    other.agent.max_steps += 1;
    assert!(
        ask(&mut stage, other).is_err(),
        "that is another experiment"
    );
    let mut grown = spec.clone();
    grown.seeds.push(7);
    assert_eq!(ask(&mut stage, grown), Ok(Response::Done));
    stage.wait_for_end(&"good.report-2".into());
    assert_eq!(state_of(&mut stage, "good"), ExperimentState::Finished);
    let trained = stage.job(&"good.train-lora-seed7".into());
    assert_eq!(trained.state.label(), "done");
}

#[test]
fn a_failed_training_fails_only_what_needs_it() {
    let mut stage = stage();
    start_experiment(&mut stage, "broken-training");
    let report = stage.wait_for_end(&"broken-training.report".into());
    let JobState::Failed { error } = &report.state else {
        panic!("nothing to report: {report:?}");
    };
    assert!(error.summary.starts_with("Not started, because"), "{error}");
    for arm in ["base", "exprag"] {
        stage.wait_for_end(&JobId(format!("broken-training.{arm}-seed2025")));
    }
    let mut labels: Vec<(String, &str)> = stage
        .jobs()
        .iter()
        .filter(|job| matches!(job.spec.work, Work::Evaluate(_)))
        .map(|job| (job.spec.id.to_string(), job.state.label()))
        .collect();
    labels.sort();
    let expected = [
        ("base", "done"),
        ("exprag", "done"),
        ("exprag_lora", "failed"),
        ("lora", "failed"),
        ("lora_exprag", "failed"),
    ]
    .map(|(arm, label)| (format!("broken-training.{arm}-seed2025"), label));
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(labels, expected);
    assert_eq!(
        state_of(&mut stage, "broken-training"),
        ExperimentState::Interrupted
    );
}

#[test]
fn a_job_that_cannot_be_started_fails_what_needs_it() {
    let mut stage = stage();
    start_experiment(&mut stage, "wait");
    for job in stage.jobs() {
        let folder = stage.dir().job(job.spec.experiment.as_ref(), &job.spec.id);
        if matches!(job.spec.work, Work::Train(_)) {
            // A folder in the place of its log: no process can be started.
            fs::create_dir(folder.join("worker.log")).expect("makes");
        }
        fs::write(folder.join("go"), "").expect("writes");
    }
    let report = stage.wait_for_end(&"wait.report".into());
    let JobState::Failed { error } = &report.state else {
        panic!("nothing to report: {report:?}");
    };
    assert!(error.summary.starts_with("Not started, because"), "{error}");
}

#[test]
fn an_experiment_stops_and_resumes_as_a_whole() {
    let mut stage = stage();
    start_experiment(&mut stage, "wait");
    stage.wait(&"wait.collect".into(), |job| job.state == JobState::Running);
    hasty(&mut stage);
    let stop = ExperimentRequest::Stop { id: "wait".into() };
    stage.ask(Request::Experiment(stop)).expect("stops");
    stage.wait_for_end(&"wait.collect".into());
    assert_eq!(state_of(&mut stage, "wait"), ExperimentState::Interrupted);
    for job in stage.jobs() {
        assert_eq!(job.state.label(), "stopped", "{}", job.spec.id);
        let folder = stage.dir().job(job.spec.experiment.as_ref(), &job.spec.id);
        fs::write(folder.join("go"), "").expect("writes");
    }
    let resume = ExperimentRequest::Resume { id: "wait".into() };
    stage.ask(Request::Experiment(resume)).expect("resumes");
    stage.wait_for_end(&"wait.report".into());
    assert_eq!(state_of(&mut stage, "wait"), ExperimentState::Finished);
}

#[test]
fn a_deleted_experiment_comes_back_with_its_jobs() {
    let mut stage = stage();
    start_experiment(&mut stage, "good");
    stage.wait_for_end(&"good.report".into());
    let delete = ExperimentRequest::Delete { id: "good".into() };
    stage.ask(Request::Experiment(delete)).expect("deletes");
    assert!(stage.jobs().is_empty());
    let restore = ExperimentRequest::Restore { id: "good".into() };
    stage.ask(Request::Experiment(restore)).expect("restores");
    assert_eq!(state_of(&mut stage, "good"), ExperimentState::Finished);
}
