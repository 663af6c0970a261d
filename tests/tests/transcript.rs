//! Every request, as a window would send it, on an empty data folder and on a damaged one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lore_core::{DataDir, EpisodeEnd, ExperimentSpec, ModelKind, Task, Trajectory, WorldSpec};
use lore_data::{NewDataset, write_dataset};
use lore_protocol::{
    Call, ErrorCode, Estimate, Event, ExperimentRequest, ExperimentResponse, Incoming, Request,
    Response, SettingsRequest, SettingsResponse, ShellEvent, Source, Status, TrajectoryRequest,
    TrajectoryResponse, WorldRequest, WorldResponse,
};
use lore_tests::{Stage, datasets, every_request, fake_model};

fn stage() -> Stage {
    Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")))
}

/// Asks everything; an answer may be an error, but one that someone thought of.
fn ask_everything(stage: &mut Stage, id: &str) {
    for request in every_request(id) {
        let asked = format!("{request:?}");
        if let Err(error) = stage.ask(request) {
            assert!(!error.summary.is_empty(), "{asked}");
            assert!(!error.summary.contains("broke"), "{asked}: {error:?}");
        }
    }
}

fn status(stage: &mut Stage) -> Status {
    match stage.ask(Request::Settings(SettingsRequest::Status)) {
        Ok(Response::Settings(SettingsResponse::Status(status))) => *status,
        other => panic!("no status: {other:?}"),
    }
}

/// Names of an enum's variants, read from its source.
fn variants(file: &str, name: &str) -> BTreeSet<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/lore_protocol/src");
    let text = fs::read_to_string(sources.join(file)).expect("the protocol's source");
    let start = format!("pub enum {name} {{");
    text.lines()
        .skip_while(|line| *line != start)
        .skip(1)
        .take_while(|line| *line != "}")
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| {
            line.chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect()
        })
        .collect()
}

#[test]
fn no_request_is_forgotten() {
    let asked: BTreeSet<String> = every_request("x")
        .iter()
        .map(|request| format!("{request:?}"))
        .map(|text| {
            let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '(';
            text.chars().take_while(is_name).collect()
        })
        .collect();
    for (domain, file) in [
        ("Dataset", "dataset.rs"),
        ("Bank", "bank.rs"),
        ("Model", "model.rs"),
        ("Job", "job_request.rs"),
        ("Cluster", "cluster.rs"),
        ("Experiment", "experiment.rs"),
        ("Trajectory", "trajectory.rs"),
        ("World", "world.rs"),
        ("Talk", "talk.rs"),
        ("Export", "export.rs"),
        ("Settings", "settings.rs"),
        ("Storage", "storage.rs"),
        ("Support", "support.rs"),
    ] {
        let known = variants(file, &format!("{domain}Request"));
        assert!(!known.is_empty(), "no {domain}Request in {file}");
        for variant in known {
            let name = format!("{domain}({variant}");
            assert!(asked.contains(&name), "{name}) is not asked");
        }
    }
}

#[test]
fn an_empty_folder_answers_everything() {
    let mut stage = stage();
    ask_everything(&mut stage, "nothing");
    for gone in datasets("nothing").into_iter().skip(4).take(3) {
        let error = stage.ask(gone).expect_err("there is nothing");
        assert_eq!(error.code, ErrorCode::NotFound);
    }
    assert_eq!(status(&mut stage).warnings, [""; 0]);
}

#[test]
fn names_from_outside_stay_inside() {
    let mut stage = stage();
    for name in [
        "",
        "..",
        "../../etc",
        "a/b",
        "/etc/passwd",
        "c:\\x",
        "\0",
        "ä",
    ] {
        let before = listing(&stage.dir());
        ask_everything(&mut stage, name);
        assert_eq!(listing(&stage.dir()), before, "{name:?} changed something");
    }
}

/// Folders of the data folder, two deep; jobs that were taken are known by their title.
fn listing(dir: &DataDir) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["models", "adapters", "datasets", "experiments", "trash"] {
        for entry in fs::read_dir(dir.root().join(folder)).expect("is listed") {
            found.push(entry.expect("is listed").path().display().to_string());
        }
    }
    found.sort();
    found
}

#[test]
fn damaged_files_become_sentences() {
    let stage = stage().reopen_after(|dir| {
        let damage = [
            dir.settings(),
            dir.root().join("queue.json"),
            dir.model(&"bad".into()).join("model.json"),
            dir.adapter(&"bad".into()).join("adapter.json"),
            dir.dataset(&"bad".into()).join("dataset.json"),
            dir.experiment(&"bad".into()).join("experiment.json"),
            dir.job(None, &"bad".into()).join("job.json"),
            dir.root().join("speed-smollm2-135m-instruct.json"),
        ];
        for (index, path) in damage.into_iter().enumerate() {
            fs::create_dir_all(path.parent().expect("in a folder")).expect("makes");
            let text: &[u8] = [&b"{ cut"[..], b"\xff\xfe", b"[1, 2]", b""][index % 4];
            fs::write(path, text).expect("writes");
        }
    });
    let mut stage = stage;
    ask_everything(&mut stage, "bad");
    let warnings = status(&mut stage).warnings;
    for word in ["settings", "model", "adapter", "experiment", "job"] {
        let told = warnings.iter().any(|warning| warning.contains(word));
        assert!(told, "nothing about the {word}: {warnings:#?}");
    }
}

#[test]
fn the_wire_carries_what_the_types_say() {
    let stage = stage();
    let call = Call {
        id: 7,
        request: Request::Settings(SettingsRequest::Get),
    };
    let call = serde_json::to_string(&call).expect("is JSON");
    let answer = block_on(stage.app().rpc(&call));
    let Ok(Incoming::Reply { id, result }) = serde_json::from_str(&answer) else {
        panic!("not a reply: {answer}");
    };
    assert_eq!(id, 7);
    assert!(result.is_ok(), "{answer}");
    let answer = block_on(stage.app().rpc("{\"what\": 1}"));
    assert!(answer.contains("Err"), "{answer}");
}

/// Waits for the one future of these tests without a runtime of its own.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let waker = std::task::Waker::noop();
    let mut context = std::task::Context::from_waker(waker);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[test]
fn the_first_estimate_measures_and_the_next_remembers() {
    let mut stage = stage();
    let estimate = |stage: &mut Stage| -> Estimate {
        let spec = Box::new(ExperimentSpec::default());
        match stage.ask(Request::Experiment(ExperimentRequest::Estimate { spec })) {
            Ok(Response::Experiment(ExperimentResponse::Estimate(estimate))) => estimate,
            other => panic!("no estimate: {other:?}"),
        }
    };
    let without = estimate(&mut stage);
    assert!(without.parts.is_empty() && !without.measured);
    let problems = without.problems.join("\n");
    assert!(problems.contains("language model"), "{problems}");
    let spec = ExperimentSpec::default();
    fake_model(&stage.dir(), spec.model.as_str(), ModelKind::Language);
    let first = estimate(&mut stage);
    assert!(first.measured);
    let problems = first.problems.join("\n");
    assert!(problems.contains("embedder"), "it is missing: {problems}");
    let kept = stage.dir().root().join("speed-smollm2-135m-instruct.json");
    assert!(kept.exists());
    assert_eq!(estimate(&mut stage), first);
}

#[test]
fn nobody_waits_for_a_measurement() {
    let mut stage = stage();
    fake_model(&stage.dir(), "slow", ModelKind::Language);
    let spec = ExperimentSpec {
        model: "slow".into(),
        ..ExperimentSpec::default()
    };
    let spec = Box::new(spec);
    let asked = stage.send(Request::Experiment(ExperimentRequest::Estimate { spec }));
    // It does not end before a world was looked at.
    let tasks = stage.ask(Request::World(WorldRequest::Tasks {
        world: WorldSpec::default(),
        text: String::new(),
        offset: 0,
        limit: 10,
    }));
    assert!(
        matches!(tasks, Ok(Response::World(WorldResponse::Tasks(_)))),
        "{tasks:?}"
    );
    fs::write(stage.dir().root().join("measured"), "").expect("writes");
    match stage.answer(asked) {
        Ok(Response::Experiment(ExperimentResponse::Estimate(estimate))) => {
            assert!(estimate.measured);
        }
        other => panic!("no estimate: {other:?}"),
    }
}

#[test]
fn a_dead_model_worker_costs_one_question() {
    let mut stage = stage();
    fake_model(&stage.dir(), "m", ModelKind::Language);
    let episode = |end| {
        let task = Task {
            id: "t".into(),
            ..Task::default()
        };
        Trajectory::new(task, "file", "A room.", Vec::new(), end)
    };
    let good = episode(EpisodeEnd::Success);
    let deadly = episode(EpisodeEnd::Failure);
    write_two(&stage.dir(), &good, &deadly);
    let paint = |stage: &mut Stage, trajectory: &Trajectory| {
        stage.ask(Request::Trajectory(TrajectoryRequest::Paint {
            source: Source::Dataset { id: "two".into() },
            id: trajectory.id.clone(),
            model: "m".into(),
        }))
    };
    for _ in 0..2 {
        let painted = paint(&mut stage, &good);
        assert!(
            matches!(
                painted,
                Ok(Response::Trajectory(TrajectoryResponse::Painted(_)))
            ),
            "{painted:?}"
        );
        let error = paint(&mut stage, &deadly).expect_err("the worker dies");
        assert_eq!(error.code, ErrorCode::WorkerCrashed, "{error:?}");
    }
}

fn write_two(dir: &DataDir, first: &Trajectory, second: &Trajectory) {
    let target = NewDataset {
        data: dir.clone(),
        id: "two".into(),
        name: "Two".into(),
        source: "test".into(),
        unseen_types: None,
        created_ms: 1,
    };
    write_dataset(&target, [first, second].map(|one| Ok(one.clone()))).expect("writes");
}

#[test]
fn what_the_shell_noticed_reaches_the_window() {
    let mut stage = stage();
    let noticed = ShellEvent::Hover { count: 2 };
    stage.app().notice(noticed.clone());
    stage.jobs();
    assert!(stage.heard.contains(&Event::Shell(noticed)));
}
