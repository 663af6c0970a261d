//! Models on servers through the application: the list, the keys, and jobs that play with one.
//!
//! Jobs need a built `lore_worker`; tests of them say so and pass without it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::Builder;
use std::time::Duration;

use lore_core::{Arm, ExperimentSpec, ModelId, Preset, Prices, RunSummary, Secret, ServedModel};
use lore_protocol::{
    ApiError, ErrorCode, EvaluateWork, ExperimentRequest, JobRequest, JobResponse, JobState,
    KeyPlace, ModelRequest, ModelResponse, Request, Response, ServedInfo, ServedTrial,
    SupportRequest, SupportResponse, Work,
};
use lore_tests::{Stage, built_worker};
use serde_json::json;

/// Looks like no other text, and like no secret to the report's filter.
const KEY: &str = "moss-fern-otter";

fn stage() -> Stage {
    Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")))
}

fn ask(stage: &mut Stage, request: ModelRequest) -> Result<ModelResponse, ApiError> {
    match stage.ask(Request::Model(request))? {
        Response::Model(response) => Ok(response),
        other => panic!("no answer about models: {other:?}"),
    }
}

fn list(stage: &mut Stage) -> Vec<ServedInfo> {
    match ask(stage, ModelRequest::Served) {
        Ok(ModelResponse::Served(list)) => list,
        other => panic!("no list: {other:?}"),
    }
}

/// Saves a model, and gives the list.
fn save(
    stage: &mut Stage,
    model: ServedModel,
    key: Option<&str>,
) -> Result<Vec<ServedInfo>, ApiError> {
    let request = ModelRequest::SaveServed {
        model: Box::new(model),
        key: key.map(Secret::from),
    };
    match ask(stage, request)? {
        ModelResponse::Served(list) => Ok(list),
        other => panic!("no list: {other:?}"),
    }
}

fn remove(stage: &mut Stage, id: &ModelId) {
    let id = id.clone();
    let request = Request::Model(ModelRequest::RemoveServed { id });
    assert_eq!(stage.ask(request), Ok(Response::Done));
}

fn tried(stage: &mut Stage, model: &ServedModel, key: Option<&str>) -> ServedTrial {
    let request = ModelRequest::TryServed {
        model: Box::new(model.clone()),
        key: key.map(Secret::from),
    };
    match ask(stage, request) {
        Ok(ModelResponse::Tried(trial)) => trial,
        other => panic!("it was not tried: {other:?}"),
    }
}

fn model(name: &str, address: &str) -> ServedModel {
    ServedModel {
        name: name.to_owned(),
        address: address.to_owned(),
        model: "m-1".to_owned(),
        ..ServedModel::default()
    }
}

/// Everything in a folder that holds the text.
fn holding(root: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("is listed") {
            let path = entry.expect("is listed").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default();
            if String::from_utf8_lossy(&bytes).contains(text) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_model_is_saved_changed_and_forgotten() {
    let mut stage = stage();
    assert!(list(&mut stage).is_empty());
    let saved = save(&mut stage, model(" Big one ", "localhost:8000"), None).expect("is saved");
    let first = saved[0].model.clone();
    assert_eq!(
        (first.id.as_str(), &*first.name),
        ("server:big-one", "Big one")
    );
    assert_eq!(saved[0].key, KeyPlace::Nowhere);
    let again = save(&mut stage, model("Big one", "localhost:8001"), None).expect("is saved");
    assert_eq!(again[1].model.id.as_str(), "server:big-one-2");
    let changed = ServedModel {
        name: "Another".into(),
        ..first.clone()
    };
    let changed = save(&mut stage, changed, None).expect("is changed");
    assert_eq!(changed.len(), 2);
    assert_eq!(changed[0].model.id, first.id);
    let mut stage = stage.reopen();
    remove(&mut stage, &first.id);
    assert_eq!(list(&mut stage).len(), 1);
    for (name, address, words) in [
        ("", "localhost", "needs a name"),
        ("A", "ftp://a", "is not the address"),
    ] {
        let error = save(&mut stage, model(name, address), None).expect_err("is refused");
        assert!(error.summary.contains(words), "{}", error.summary);
    }
    let error = save(&mut stage, model("A", "localhost"), Some("two words"));
    assert!(error.expect_err("is no key").summary.contains("not a key"));
    assert_eq!(list(&mut stage).len(), 1);
}

#[test]
fn a_key_goes_to_its_address_and_is_written_down_nowhere() {
    let mut stage = stage();
    let saved = save(&mut stage, model("A", "https://a.example/v1"), Some(KEY));
    let saved = saved.expect("is saved")[0].clone();
    // Tests have no keychain, so it stays in memory, and the list says so.
    assert_eq!(saved.key, KeyPlace::Session);
    let word = |stage: &mut Stage, model: &ServedModel, key| {
        tried(stage, model, key).word.expect("a word").0
    };
    let a = saved.model.clone();
    let b = model("B", "https://b.example/v1");
    assert_eq!(word(&mut stage, &a, None), "a key");
    assert_eq!(
        word(&mut stage, &b, None),
        "no key",
        "it is for another address"
    );
    assert_eq!(word(&mut stage, &b, Some("x")), "a key");
    // Another model at the address needs no key of its own.
    save(&mut stage, model("C", "https://a.example/v1/"), None).expect("is saved");
    assert!(
        list(&mut stage)
            .iter()
            .all(|info| info.key == KeyPlace::Session)
    );
    remove(&mut stage, &a.id);
    let c = list(&mut stage)[0].model.clone();
    assert_eq!(word(&mut stage, &c, None), "a key");

    let report = match stage.ask(Request::Support(SupportRequest::Compose)) {
        Ok(Response::Support(SupportResponse::Report(files))) => files,
        other => panic!("no report: {other:?}"),
    };
    for file in report {
        let name = file.name;
        match stage.ask(Request::Support(SupportRequest::Read { name })) {
            Ok(Response::Support(SupportResponse::Text { text, .. })) => {
                assert!(!text.contains(KEY), "{text}");
            }
            other => panic!("no text: {other:?}"),
        }
    }
    assert_eq!(holding(stage.dir().root(), KEY), Vec::<PathBuf>::new());
    let said = format!("{:?}", stage.heard);
    assert!(!said.contains(KEY), "{said}");

    save(&mut stage, c.clone(), Some("")).expect("the key is taken away");
    assert_eq!(word(&mut stage, &c, None), "no key");
}

#[test]
fn a_damaged_list_is_set_aside() {
    let mut stage = stage();
    save(&mut stage, model("A", "localhost"), None).expect("is saved");
    let mut stage = stage.reopen_after(|dir| {
        fs::write(dir.served_models(), "[{").expect("writes");
    });
    assert!(list(&mut stage).is_empty());
    let spare = stage.dir().models().join("servers.json.damaged-1");
    assert!(spare.exists());
}

#[test]
fn an_experiment_says_which_arms_a_server_cannot_play() {
    let mut stage = stage();
    let mut spec = ExperimentSpec::preset(Preset::Smoke);
    let server = save(&mut stage, model("A", "localhost"), None).expect("is saved");
    let mut server = server[0].model.clone();
    let problems = |stage: &mut Stage, spec: &ExperimentSpec| {
        let spec = Box::new(spec.clone());
        match stage.ask(Request::Experiment(ExperimentRequest::Start { spec })) {
            Err(error) => error,
            Ok(other) => panic!("it was started: {other:?}"),
        }
    };
    spec.arms = Arm::on_server(&server);
    let error = problems(&mut stage, &spec);
    assert!(
        error.summary.contains("embedder"),
        "its own model is not needed: {error:?}"
    );
    lore_tests::fake_model(
        &stage.dir(),
        spec.model.as_str(),
        lore_core::ModelKind::Language,
    );
    lore_tests::fake_model(
        &stage.dir(),
        spec.embedder.as_str(),
        lore_core::ModelKind::Embedder,
    );
    server.loads_adapters = true;
    spec.arms = Arm::on_server(&server);
    let error = problems(&mut stage, &spec);
    assert!(
        error.summary.contains("loads no adapters"),
        "{}",
        error.summary
    );
    remove(&mut stage, &server.id);
    let error = problems(&mut stage, &spec);
    assert_eq!(error.code, ErrorCode::ModelMissing);
    assert!(error.summary.contains("on servers"), "{}", error.summary);
}

/// Answers every question with an action, and keeps the heads of the questions.
fn server(heads: &Arc<Mutex<Vec<String>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let heads = Arc::clone(heads);
    let serve = move || {
        for stream in listener.incoming().flatten() {
            let heads = Arc::clone(&heads);
            let line = move || answer(stream, &heads).unwrap_or_default();
            Builder::new()
                .name("line".into())
                .spawn(line)
                .expect("a thread");
        }
    };
    Builder::new()
        .name("server".into())
        .spawn(serve)
        .expect("a thread");
    address
}

fn answer(mut stream: TcpStream, heads: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let lower = head.to_lowercase();
        let length = lower.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
        reader.read_exact(&mut vec![0; length.unwrap_or(0)])?;
        heads.lock().expect("whole").push(head);
        let body = json!({
            "choices": [{"message": {"content": "Look."}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 10},
        })
        .to_string();
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
        )?;
    }
}

/// The arm without memories on a server, in the few games of a quick look.
fn play(server: &ServedModel) -> Work {
    let mut spec = ExperimentSpec::preset(Preset::Smoke);
    spec.agent.max_steps = 3;
    spec.tasks.seen_test = 2;
    spec.tasks.unseen_test = 1;
    Work::Evaluate(EvaluateWork {
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
    })
}

fn submit(stage: &mut Stage, work: Work) -> lore_core::JobId {
    let request = JobRequest::Submit {
        work: Box::new(work),
        title: "Play".into(),
        cluster: None,
    };
    match stage.ask(Request::Job(request)) {
        Ok(Response::Job(JobResponse::Submitted(id))) => id,
        other => panic!("the job was not taken: {other:?}"),
    }
}

#[test]
fn a_job_plays_on_a_server_with_the_key_and_leaves_it_nowhere() {
    let Some(worker) = built_worker() else { return };
    let mut stage = Stage::new(&worker);
    let heads = Arc::default();
    let mut served = model("Own", &server(&heads));
    served.prices = Some(Prices {
        prompt: 2.0,
        completion: 10.0,
    });
    let saved = save(&mut stage, served, Some(KEY)).expect("is saved");
    let id = submit(&mut stage, play(&saved[0].model));
    let job = stage.wait_for_end(&id);
    assert!(
        matches!(job.state, JobState::Finished { .. }),
        "{:?}",
        job.state
    );
    let folder = stage.dir().job(None, &id);
    let text = fs::read_to_string(folder.join("summary.json")).expect("is there");
    let summary: RunSummary = serde_json::from_str(&text).expect("is whole");
    let steps: u32 = summary
        .episodes
        .iter()
        .map(|episode| episode.num_steps)
        .sum();
    let cost = f64::from(steps) * (1000.0 * 2.0 + 10.0 * 10.0) / 1e6;
    assert!((summary.cost().expect("prices are known") - cost).abs() < 1e-9);
    let heads = heads.lock().expect("whole");
    assert!(!heads.is_empty());
    for head in heads.iter() {
        assert!(
            head.contains(&format!("authorization: Bearer {KEY}")),
            "{head}"
        );
    }
    assert_eq!(holding(stage.dir().root(), KEY), Vec::<PathBuf>::new());

    let error = submit_refused(&mut stage, &ModelId::served("gone"));
    assert_eq!(error.code, ErrorCode::ModelMissing);
}

fn submit_refused(stage: &mut Stage, id: &ModelId) -> ApiError {
    let server = ServedModel {
        id: id.clone(),
        ..ServedModel::default()
    };
    let request = JobRequest::Submit {
        work: Box::new(play(&server)),
        title: "Play".into(),
        cluster: None,
    };
    stage
        .ask(Request::Job(request))
        .expect_err("it is not known")
}

#[test]
fn a_job_whose_server_refuses_says_what_to_do() {
    let Some(worker) = built_worker() else { return };
    let mut stage = Stage::new(&worker);
    // What is not found will not be found later either, so nobody waits for hope to end.
    let saved = save(&mut stage, model("Own", &server_that_refuses()), None).expect("is saved");
    let id = submit(&mut stage, play(&saved[0].model));
    match stage.wait_for_end(&id).state {
        JobState::Failed { error } => {
            assert!(error.summary.contains("status 404"), "{}", error.summary);
            assert!(error.summary.contains("Models page"), "{}", error.summary);
        }
        other => panic!("it cannot have played: {other:?}"),
    }
}

fn server_that_refuses() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let serve = move || {
        for mut stream in listener.incoming().flatten() {
            // What it is asked does not matter, nor whether that came whole.
            let mut question = vec![0; 65_536];
            if stream.read(&mut question).is_err() {
                continue;
            }
            let answer =
                "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            stream.write_all(answer.as_bytes()).ok();
        }
    };
    Builder::new()
        .name("server".into())
        .spawn(serve)
        .expect("a thread");
    address
}

/// An arm over a server that is not ours, where `LOREKEEPER_TEST_SERVER` says where one is, and
/// `LOREKEEPER_TEST_SERVER_KEY` its key; `cargo xtask reference llama_cpp_server` starts one.
#[test]
#[expect(
    clippy::print_stderr,
    reason = "a test that checks nothing must say so, and figures are worth telling"
)]
fn a_llama_cpp_server_plays_an_arm() {
    let (Some(worker), Ok(address)) = (built_worker(), std::env::var("LOREKEEPER_TEST_SERVER"))
    else {
        eprintln!("skipped: LOREKEEPER_TEST_SERVER is not set");
        return;
    };
    let key = std::env::var("LOREKEEPER_TEST_SERVER_KEY").ok();
    let mut stage = Stage::new(&worker);
    let mut served = model("Real", &address);
    served.model.clear();
    let trial = tried(&mut stage, &served, key.as_deref());
    served.model = trial.models.first().expect("it lists its models").clone();
    let trial = tried(&mut stage, &served, key.as_deref());
    eprintln!("{}: {:?}", served.model, trial.word);
    assert!(trial.word.is_some());
    let saved = save(&mut stage, served, key.as_deref()).expect("is saved");
    let id = submit(&mut stage, play(&saved[0].model));
    let job = stage.wait_within(&id, Duration::from_mins(5), |job| !job.state.is_active());
    assert!(
        matches!(job.state, JobState::Finished { .. }),
        "{:?}",
        job.state
    );
    let path = stage.dir().job(None, &id).join("summary.json");
    let text = fs::read_to_string(path).expect("is there");
    let summary: RunSummary = serde_json::from_str(&text).expect("is whole");
    for episode in &summary.episodes {
        let (read, written) = (episode.prompt_tokens, episode.completion_tokens);
        let secs = episode.millis as f64 / 1000.0;
        eprintln!(
            "{} steps, {read} + {written} tokens, {secs:.1} s",
            episode.num_steps
        );
        assert!(read > 0 && written > 0);
    }
}
