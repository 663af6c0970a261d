//! Talking to a model in the window, and the endpoint for other programs, through the application and its
//! worker.
//!
//! Tests of the real model need `LOREKEEPER_TEST_MODELS` and a built `lore_worker`; they say so and pass
//! without them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use lore_core::{BankKeys, JobId, Message, ModelKind, Sampling};
use lore_protocol::{
    BankWork, Door, EndpointState, Event, JobRequest, JobResponse, Request, Response, Said,
    Speaker, TalkRequest, TalkResponse, Turn, Work,
};
use lore_tests::{Stage, fake_model, few_episodes, real_worker};
use serde_json::{Value, json};

/// The longest that a busy machine may take.
const PATIENCE: Duration = Duration::from_mins(5);

const MODEL: &str = "smollm2-135m-instruct";

fn fake_stage() -> Stage {
    let stage = Stage::new(Path::new(env!("CARGO_BIN_EXE_fake_worker")));
    for id in ["m", "broken"] {
        fake_model(&stage.dir(), id, ModelKind::Language);
    }
    stage
}

fn endpoint(stage: &mut Stage, request: TalkRequest) -> EndpointState {
    match stage.ask(Request::Talk(request)) {
        Ok(Response::Talk(TalkResponse::Endpoint(state))) => *state,
        other => panic!("no endpoint: {other:?}"),
    }
}

/// Switches the endpoint on and waits until it is, or has failed.
fn open(stage: &mut Stage, speaker: Speaker) -> EndpointState {
    let speaker = Box::new(speaker);
    let mut state = endpoint(stage, TalkRequest::Open { speaker });
    let deadline = Instant::now() + PATIENCE;
    while matches!(state, EndpointState::Starting { .. }) {
        assert!(Instant::now() < deadline, "it does not open");
        std::thread::sleep(Duration::from_millis(20));
        state = endpoint(stage, TalkRequest::Endpoint);
    }
    state
}

fn ask(stage: &mut Stage, turns: Vec<Turn>, sampling: Sampling) -> Vec<Said> {
    let talk = 7;
    let request = TalkRequest::Ask {
        talk,
        turns,
        sampling,
    };
    match stage.ask(Request::Talk(request)) {
        Ok(Response::Talk(TalkResponse::Answered { talk: 7, said })) => said,
        other => panic!("no answer: {other:?}"),
    }
}

fn turn(speaker: Speaker, text: &str) -> Turn {
    Turn {
        speaker,
        messages: vec![Message::user(text)],
    }
}

#[test]
fn an_answer_is_told_while_it_is_written() {
    let mut stage = fake_stage();
    let speaker = Speaker::plain("m".into());
    let turns = vec![turn(speaker.clone(), "a"), turn(speaker, "b")];
    let said = ask(&mut stage, turns, Sampling::default());
    assert_eq!(said.len(), 2);
    let told = stage.heard.iter().filter_map(|event| match event {
        Event::Talk {
            talk: 7,
            turn,
            said,
        } => Some((*turn, said.text.as_str())),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [(0, "lo"), (1, "lo")]);
}

#[test]
fn the_endpoint_is_off_until_it_is_switched_on_and_off_again_afterwards() {
    let mut stage = fake_stage();
    let state = endpoint(&mut stage, TalkRequest::Endpoint);
    assert_eq!(state, EndpointState::Off);
    let state = open(&mut stage, Speaker::plain("m".into()));
    let EndpointState::On { door, speaker, .. } = state else {
        panic!("it is open: {state:?}");
    };
    assert_eq!(door.model, "m");
    assert_eq!(speaker.model.as_str(), "m");
    let state = endpoint(&mut stage, TalkRequest::Close);
    assert_eq!(state, EndpointState::Off);

    open(&mut stage, Speaker::plain("m".into()));
    let mut stage = stage.reopen();
    let state = endpoint(&mut stage, TalkRequest::Endpoint);
    assert_eq!(state, EndpointState::Off);
}

#[test]
fn the_token_is_never_written_down() {
    let mut stage = fake_stage();
    let state = open(&mut stage, Speaker::plain("m".into()));
    let EndpointState::On { door, .. } = state else {
        panic!("it is open: {state:?}");
    };
    let mut folders = vec![stage.dir().root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("is listed") {
            let path = entry.expect("is listed").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                assert!(!text.contains(door.token.reveal()), "in {}", path.display());
            }
        }
    }
}

#[test]
fn an_endpoint_that_breaks_says_so_and_can_be_switched_on_again() {
    let mut stage = fake_stage();
    let state = open(&mut stage, Speaker::plain("broken".into()));
    assert!(matches!(state, EndpointState::Failed { .. }), "{state:?}");
    let state = open(&mut stage, Speaker::plain("m".into()));
    assert!(matches!(state, EndpointState::On { .. }), "{state:?}");

    let missing = Box::new(Speaker::plain("missing".into()));
    let refused = stage.ask(Request::Talk(TalkRequest::Open { speaker: missing }));
    refused.expect_err("there is no such model");
    let state = endpoint(&mut stage, TalkRequest::Endpoint);
    assert!(matches!(state, EndpointState::On { .. }), "{state:?}");
}

#[test]
fn an_endpoint_that_cannot_be_started_is_off() {
    let mut stage = fake_stage();
    open(&mut stage, Speaker::plain("m".into()));
    // A folder in the place of its log: no process can be started.
    let log = stage.dir().root().join("endpoint.log");
    std::fs::remove_file(&log).expect("is there");
    std::fs::create_dir(&log).expect("makes");
    let speaker = Box::new(Speaker::plain("m".into()));
    let refused = stage.ask(Request::Talk(TalkRequest::Open { speaker }));
    refused.expect_err("there is no process");
    let state = endpoint(&mut stage, TalkRequest::Endpoint);
    assert_eq!(state, EndpointState::Off, "nobody answers any more");
}

fn submit(stage: &mut Stage, work: Work, title: &str) {
    let (work, title) = (Box::new(work), title.to_owned());
    let id = match stage.ask(Request::Job(JobRequest::Submit {
        work,
        title,
        cluster: None,
    })) {
        Ok(Response::Job(JobResponse::Submitted(id))) => id,
        other => panic!("the job was not taken: {other:?}"),
    };
    ended(stage, &id);
}

fn ended(stage: &mut Stage, id: &JobId) {
    let job = stage.wait_within(id, PATIENCE, |job| !job.state.is_active());
    assert_eq!(job.state.label(), "done", "{job:#?}");
}

/// A stage with the starter models and a bank of a few episodes.
fn real_stage() -> Option<Stage> {
    let (worker, models) = real_worker()?;
    let mut stage = Stage::with_models(&worker, Some(models));
    for job in stage.jobs() {
        ended(&mut stage, &job.spec.id);
    }
    let collect = Work::Collect(few_episodes());
    submit(&mut stage, collect, "Collect");
    let build = Work::BuildBank(BankWork {
        bank: "bank".into(),
        name: "Bank".into(),
        datasets: vec!["episodes".into()],
        embedder: "all-minilm-l6-v2".into(),
        keys: BankKeys::default(),
    });
    submit(&mut stage, build, "Build");
    Some(stage)
}

fn reminded() -> Speaker {
    Speaker {
        bank: Some("bank".into()),
        ..Speaker::plain(MODEL.into())
    }
}

const TASK: &str = "You see a desk 1.\n\nYour task is to: put a clean mug in desk.";

/// With and without memories side by side; stopping leaves what was said.
#[test]
fn a_model_answers_with_and_without_memories_and_stops_when_asked() {
    let Some(mut stage) = real_stage() else {
        return;
    };
    let turns = || {
        vec![
            turn(reminded(), TASK),
            turn(Speaker::plain(MODEL.into()), TASK),
        ]
    };
    let sampling = Sampling {
        max_new_tokens: 24,
        ..Sampling::default()
    };
    let said = ask(&mut stage, turns(), sampling.clone());
    assert_eq!(said[0].memories.len(), 2, "{said:#?}");
    assert!(said[1].memories.is_empty());
    assert!(said[0].prompt_tokens > 3 * said[1].prompt_tokens);
    assert!(said.iter().all(|said| !said.text.is_empty()));
    assert!(said[0].memories[0].score >= said[0].memories[1].score);
    let told = stage
        .heard
        .iter()
        .filter(|event| matches!(event, Event::Talk { .. }));
    assert!(told.count() > 4, "it was told on the way");
    let texts = |said: &[Said]| said.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
    let again = ask(&mut stage, turns(), sampling);
    assert_eq!(texts(&again), texts(&said));

    let long = Sampling {
        max_new_tokens: 4000,
        temperature: 1.0,
        ..Sampling::default()
    };
    let asked = stage.send(Request::Talk(TalkRequest::Ask {
        talk: 8,
        turns: vec![turn(
            Speaker::plain(MODEL.into()),
            "Tell me a very long story.",
        )],
        sampling: long,
    }));
    stage.hear(|event| matches!(event, Event::Talk { talk: 8, .. }));
    let began = Instant::now();
    stage
        .app()
        .request(Request::Talk(TalkRequest::Stop))
        .expect("it stops");
    let said = stage.answer(asked);
    assert!(began.elapsed() < Duration::from_secs(10), "at once");
    let Ok(Response::Talk(TalkResponse::Answered { said, .. })) = said else {
        panic!("what was said is the answer: {said:?}");
    };
    assert_eq!(said[0].finish, None);
}

/// Posts a chat and returns the status and what came back.
fn post(door: &Door, body: &Value) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into();
    let mut response = agent
        .post(format!("{}/chat/completions", door.address))
        .header("Authorization", format!("Bearer {}", door.token.reveal()))
        .header("Content-Type", "application/json")
        .send(body.to_string())
        .expect("it answers");
    let text = response.body_mut().read_to_string().expect("is text");
    let value = serde_json::from_str(&text).expect("is JSON");
    (response.status().as_u16(), value)
}

fn chat(text: &str) -> Value {
    json!({
        "model": MODEL,
        "messages": [{"role": "user", "content": text}],
        "temperature": 0,
        "max_tokens": 16,
    })
}

#[test]
fn other_programs_talk_to_the_model_with_its_memories() {
    let Some(mut stage) = real_stage() else {
        return;
    };
    let state = open(&mut stage, reminded());
    let EndpointState::On { door, .. } = state else {
        panic!("it is open: {state:?}");
    };
    let (status, answer) = post(&door, &chat(TASK));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["memories"].as_array().map(Vec::len), Some(2));
    let usage = &answer["usage"];
    assert!(usage["prompt_tokens"].as_u64() > Some(300), "{usage}");
    let text = &answer["choices"][0]["message"]["content"];
    assert!(text.as_str().is_some_and(|text| !text.is_empty()));

    hang_up(&door);
    let began = Instant::now();
    let (_, again) = post(&door, &chat(TASK));
    assert_eq!(again["choices"][0]["message"]["content"], *text);
    assert!(began.elapsed() < Duration::from_mins(1), "{began:?}");
    assert_eq!(num_answered(&mut stage, 2), 2, "one was hung up on");
    official_client(&door);

    endpoint(&mut stage, TalkRequest::Close);
    let host = door
        .address
        .trim_start_matches("http://")
        .trim_end_matches("/v1");
    TcpStream::connect(host).expect_err("nobody listens any more");
}

/// How many chats were answered, once there are `wanted`.
fn num_answered(stage: &mut Stage, wanted: u64) -> u64 {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let state = endpoint(stage, TalkRequest::Endpoint);
        let EndpointState::On { num_answered, .. } = state else {
            panic!("it is open: {state:?}");
        };
        if num_answered >= wanted || Instant::now() > deadline {
            return num_answered;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Begins an answer that would take minutes and goes away.
fn hang_up(door: &Door) {
    let host = door
        .address
        .trim_start_matches("http://")
        .trim_end_matches("/v1");
    let mut body = chat("Tell me a very long story.");
    body["max_tokens"] = 4000.into();
    body["temperature"] = 1.into();
    body["stream"] = true.into();
    let body = body.to_string();
    let mut stream = TcpStream::connect(host).expect("it listens");
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        door.token.reveal(),
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("is sent");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let piece = lines.find(|line| line.contains("\"content\":\"") && !line.contains("\"role\""));
    assert!(piece.is_some(), "it began");
}

/// OpenAI's own client, where `LOREKEEPER_OPENAI_PYTHON` names a Python that has it.
fn official_client(door: &Door) {
    let Some(python) = std::env::var_os("LOREKEEPER_OPENAI_PYTHON") else {
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/openai_client.py");
    let output = Command::new(python)
        .arg("-I")
        .arg(script)
        .args(["--base-url", &door.address, "--token", door.token.reveal()])
        .output()
        .expect("Python runs");
    let (said, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("\"done\""), "{said}");
}
