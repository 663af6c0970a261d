//! Damaged files of the application's own: the next start names them and goes on.

use std::fs;
use std::path::Path;

use lore_core::DataDir;
use lore_protocol::{
    ErrorCode, JobRequest, JobState, Request, Response, SettingsRequest, SettingsResponse,
    WorldRequest,
};
use lore_tests::{Stage, spec_of};

fn stage() -> Stage {
    Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")))
}

fn warnings(stage: &mut Stage) -> Vec<String> {
    match stage.ask(Request::Settings(SettingsRequest::Status)) {
        Ok(Response::Settings(SettingsResponse::Status(status))) => status.warnings,
        other => panic!("no status: {other:?}"),
    }
}

/// The only warning.
#[track_caller]
fn warning(stage: &mut Stage) -> String {
    let mut all = warnings(stage);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn a_journal_that_was_emptied_or_lost_does_not_start_its_job_again() {
    let spoils: [fn(&Path) -> std::io::Result<()>; 2] =
        [|path| fs::write(path, ""), |path| fs::remove_file(path)];
    for spoil in spoils {
        let mut stage = stage();
        let id = stage.submit("good");
        stage.wait_for_end(&id);
        let job = id.clone();
        let mut stage = stage.reopen_after(move |dir| {
            spoil(&dir.job(None, &job).join("events.jsonl")).expect("is there");
        });
        let job = stage.job(&id);
        let JobState::Failed { error } = &job.state else {
            panic!("nobody knows how it ended: {job:?}");
        };
        assert_eq!(error.code, ErrorCode::WorkerCrashed);
    }
}

#[test]
fn damaged_lines_of_a_journal_are_named() {
    let mut stage = stage();
    let id = stage.submit("good");
    stage.wait_for_end(&id);
    let job = id.clone();
    let mut stage = stage.reopen_after(move |dir| {
        let path = dir.job(None, &job).join("events.jsonl");
        let text = fs::read_to_string(&path).expect("reads");
        fs::write(path, text.replacen("metric", "m\u{fffd}tric", 1)).expect("writes");
    });
    let warning = warning(&mut stage);
    assert!(
        warning.contains("gaps") && warning.contains("good"),
        "{warning}"
    );
    assert_eq!(stage.job(&id).state.label(), "done");
}

#[test]
fn a_job_that_was_never_written_down_leaves_no_warning() {
    let stage = stage().reopen_after(|dir| {
        let folder = dir.jobs().join("unborn");
        fs::create_dir(&folder).expect("makes");
        fs::write(folder.join("job.json.new"), "{ \"ver").expect("writes");
    });
    let mut stage = stage;
    assert!(warnings(&mut stage).is_empty());
    assert!(!stage.dir().jobs().join("unborn").exists());
}

#[test]
fn a_change_of_the_list_that_cannot_be_kept_is_refused() {
    let mut stage = stage();
    let id = stage.submit("good");
    stage.wait_for_end(&id);
    spoil_queue(&stage.dir());
    let refused = stage.ask(Request::Job(JobRequest::Remove { job: id.clone() }));
    let error = refused.expect_err("it would come back");
    assert!(error.summary.contains("could not be saved"), "{error:?}");
    stage.job(&id);
}

/// A folder in the place of the file: it cannot be written.
fn spoil_queue(dir: &DataDir) {
    let path = dir.root().join("queue.json");
    fs::remove_file(&path).expect("is there");
    fs::create_dir(path).expect("makes");
}

#[test]
fn damaged_servers_are_set_aside_and_named() {
    let mut stage = stage();
    let path = stage.dir().servers();
    fs::write(&path, "[{").expect("writes");
    stage
        .ask(Request::World(WorldRequest::List))
        .expect("lists the others");
    let warning = warning(&mut stage);
    assert!(warning.contains("servers.json.damaged-1"), "{warning}");
    let kept = path.with_file_name("servers.json.damaged-1");
    assert_eq!(fs::read_to_string(kept).expect("reads"), "[{");
}

#[test]
fn a_damaged_queue_is_set_aside_and_its_jobs_are_there() {
    let mut stage = stage();
    let id = stage.submit("good");
    stage.wait_for_end(&id);
    let mut stage = stage.reopen_after(|dir| {
        fs::write(dir.root().join("queue.json"), "{").expect("writes");
        let spec = spec_of("waiting", "good");
        let folder = dir.job(None, &spec.id);
        fs::create_dir_all(&folder).expect("makes");
        let text = serde_json::to_string(&spec).expect("is JSON");
        fs::write(folder.join("job.json"), text).expect("writes");
    });
    let warning = warning(&mut stage);
    assert!(warning.contains("queue.json.damaged-1"), "{warning}");
    stage.wait_for_end(&"waiting".into());
    assert_eq!(stage.job(&id).state.label(), "done");
}
