//! What the application reads from the files that jobs leave: episodes, results, banks.

use std::fs;
use std::path::{Path, PathBuf};

use lore_bank::{ExperienceBank, KeyedExperience, NewBank};
use lore_core::{
    Arm, EpisodeEnd, EpisodeSummary, Experience, ExperienceId, ExperimentSpec, ModelKind, Page,
    Preset, Query, RunSummary, SplitKind, Step, Task, Trajectory, TrajectoryFilter, TrajectoryRow,
};
use lore_protocol::{
    BankRequest, BankResponse, ErrorCode, ExperimentRequest, ExperimentResponse, Request, Response,
    Source, TrajectoryRequest, TrajectoryResponse,
};
use lore_tests::{Stage, fake_model};

/// An unseen type of the presets, and a seen one.
const TYPES: [&str; 2] = ["pick_two_obj_and_place", "pick_and_place_simple"];

/// A finished experiment whose runs left nothing but their journals.
fn stage() -> Stage {
    let mut stage = Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")));
    let spec = ExperimentSpec {
        id: "good".into(),
        ..ExperimentSpec::preset(Preset::Smoke)
    };
    fake_model(&stage.dir(), spec.model.as_str(), ModelKind::Language);
    fake_model(&stage.dir(), spec.embedder.as_str(), ModelKind::Embedder);
    let start = ExperimentRequest::Start {
        spec: Box::new(spec),
    };
    stage.ask(Request::Experiment(start)).expect("starts");
    stage.wait_for_end(&"good.report".into());
    stage
}

fn run_folder(stage: &Stage, arm: &str) -> PathBuf {
    let job = format!("good.{arm}-seed2025").into();
    stage.dir().job(Some(&"good".into()), &job)
}

fn episode(number: usize, end: EpisodeEnd) -> Trajectory {
    let task = Task {
        id: format!("task-{number}").into(),
        environment: "alfworld".into(),
        task_type: TYPES[number % 2].into(),
        goal: format!("put apple {number} in the fridge"),
        ..Task::default()
    };
    let step = Step {
        action: format!("take apple {number}"),
        observation: "You hold it.".into(),
        ..Step::default()
    };
    Trajectory::new(task, "arm", "A kitchen.", vec![step], end)
}

fn append(path: &Path, text: &str) {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    let mut file = options.create(true).append(true).open(path).expect("opens");
    file.write_all(text.as_bytes()).expect("writes");
}

fn play(folder: &Path, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let end = [EpisodeEnd::Success, EpisodeEnd::Truncated][number % 2];
        let text = serde_json::to_string(&episode(number, end)).expect("is JSON");
        append(&folder.join("trajectories.jsonl"), &(text + "\n"));
    }
}

fn rows(stage: &mut Stage, filter: TrajectoryFilter, offset: u64) -> Page<TrajectoryRow> {
    let rows = TrajectoryRequest::Rows {
        source: Source::Experiment { id: "good".into() },
        filter,
        offset,
        limit: 4,
    };
    match stage.ask(Request::Trajectory(rows)) {
        Ok(Response::Trajectory(TrajectoryResponse::Rows(page))) => page,
        other => panic!("no rows: {other:?}"),
    }
}

#[test]
fn episodes_of_all_runs_page_as_one_list_while_they_are_played() {
    let mut stage = stage();
    let all = TrajectoryFilter::default();
    assert_eq!(rows(&mut stage, all.clone(), 0).total, 0, "nothing played");
    play(&run_folder(&stage, "base"), 0..3);
    play(&run_folder(&stage, "lora"), 3..5);
    let page = rows(&mut stage, all.clone(), 0);
    assert_eq!((page.total, page.rows.len()), (5, 4));
    assert_eq!(page.rows[0].source, "Base model");
    assert_eq!(page.rows[0].seed, Some(2025));
    assert_eq!(page.rows[3].source, "LoRA");
    assert_eq!(page.rows[0].split, Some(SplitKind::Unseen));

    play(&run_folder(&stage, "base"), 5..6);
    append(
        &run_folder(&stage, "base").join("trajectories.jsonl"),
        "{ cut",
    );
    let page = rows(&mut stage, all, 4);
    assert_eq!((page.total, page.rows.len()), (6, 2), "what came is seen");

    let lora = TrajectoryFilter {
        arms: vec!["lora".into()],
        success: Some(true),
        ..TrajectoryFilter::default()
    };
    let page = rows(&mut stage, lora, 0);
    assert_eq!(page.rows.len(), 1);
    let get = TrajectoryRequest::Get {
        source: Source::Experiment { id: "good".into() },
        id: page.rows[0].id.clone(),
    };
    match stage.ask(Request::Trajectory(get)) {
        Ok(Response::Trajectory(TrajectoryResponse::One(found))) => {
            assert_eq!(*found, episode(4, EpisodeEnd::Success));
        }
        other => panic!("no episode: {other:?}"),
    }
}

#[test]
fn results_are_pooled_from_the_runs_that_are_done() {
    let mut stage = stage();
    for (arm, wins) in Arm::paper().into_iter().zip([0, 1, 2]) {
        let episodes = (0..2).map(|number| EpisodeSummary {
            task: format!("task-{number}").into(),
            task_type: TYPES[number % 2].into(),
            split: [SplitKind::Unseen, SplitKind::Seen][number % 2],
            end: if number < wins {
                EpisodeEnd::Success
            } else {
                EpisodeEnd::Truncated
            },
            ..EpisodeSummary::default()
        });
        let summary = RunSummary {
            job: format!("good.{}-seed2025", arm.id).into(),
            seed: 2025,
            episodes: episodes.collect(),
            arm: arm.clone(),
            prices: None,
        };
        let text = serde_json::to_string(&summary).expect("is JSON");
        fs::write(run_folder(&stage, &arm.id).join("summary.json"), text).expect("writes");
    }
    let folder = stage.dir().experiment(&"good".into());
    fs::write(folder.join("results.json"), "{ damaged").expect("writes");
    fs::write(folder.join("report.html"), "<html>").expect("writes");
    let request = ExperimentRequest::Results { id: "good".into() };
    match stage.ask(Request::Experiment(request)) {
        Ok(Response::Experiment(ExperimentResponse::Results { results, files })) => {
            let rates: Vec<Option<f64>> =
                results.arms.iter().map(|arm| arm.unseen.rate()).collect();
            assert_eq!(rates, [Some(0.0), Some(1.0), Some(1.0), None, None]);
            assert_eq!(files.len(), 1);
            assert_eq!(files[0].0, "report.html");
        }
        other => panic!("no results: {other:?}"),
    }
}

/// A bank with two keys at right angles; the fake embedder's queries lie along the first.
fn fill_bank(stage: &Stage) -> ExperienceId {
    let new = NewBank {
        id: "kitchen".into(),
        name: "Kitchen".into(),
        embedder: "all-minilm-l6-v2".into(),
        dim: 2,
        keys: lore_core::BankKeys::default(),
    };
    let bank = ExperienceBank::create(&stage.dir(), &new).expect("makes a bank");
    let keyed = [[1.0, 0.0], [0.0, 1.0]].into_iter().enumerate();
    let keyed: Vec<KeyedExperience> = keyed
        .map(|(number, key)| {
            let trajectory = episode(number, EpisodeEnd::Success);
            KeyedExperience {
                experience: Experience {
                    id: ExperienceId(trajectory.id.0.clone()),
                    trajectory,
                    num_tokens: 10,
                    pinned: false,
                    never_use: false,
                    lesson: String::new(),
                },
                task_key: key.to_vec(),
                trajectory_key: key.to_vec(),
                outcome_key: Vec::new(),
                window_keys: Vec::new(),
            }
        })
        .collect();
    bank.add(&keyed).expect("adds");
    keyed[0].experience.id.clone()
}

fn ask_bank(stage: &mut Stage) -> Vec<ExperienceId> {
    let query = Query {
        text: "put an apple in the fridge".into(),
        k: 1,
        ..Query::default()
    };
    let ask = BankRequest::Ask {
        bank: "kitchen".into(),
        query,
    };
    match stage.ask(Request::Bank(ask)) {
        Ok(Response::Bank(BankResponse::Hits { hits, .. })) => {
            hits.into_iter().map(|hit| hit.experience.id).collect()
        }
        other => panic!("no hits: {other:?}"),
    }
}

#[test]
fn a_bank_answers_what_would_be_retrieved_and_what_must_not() {
    let mut stage = Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")));
    fake_model(&stage.dir(), "all-minilm-l6-v2", ModelKind::Embedder);
    let nearest = fill_bank(&stage);
    assert_eq!(ask_bank(&mut stage).first(), Some(&nearest));
    let never = BankRequest::NeverUse {
        bank: "kitchen".into(),
        id: nearest.clone(),
        never_use: true,
    };
    assert_eq!(stage.ask(Request::Bank(never)), Ok(Response::Done));
    assert_ne!(ask_bank(&mut stage).first(), Some(&nearest));
    let map = BankRequest::Map {
        bank: "kitchen".into(),
    };
    match stage.ask(Request::Bank(map)) {
        Ok(Response::Bank(BankResponse::Map { points, .. })) => assert_eq!(points.len(), 2),
        other => panic!("no map: {other:?}"),
    }
    let delete = || {
        Request::Bank(BankRequest::Delete {
            bank: "kitchen".into(),
        })
    };
    assert_eq!(stage.ask(delete()), Ok(Response::Done));
    let gone = stage.ask(delete()).expect_err("is gone");
    assert_eq!(gone.code, ErrorCode::NotFound, "{gone:?}");
}
