//! Arms that a model on a server plays: the server is this program's own endpoint with a tiny model.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::sync::mpsc::channel;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use common::{job, job_of, lab, read, tiny_experiment};
use lore_core::{
    Arm, DataDir, ModelId, ModelInfo, Prices, RunSummary, ServedModel, StopToken, Trajectory,
};
use lore_lab::{Calls, EndpointLimits, LabOptions, Needs, Outcome, serve_endpoint};
use lore_protocol::{Door, EndpointLine, ErrorCode, EvaluateWork, JobSpec, Speaker, Work};
use tempfile::TempDir;

/// The endpoint, open until this is dropped.
struct Endpoint {
    door: Door,
    stop: StopToken,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    fn open(data: &DataDir) -> Self {
        let info = ModelInfo {
            id: "tiny".into(),
            name: "Tiny".into(),
            path: "weights".into(),
            digest: "d".into(),
            ..ModelInfo::default()
        };
        let folder = data.model(&info.id);
        long_tiny_model(&folder.join("weights"));
        let text = serde_json::to_string(&info).unwrap();
        std::fs::write(folder.join("model.json"), text).unwrap();
        let (stop, data) = (StopToken::new(), data.clone());
        let stopping = stop.clone();
        let (doors, opened) = channel();
        let serve = move || {
            let mut tell = |line| {
                if let EndpointLine::Open { door } = line {
                    doors.send(door).unwrap();
                }
            };
            let speaker = Speaker::plain("tiny".into());
            let limits = EndpointLimits::default();
            serve_endpoint(&data, &speaker, limits, &stopping, &mut tell).unwrap();
        };
        let thread = Builder::new().name("endpoint".into()).spawn(serve).unwrap();
        let door = opened
            .recv_timeout(Duration::from_secs(30))
            .expect("it opens");
        Self {
            door,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// The tiny model, made to take a whole game: its positions are turned, not learned.
fn long_tiny_model(folder: &Path) {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lore_llm/tests/fixtures/tiny-llama");
    std::fs::create_dir_all(folder).unwrap();
    for file in std::fs::read_dir(tiny).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    let config = folder.join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let mut config_json: serde_json::Value = serde_json::from_str(&text).unwrap();
    config_json["max_position_embeddings"] = 8192.into();
    std::fs::write(&config, config_json.to_string()).unwrap();
}

fn data() -> (TempDir, DataDir) {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path());
    (folder, data)
}

/// Writes the list of models on servers: one at this address.
fn know(data: &DataDir, address: &str) -> ServedModel {
    let model = ServedModel {
        id: ModelId::served("own"),
        name: "Own".into(),
        address: address.to_owned(),
        model: "lorekeeper".into(),
        timeout_secs: 60,
        prices: Some(Prices {
            prompt: 1.0,
            completion: 2.0,
        }),
        ..ServedModel::default()
    };
    std::fs::create_dir_all(data.models()).unwrap();
    let text = serde_json::to_string(&vec![&model]).unwrap();
    std::fs::write(data.served_models(), text).unwrap();
    model
}

/// The job of the arm without memories.
fn play(server: &ServedModel) -> JobSpec {
    let spec = tiny_experiment(&["base"]);
    let work = EvaluateWork {
        arm: Arm::on_server(server).remove(0),
        seed: 1,
        model: server.id.clone(),
        adapter: None,
        bank: None,
        retrieval: spec.retrieval,
        bank_at_test: spec.bank_at_test,
        agent: spec.agent,
        world: spec.world,
        unseen_types: spec.unseen_types,
        tasks: spec.tasks,
    };
    job_of(&spec.id, "tiny.base_own-seed1", Work::Evaluate(work))
}

#[test]
fn an_arm_plays_over_the_endpoint_to_the_end() {
    let (_folder, data) = data();
    let endpoint = Endpoint::open(&data);
    let mut server = know(&data, &endpoint.door.address);
    server.model.clone_from(&endpoint.door.model);
    let text = serde_json::to_string(&vec![&server]).unwrap();
    std::fs::write(data.served_models(), text).unwrap();
    let spec = play(&server);
    let options = LabOptions {
        server_key: Some(endpoint.door.token.clone()),
        ..LabOptions::default()
    };
    let (outcome, _) = lab(&spec, &data, &options, &StopToken::new());
    assert!(
        matches!(outcome, Ok(Outcome::Finished { .. })),
        "{outcome:?}"
    );

    let folder = data.job(spec.experiment.as_ref(), &spec.id);
    let summary: RunSummary = read(&folder.join("summary.json")).unwrap();
    assert_eq!(summary.episodes.len(), 2);
    for episode in &summary.episodes {
        assert!(episode.num_steps > 0);
        assert!(episode.prompt_tokens > 0 && episode.completion_tokens > 0);
    }
    assert!(summary.cost().unwrap() > 0.0);
    let played = std::fs::read_to_string(folder.join("trajectories.jsonl")).unwrap();
    assert!(!played.contains(endpoint.door.token.reveal()));
    let first: Trajectory = serde_json::from_str(played.lines().next().unwrap()).unwrap();
    let trace = first.trace.unwrap();
    assert!(
        trace.model.contains(&endpoint.door.address),
        "{}",
        trace.model
    );
    assert_eq!(trace.setup.unwrap().model, server.id);
}

#[test]
fn without_the_key_the_job_says_what_to_do() {
    let (_folder, data) = data();
    let endpoint = Endpoint::open(&data);
    let server = know(&data, &endpoint.door.address);
    let (outcome, _) = lab(
        &play(&server),
        &data,
        &LabOptions::default(),
        &StopToken::new(),
    );
    let told = outcome
        .expect_err("the endpoint wants its token")
        .to_string();
    assert!(
        told.contains("status 401") && told.contains("Check the key"),
        "{told}"
    );
}

#[test]
fn a_job_calls_the_port_of_its_server_and_no_other() {
    let (_folder, data) = data();
    let server = know(&data, "http://gpu.example.org:8123");
    let calls = |spec: &JobSpec| {
        let needs = Needs::of_job(spec, &data, &LabOptions::default());
        needs.map(|needs| needs.network.calls)
    };
    assert_eq!(calls(&play(&server)).unwrap(), Calls::Port(8123));
    let mut here = play(&server);
    let Work::Evaluate(work) = &mut here.work else {
        panic!("it plays");
    };
    work.model = "tiny".into();
    assert_eq!(calls(&here).unwrap(), Calls::Nobody);
    know(&data, "https://api.example.org/v1");
    assert_eq!(calls(&play(&server)).unwrap(), Calls::Port(443));
}

#[test]
fn a_model_on_a_server_is_not_trained() {
    let (_folder, data) = data();
    let server = know(&data, "http://localhost:9");
    let work = lore_protocol::MeasureWork {
        model: server.id.clone(),
    };
    let spec = job(Work::Measure(work));
    let (outcome, _) = lab(&spec, &data, &LabOptions::default(), &StopToken::new());
    let error = lore_protocol::ApiError::from(outcome.unwrap_err());
    assert!(
        error.summary.contains("Own is on a server"),
        "{}",
        error.summary
    );
    std::fs::remove_file(data.served_models()).unwrap();
    let needs = Needs::of_job(&play(&server), &data, &LabOptions::default());
    let error = lore_protocol::ApiError::from(needs.unwrap_err());
    assert_eq!(error.code, ErrorCode::ModelMissing);
}
