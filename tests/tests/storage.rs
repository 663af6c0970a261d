//! Backup, restore and another data folder, by the application and the real worker.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lore_app::DataHome;
use lore_core::{DataDir, EpisodeEnd, JobId, Kept, Task, Trajectory};
use lore_data::{NewDataset, write_dataset};
use lore_protocol::{
    BackupInfo, DatasetRequest, DatasetResponse, ErrorCode, JobInfo, JobState, Mark, Request,
    Response, Settings, SettingsRequest, SettingsResponse, Source, StorageRequest, StorageResponse,
    SupportRequest, Theme, TrajectoryRequest, TrajectoryResponse, Usage,
};
use lore_tests::{Stage, built_worker};

fn ask(stage: &mut Stage, request: StorageRequest) -> StorageResponse {
    match stage.ask(Request::Storage(request)) {
        Ok(Response::Storage(response)) => response,
        other => panic!("no answer about storage: {other:?}"),
    }
}

fn usage(stage: &mut Stage) -> Usage {
    match ask(stage, StorageRequest::Usage) {
        StorageResponse::Usage(usage) => usage,
        other => panic!("no usage: {other:?}"),
    }
}

fn inspect(stage: &mut Stage, path: &Path) -> BackupInfo {
    let path = path.display().to_string();
    match ask(stage, StorageRequest::Inspect { path }) {
        StorageResponse::Backup(info) => *info,
        other => panic!("no backup: {other:?}"),
    }
}

/// Runs the job that the request starts to its end.
fn run(stage: &mut Stage, request: StorageRequest) -> JobInfo {
    let StorageResponse::Job(id) = ask(stage, request) else {
        panic!("no job was started");
    };
    let job = stage.wait_for_end(&id);
    assert!(matches!(job.state, JobState::Finished { .. }), "{job:#?}");
    job
}

fn dataset(dir: &DataDir, id: &str) {
    let target = NewDataset {
        data: dir.clone(),
        id: id.into(),
        name: id.to_owned(),
        source: "test".into(),
        unseen_types: None,
        created_ms: 1,
    };
    let episode = Trajectory::new(
        Task::default(),
        "x",
        "A room.",
        Vec::new(),
        EpisodeEnd::Success,
    );
    write_dataset(&target, [Ok(episode)]).expect("writes");
}

fn datasets(stage: &mut Stage) -> Vec<String> {
    match stage.ask(Request::Dataset(DatasetRequest::List)) {
        Ok(Response::Dataset(DatasetResponse::List(list))) => {
            list.into_iter().map(|dataset| dataset.id.0).collect()
        }
        other => panic!("no data sets: {other:?}"),
    }
}

fn mark(stage: &mut Stage, note: &str) {
    let mark = Mark {
        source: Source::Dataset { id: "d".into() },
        id: note.into(),
        goal: "put a mug".into(),
        who: "expert".into(),
        end: EpisodeEnd::Success,
        steps: Vec::new(),
        note: note.into(),
    };
    let mark = Box::new(mark);
    stage
        .ask(Request::Trajectory(TrajectoryRequest::Mark { mark }))
        .expect("is marked");
}

fn notes(stage: &mut Stage) -> Vec<String> {
    match stage.ask(Request::Trajectory(TrajectoryRequest::Marks)) {
        Ok(Response::Trajectory(TrajectoryResponse::Marks(marks))) => {
            marks.into_iter().map(|mark| mark.note).collect()
        }
        other => panic!("no marks: {other:?}"),
    }
}

fn theme(stage: &mut Stage) -> Theme {
    match stage.ask(Request::Settings(SettingsRequest::Get)) {
        Ok(Response::Settings(SettingsResponse::Settings(settings))) => settings.theme,
        other => panic!("no settings: {other:?}"),
    }
}

#[test]
fn a_backup_comes_back_in_another_program() {
    let Some(worker) = built_worker() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("all.lorekeeper");
    let backup = path.display().to_string();

    let mut stage = Stage::new(&worker);
    dataset(&stage.dir(), "d");
    mark(&mut stage, "theirs");
    stage.set(Settings {
        theme: Theme::Dark,
        ..Settings::default()
    });
    let models = false;
    let first = run(
        &mut stage,
        StorageRequest::BackUp {
            path: backup.clone(),
            models,
        },
    );
    // The backup that is running is not in itself, one that is done is in the next.
    run(
        &mut stage,
        StorageRequest::BackUp {
            path: backup.clone(),
            models,
        },
    );
    let info = inspect(&mut stage, &path);
    assert_eq!(info.num_new(), 0, "{info:?}");
    assert_eq!(info.left_out, ["Back up everything"]);
    drop(stage);

    let mut other = Stage::new(&worker);
    mark(&mut other, "mine");
    dataset(&other.dir(), "e");
    let info = inspect(&mut other, &path);
    let kinds: Vec<(Kept, u64)> = info
        .kinds
        .iter()
        .map(|kind| (kind.kind, kind.num_here))
        .collect();
    let expected = [
        (Kept::Settings, 0),
        (Kept::Marks, 1),
        (Kept::Dataset, 0),
        (Kept::Job, 0),
    ];
    assert_eq!(kinds, expected);
    let settings = true;
    run(
        &mut other,
        StorageRequest::Restore {
            path: backup,
            settings,
        },
    );
    let mut all = datasets(&mut other);
    all.sort();
    assert_eq!(all, ["d", "e"]);
    assert_eq!(notes(&mut other), ["mine", "theirs"]);
    assert_eq!(theme(&mut other), Theme::Dark);
    let came = other.job(&first.spec.id);
    assert_eq!(came.state, first.state, "jobs are known at once");
    let again = inspect(&mut other, &path);
    assert_eq!(again.num_new(), 0, "{again:?}");
    let mut other = other.reopen();
    assert_eq!(
        other.job(&first.spec.id).state,
        first.state,
        "and after a restart"
    );
}

#[test]
fn the_program_goes_on_in_the_new_folder() {
    let Some(worker) = built_worker() else { return };
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let home = || Arc::new(DataHome::new(folder.path().join("note.json"), old.clone()));
    let mut stage = Stage::at_home(&worker, Arc::clone(&folder), home());
    dataset(&stage.dir(), "d");
    let target = new.display().to_string();
    let job = run(
        &mut stage,
        StorageRequest::Move {
            folder: target.clone(),
        },
    );
    assert_eq!(
        usage(&mut stage).place.next.as_deref(),
        Some(target.as_str())
    );
    // What is done in the meantime is not lost.
    dataset(&stage.dir(), "e");
    mark(&mut stage, "late");
    drop(stage);

    let mut stage = Stage::at_home(&worker, Arc::clone(&folder), home());
    assert_eq!(stage.dir().root(), new);
    assert_eq!(notes(&mut stage), ["late"]);
    assert_eq!(datasets(&mut stage).len(), 2);
    assert!(matches!(
        stage.job(&job.spec.id).state,
        JobState::Finished { .. }
    ));
    let place = usage(&mut stage).place;
    assert_eq!(
        (place.next, place.previous),
        (None, Some(old.display().to_string()))
    );
    stage
        .ask(Request::Storage(StorageRequest::Forget))
        .expect("forgets");
    assert_eq!(usage(&mut stage).place.previous, None);
    assert!(
        DataDir::new(&old).dataset(&"d".into()).exists(),
        "the old one stays"
    );
}

#[test]
fn what_could_only_fail_is_refused_at_once() {
    let mut stage = Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")));
    let inside = stage.dir().root().join("x").display().to_string();
    let move_to = |folder: &str| StorageRequest::Move {
        folder: folder.into(),
    };
    let error = stage
        .ask(Request::Storage(move_to("/tmp/lorekeeper-new")))
        .expect_err("this stage has a folder of its own");
    assert_eq!(error.code, ErrorCode::Precondition, "{error:?}");
    assert!(!usage(&mut stage).place.why_fixed.is_empty());
    let back_up = StorageRequest::BackUp {
        path: inside.clone(),
        models: true,
    };
    let error = stage.ask(Request::Storage(back_up)).expect_err("is inside");
    assert!(error.summary.contains("belongs to Lorekeeper"), "{error:?}");
    fs::write(&inside, "no zip").expect("writes");
    let restore = StorageRequest::Restore {
        path: inside,
        settings: false,
    };
    let error = stage
        .ask(Request::Storage(restore))
        .expect_err("is no backup");
    assert!(error.summary.contains("not a backup"), "{error:?}");
}

#[test]
fn models_are_read_through() {
    let Some(worker) = built_worker() else { return };
    let mut stage = Stage::new(&worker);
    lore_tests::fake_model(&stage.dir(), "m", lore_core::ModelKind::Language);
    let check = |stage: &mut Stage| -> JobId {
        match stage.ask(Request::Support(SupportRequest::CheckModels)) {
            Ok(Response::Support(lore_protocol::SupportResponse::Job(id))) => id,
            other => panic!("no job: {other:?}"),
        }
    };
    let id = check(&mut stage);
    let unknown = stage.wait_for_end(&id);
    assert!(
        matches!(unknown.state, JobState::Finished { .. }),
        "{unknown:#?}"
    );
    // A hash that is another.
    let path = stage.dir().model(&"m".into()).join("model.json");
    let text = fs::read_to_string(&path).expect("reads");
    let text = text.replace(r#""digest":"""#, r#""digest":"00""#);
    fs::write(&path, text).expect("writes");
    let id = check(&mut stage);
    let JobState::Failed { error } = stage.wait_for_end(&id).state else {
        panic!("another hash is damage");
    };
    assert!(error.summary.starts_with("Damaged: m."), "{error:?}");
}
