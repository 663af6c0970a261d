//! Every request, as a window would send it, on an empty data folder and on a damaged one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lore_core::{
    DataDir, EpisodeEnd, ExperimentSpec, Filter, LeakGuard, ModelKind, Query, RetrievalMode, Task,
    Trajectory, TrajectoryFilter, WorldSpec,
};
use lore_data::{NewDataset, write_dataset};
use lore_protocol::{
    BankRequest, Call, DatasetRequest, ErrorCode, Estimate, ExperimentRequest, ExperimentResponse,
    ExportFormat, ExportRequest, Incoming, JobRequest, MeasureWork, ModelRequest, ModelSource,
    Request, Response, Settings, SettingsRequest, SettingsResponse, ShellRequest, Source, Status,
    TrajectoryRequest, TrajectoryResponse, Work,
};
use lore_tests::{Stage, fake_model};

fn stage() -> Stage {
    Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")))
}

fn page() -> (TrajectoryFilter, u64, u64) {
    let filter = TrajectoryFilter {
        text: "apple".into(),
        ..TrajectoryFilter::default()
    };
    (filter, 0, u64::MAX)
}

fn query() -> Query {
    Query {
        text: "put an apple in the fridge".into(),
        mode: RetrievalMode::Static,
        k: 2,
        filter: Filter::default(),
        guard: LeakGuard::default(),
    }
}

fn datasets(id: &str) -> Vec<Request> {
    let (filter, offset, limit) = page();
    let text = String::new();
    let path = "/no/such/file".to_owned();
    let name = "A name".to_owned();
    let world = WorldSpec::Games {
        train: id.into(),
        test: None,
    };
    let id = || id.into();
    let requests = vec![
        DatasetRequest::List,
        DatasetRequest::Inspect { path: path.clone() },
        DatasetRequest::Import {
            path,
            name: name.clone(),
        },
        DatasetRequest::Collect {
            world,
            per_type: 1,
            name: name.clone(),
        },
        DatasetRequest::Get { id: id() },
        DatasetRequest::Trajectories {
            id: id(),
            filter,
            offset,
            limit,
        },
        DatasetRequest::Tasks {
            id: id(),
            text,
            offset,
            limit,
        },
        DatasetRequest::SetUnseen {
            id: id(),
            unseen_types: vec!["x".into()],
        },
        DatasetRequest::Rename { id: id(), name },
        DatasetRequest::Delete { id: id() },
        DatasetRequest::Restore { id: id() },
    ];
    requests.into_iter().map(Request::Dataset).collect()
}

fn banks(id: &str) -> Vec<Request> {
    let (filter, offset, limit) = page();
    let bank = || id.into();
    let id = || "e".into();
    let requests = vec![
        BankRequest::List,
        BankRequest::Build {
            bank: bank(),
            name: "A bank".into(),
            datasets: vec!["d".into()],
            embedder: "m".into(),
        },
        BankRequest::Rows {
            bank: bank(),
            filter,
            offset,
            limit,
        },
        BankRequest::Get {
            bank: bank(),
            id: id(),
        },
        BankRequest::Ask {
            bank: bank(),
            query: query(),
        },
        BankRequest::Map { bank: bank() },
        BankRequest::Pin {
            bank: bank(),
            id: id(),
            pinned: true,
        },
        BankRequest::NeverUse {
            bank: bank(),
            id: id(),
            never_use: true,
        },
        BankRequest::Remove {
            bank: bank(),
            ids: vec![id()],
        },
        BankRequest::Delete { bank: bank() },
    ];
    requests.into_iter().map(Request::Bank).collect()
}

fn jobs(id: &str) -> Vec<Request> {
    let work = Box::new(Work::Measure(MeasureWork { model: id.into() }));
    let job = || id.into();
    let requests = vec![
        JobRequest::List,
        JobRequest::Submit {
            work,
            title: String::new(),
        },
        JobRequest::Stop { job: job() },
        JobRequest::Resume { job: job() },
        JobRequest::Move {
            job: job(),
            index: 9,
        },
        JobRequest::Remove { job: job() },
        JobRequest::Series {
            job: job(),
            name: "x".into(),
            width: 0,
        },
        JobRequest::Lines {
            job: job(),
            after_seq: 0,
            limit: usize::MAX,
        },
        JobRequest::Log { job: job() },
        JobRequest::Replay {
            after_seq: u64::MAX,
        },
    ];
    requests.into_iter().map(Request::Job).collect()
}

fn experiments(id: &str) -> Vec<Request> {
    let spec = || {
        Box::new(ExperimentSpec {
            id: id.into(),
            ..ExperimentSpec::default()
        })
    };
    let id = || id.into();
    let requests = vec![
        ExperimentRequest::List,
        ExperimentRequest::Get { id: id() },
        ExperimentRequest::Estimate { spec: spec() },
        ExperimentRequest::Start { spec: spec() },
        ExperimentRequest::Stop { id: id() },
        ExperimentRequest::Resume { id: id() },
        ExperimentRequest::Results { id: id() },
        ExperimentRequest::Delete { id: id() },
        ExperimentRequest::Restore { id: id() },
    ];
    requests.into_iter().map(Request::Experiment).collect()
}

fn trajectories(id: &str) -> Vec<Request> {
    let sources = [
        Source::Dataset { id: id.into() },
        Source::Bank { id: id.into() },
        Source::Run {
            experiment: None,
            job: id.into(),
        },
        Source::Experiment { id: id.into() },
    ];
    let of_source = |source: Source| {
        let (filter, offset, limit) = page();
        let (source, id) = (|| source.clone(), || "t".into());
        [
            TrajectoryRequest::Rows {
                source: source(),
                filter,
                offset,
                limit,
            },
            TrajectoryRequest::Get {
                source: source(),
                id: id(),
            },
            TrajectoryRequest::Paint {
                source: source(),
                id: id(),
                model: "m".into(),
            },
        ]
    };
    sources
        .into_iter()
        .flat_map(of_source)
        .map(Request::Trajectory)
        .collect()
}

fn others(id: &str) -> Vec<Request> {
    let adapter = || id.into();
    let destination = "relative/folder".to_owned();
    let format = ExportFormat::Peft;
    let settings = Settings::default();
    vec![
        Request::Model(ModelRequest::List),
        Request::Model(ModelRequest::Fetch {
            source: ModelSource::Local {
                path: "/no/such/model".into(),
            },
        }),
        Request::Model(ModelRequest::Remove { id: id.into() }),
        Request::Export(ExportRequest::Adapters),
        Request::Export(ExportRequest::Export {
            adapter: adapter(),
            format,
            destination,
        }),
        Request::Export(ExportRequest::Rename {
            adapter: adapter(),
            name: "x".into(),
        }),
        Request::Export(ExportRequest::Delete { adapter: adapter() }),
        Request::Export(ExportRequest::Restore { adapter: adapter() }),
        Request::Settings(SettingsRequest::Get),
        Request::Settings(SettingsRequest::Set { settings }),
        Request::Settings(SettingsRequest::Status),
        Request::Shell(ShellRequest::Open { target: "x".into() }),
    ]
}

/// Every request there is, about things called `id`.
fn every_request(id: &str) -> Vec<Request> {
    let mut all = Vec::new();
    for part in [datasets, banks, jobs, experiments, trajectories, others] {
        all.extend(part(id));
    }
    all
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
        ("Job", "job.rs"),
        ("Experiment", "experiment.rs"),
        ("Trajectory", "trajectory.rs"),
        ("Export", "export.rs"),
        ("Settings", "settings.rs"),
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
    let spec = ExperimentSpec::default();
    fake_model(&stage.dir(), spec.model.as_str(), ModelKind::Language);
    let estimate = |stage: &mut Stage| -> Estimate {
        let spec = Box::new(ExperimentSpec::default());
        match stage.ask(Request::Experiment(ExperimentRequest::Estimate { spec })) {
            Ok(Response::Experiment(ExperimentResponse::Estimate(estimate))) => estimate,
            other => panic!("no estimate: {other:?}"),
        }
    };
    let first = estimate(&mut stage);
    assert!(first.measured);
    let problems = first.problems.join("\n");
    assert!(problems.contains("embedder"), "it is missing: {problems}");
    let kept = stage.dir().root().join("speed-smollm2-135m-instruct.json");
    assert!(kept.exists());
    assert_eq!(estimate(&mut stage), first);
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
