//! A data folder with one of everything in it, made without a worker that computes.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lore_app::{App, AppConfig, Keychain};
use lore_bank::{ExperienceBank, KeyedExperience, NewBank};
use lore_core::{
    Adapter, AdapterId, AdapterOrigin, BankKeys, DataDir, EpisodeEnd, Experience, ExperienceId,
    ExperimentSpec, GradientCertificate, LoraConfig, ModelKind, Preset, ServerSpec, Step, Task,
    Trajectory,
};
use lore_data::{NewDataset, write_dataset};
use lore_protocol::{
    DatasetRequest, ExperimentRequest, JobRequest, JobResponse, Mark, Request, Response, Settings,
    SettingsRequest, Source, TrajectoryRequest, WorldRequest,
};

use crate::stage::fake_model;

/// Task types of the episodes; the last one is kept from training.
pub(super) const TYPES: [&str; 3] = [
    "pick_and_place_simple",
    "pick_clean_then_place_in_recep",
    "pick_two_obj_and_place",
];

/// A file of episodes beside the data folder.
pub(super) const BROUGHT: &str = "brought.jsonl";

/// Makes a data folder and a file to import in `root`. Experiments are done by `worker`, a fake one.
pub(super) fn furnish(root: &Path, worker: &Path) {
    let lines: Vec<String> = (20..60)
        .map(|number| serde_json::to_string(&episode(number)).expect("is JSON"))
        .collect();
    fs::write(root.join(BROUGHT), lines.join("\n")).expect("writes");
    let data = root.join("data");
    let dir = DataDir::new(&data);
    let usual = ExperimentSpec::preset(Preset::Smoke);
    fake_model(&dir, "m", ModelKind::Language);
    fake_model(&dir, usual.model.as_str(), ModelKind::Language);
    fake_model(&dir, usual.embedder.as_str(), ModelKind::Embedder);
    for (name, episodes) in [("kitchen", 0..6), ("garden", 6..10), ("old", 10..12)] {
        dataset(&dir, name, episodes);
    }
    bank(&dir);
    for name in ["steady", "spare"] {
        adapter(&dir, name);
    }
    let app = App::start(AppConfig {
        data_dir: data,
        worker: worker.to_owned(),
        bundled_models: None,
        code_version: "test".into(),
        keychain: Keychain::Memory,
        home: None,
        warnings: Vec::new(),
    })
    .expect("the application starts");
    ask_for_the_rest(&app, usual);
    wait_for_all(&app);
    app.shut_down(Duration::from_secs(10));
}

fn must(app: &App, request: Request) -> Response {
    let asked = format!("{request:?}");
    let answer = app.request(request);
    answer.unwrap_or_else(|error| panic!("{asked} was refused: {error:?}"))
}

fn ask_for_the_rest(app: &App, usual: ExperimentSpec) {
    let settings = Settings {
        stop_grace_secs: 2,
        ..Settings::default()
    };
    must(app, Request::Settings(SettingsRequest::Set { settings }));
    let delete = DatasetRequest::Delete { id: "old".into() };
    must(app, Request::Dataset(delete));
    let server = ServerSpec {
        name: "First".into(),
        address: "http://127.0.0.1:9".into(),
        ..ServerSpec::default()
    };
    must(app, Request::World(WorldRequest::SaveServer { server }));
    let mark = Box::new(mark(0, "worth a look"));
    must(app, Request::Trajectory(TrajectoryRequest::Mark { mark }));
    let spec = Box::new(ExperimentSpec {
        id: "good".into(),
        ..usual
    });
    must(app, Request::Experiment(ExperimentRequest::Start { spec }));
}

fn wait_for_all(app: &App) {
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let Response::Job(JobResponse::List(jobs)) = must(app, Request::Job(JobRequest::List))
        else {
            panic!("a list was asked for");
        };
        if jobs.iter().all(|job| !job.state.is_active()) {
            return;
        }
        assert!(Instant::now() < deadline, "waited in vain: {jobs:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A mark of an episode of the kitchen.
pub(super) fn mark(number: usize, note: &str) -> Mark {
    let episode = episode(number);
    Mark {
        source: Source::Dataset {
            id: "kitchen".into(),
        },
        id: episode.id,
        goal: episode.task.goal,
        who: "expert".into(),
        end: episode.end,
        steps: vec![0],
        note: note.to_owned(),
    }
}

/// An episode; every third one fails.
pub(super) fn episode(number: usize) -> Trajectory {
    let task = Task {
        id: format!("task-{number}").into(),
        environment: "alfworld".into(),
        task_type: TYPES[number % TYPES.len()].into(),
        goal: format!("put apple {number} in the fridge"),
        ..Task::default()
    };
    let steps = (0..4).map(|step| Step {
        action: format!("take apple {number} from shelf {step}"),
        observation: format!("You pick up the apple {number} from the shelf {step}."),
        ..Step::default()
    });
    let end = [
        EpisodeEnd::Success,
        EpisodeEnd::Success,
        EpisodeEnd::Failure,
    ][number % 3];
    Trajectory::new(
        task,
        "expert",
        "You are in a kitchen.",
        steps.collect(),
        end,
    )
}

fn dataset(dir: &DataDir, name: &str, episodes: std::ops::Range<usize>) {
    let target = NewDataset {
        data: dir.clone(),
        id: name.into(),
        name: name.to_owned(),
        source: "made for a test".into(),
        unseen_types: Some(vec![TYPES[2].into()]),
        created_ms: 1_795_000_000_000,
    };
    write_dataset(&target, episodes.map(|number| Ok(episode(number)))).expect("writes a data set");
}

fn bank(dir: &DataDir) {
    let new = NewBank {
        id: "kitchen".into(),
        name: "Kitchen".into(),
        embedder: ExperimentSpec::default().embedder,
        dim: 2,
        keys: BankKeys::default(),
    };
    let bank = ExperienceBank::create(dir, &new).expect("makes a bank");
    let keyed: Vec<KeyedExperience> = (0..4)
        .map(|number| {
            let trajectory = episode(number);
            let key = vec![1.0, number as f32];
            KeyedExperience {
                experience: Experience {
                    id: ExperienceId(trajectory.id.0.clone()),
                    num_tokens: trajectory.estimated_tokens(),
                    trajectory,
                    pinned: false,
                    never_use: false,
                    lesson: String::new(),
                },
                task_key: key.clone(),
                trajectory_key: key,
                outcome_key: Vec::new(),
                window_keys: Vec::new(),
            }
        })
        .collect();
    bank.add(&keyed).expect("adds");
}

/// An adapter as far as lists look at it.
fn adapter(dir: &DataDir, name: &str) {
    let adapter = Adapter {
        id: AdapterId::from(name),
        name: name.to_owned(),
        base_model: "m".into(),
        base_digest: "0".into(),
        lora: LoraConfig::default(),
        origin: AdapterOrigin::default(),
        certificate: GradientCertificate::default(),
        num_steps: 4,
        final_loss: 0.5,
        with_retrieval: false,
        created_ms: 1_795_000_000_000,
        weights_digest: String::new(),
    };
    let folder = dir.adapter(&adapter.id);
    fs::create_dir_all(&folder).expect("makes a folder");
    let text = serde_json::to_string_pretty(&adapter).expect("is JSON");
    fs::write(folder.join("adapter.json"), text).expect("writes");
    fs::write(folder.join("adapter_config.json"), "{}").expect("writes");
    fs::write(folder.join("adapter_model.safetensors"), [7u8; 256]).expect("writes");
}
