//! A model on a server, with servers that answer as real ones do on bad days.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lore_core::{Adapter, AdapterOrigin, GradientCertificate, LoraConfig, Sampling};
use lore_protocol::ApiError;
use serde_json::{Value as Json, json};

use super::*;
use crate::files::write_json;

/// What a server does with one question.
enum Answer {
    /// Status, further headers, body.
    Reply(u16, &'static str, String),
    /// Says nothing and keeps the line open.
    Hang,
    /// Hangs up in the middle.
    BreakOff,
}

/// A question as it arrived.
#[derive(Clone, Debug)]
struct Question {
    line: String,
    head: String,
    body: Json,
}

/// A server that answers what it is told to, one after the other, then with "done".
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Question>>>,
}

fn said(text: &str) -> Answer {
    let body = json!({
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 3},
    });
    Answer::Reply(200, "", body.to_string())
}

fn refused(status: u16, headers: &'static str, message: &str) -> Answer {
    let body = json!({"error": {"message": message}});
    Answer::Reply(status, headers, body.to_string())
}

impl Server {
    fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<Question>>>::default();
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let shared = Arc::clone(&asked);
        Builder::new()
            .name("server".to_owned())
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (answers, asked) = (Arc::clone(&answers), Arc::clone(&shared));
                    let serve = move || {
                        // A caller that goes away is no concern of a server.
                        serve(stream, &answers, &asked).ok();
                    };
                    Builder::new().name("line".to_owned()).spawn(serve).unwrap();
                }
            })
            .unwrap();
        Self { address, asked }
    }

    fn info(&self) -> ServedModel {
        ServedModel {
            id: ModelId::served("m"),
            name: "M".into(),
            address: format!("http://{}", self.address),
            model: "m-1".into(),
            at_once: 4,
            timeout_secs: 1,
            ..ServedModel::default()
        }
    }

    fn chat(&self) -> ServedChat {
        chat_of(self.info(), &StopToken::new())
    }

    fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }
}

fn chat_of(info: ServedModel, stop: &StopToken) -> ServedChat {
    let key = Secret::from("sk-42");
    let nowhere = DataDir::new("/nowhere");
    ServedChat::with(&nowhere, info, None, Some(&key), QUICK, stop).unwrap()
}

/// So that tests do not wait.
const QUICK: Persistence = Persistence {
    num_tries: 3,
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_secs(5),
};

/// Answers every question of one connection.
fn serve(
    mut stream: TcpStream,
    answers: &Mutex<VecDeque<Answer>>,
    asked: &Mutex<Vec<Question>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut head = String::new();
        while reader.read_line(&mut head)? > 2 {}
        let lower = head.to_lowercase();
        let length = lower.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        asked.lock().unwrap().push(Question {
            line: line.trim().to_owned(),
            head,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        });
        let answer = answers.lock().unwrap().pop_front().unwrap_or(said("done"));
        match answer {
            Answer::Reply(status, headers, body) => {
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
                )?;
            }
            Answer::Hang => std::thread::sleep(Duration::from_secs(5)),
            Answer::BreakOff => {
                write!(
                    stream,
                    "HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{{\"cho"
                )?;
                return Ok(());
            }
        }
    }
}

fn request(text: &str) -> GenerateRequest {
    GenerateRequest {
        messages: vec![Message::user(text)],
        sampling: Sampling::default(),
    }
}

fn ask(chat: &mut ServedChat) -> Result<String> {
    Ok(chat.generate(&[request("Go.")])?.remove(0).text)
}

#[track_caller]
fn sentence(result: Result<String>) -> String {
    let error = result.expect_err("the server is of no help");
    let told = error
        .downcast_ref::<ApiError>()
        .expect("it is a sentence for people");
    told.summary.clone()
}

#[test]
fn a_question_is_asked_as_servers_expect_it() {
    let server = Server::answering([said("look")]);
    let mut chat = server.chat();
    let completion = chat.generate(&[request("Go.")]).unwrap().remove(0);
    assert_eq!(completion.text, "look");
    assert_eq!(
        (completion.prompt_tokens, completion.completion_tokens),
        (20, 3)
    );
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /v1/chat/completions HTTP/1.1");
    assert!(
        asked[0].head.contains("authorization: Bearer sk-42"),
        "{asked:?}"
    );
    assert_eq!(asked[0].body["model"], "m-1");
    assert_eq!(asked[0].body["temperature"], 0.0);
    assert_eq!(chat.name(), format!("m-1 at http://{}/v1", server.address));
}

#[test]
fn what_may_pass_is_asked_again() {
    for answer in [
        refused(503, "", "loading"),
        refused(429, "retry-after: 1\r\n", "slow down"),
        Answer::Hang,
        Answer::BreakOff,
        Answer::Reply(200, "", "<html>".into()),
    ] {
        let waits = matches!(answer, Answer::Reply(429, ..) | Answer::Hang);
        let server = Server::answering([answer, said("look")]);
        let began = Instant::now();
        assert_eq!(ask(&mut server.chat()).unwrap(), "look");
        assert_eq!(server.asked().len(), 2);
        assert!(!waits || began.elapsed() >= Duration::from_millis(900));
    }
}

#[test]
fn what_does_not_pass_is_told_at_once_and_the_key_is_not() {
    let server = Server::answering([refused(401, "", "Incorrect API key provided: sk-42")]);
    let told = sentence(ask(&mut server.chat()));
    assert_eq!(server.asked().len(), 1);
    assert!(
        told.contains("401") && told.contains("Check the key"),
        "{told}"
    );
    assert!(told.contains(&server.address.to_string()), "{told}");
    assert!(!told.contains("sk-42"), "{told}");
}

#[test]
fn hope_ends_after_some_questions() {
    let busy = || refused(500, "", "out of memory");
    let server = Server::answering([busy(), busy(), busy(), busy()]);
    let told = sentence(ask(&mut server.chat()));
    assert_eq!(server.asked().len(), 3);
    assert!(
        told.contains("asked 3 times") && told.contains("out of memory"),
        "{told}"
    );
    let long = Server::answering([refused(429, "retry-after: 3600\r\n", "quota")]);
    let told = sentence(ask(&mut long.chat()));
    assert_eq!(long.asked().len(), 1, "nobody waits an hour");
    assert!(told.contains("wait 3600 seconds"), "{told}");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let server = Server::answering([]);
    let mut info = server.info();
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    info.address = gone.to_string();
    let told = sentence(ask(&mut chat_of(info, &StopToken::new())));
    assert!(
        told.contains("cannot be reached") && told.contains(&gone.to_string()),
        "{told}"
    );
}

#[test]
fn a_redirection_is_not_followed_with_the_key() {
    let other = Server::answering([]);
    let to = format!("location: http://{}/v1/chat/completions\r\n", other.address);
    let moved = Answer::Reply(307, to.leak(), String::new());
    let server = Server::answering([moved]);
    let told = sentence(ask(&mut server.chat()));
    assert!(told.contains("307"), "{told}");
    assert!(other.asked().is_empty());
}

#[test]
fn fields_that_a_server_does_not_take_are_left_out_and_told() {
    let field = |name: &str| {
        let message = format!("Unsupported parameter: '{name}' is not supported with this model.");
        let body = json!({"error": {"message": message, "param": name}});
        Answer::Reply(400, "", body.to_string())
    };
    let server = Server::answering([field("max_tokens"), field("temperature"), said("look")]);
    let mut chat = server.chat();
    assert_eq!(ask(&mut chat).unwrap(), "look");
    assert_eq!(ask(&mut chat).unwrap(), "done");
    let asked = server.asked();
    assert_eq!(asked.len(), 4, "it is learned once");
    assert_eq!(asked[3].body["max_completion_tokens"], 32);
    assert_eq!(asked[3].body["temperature"], Json::Null);
    let notes = chat.notes();
    assert!(
        notes.len() == 1 && notes[0].contains("temperature"),
        "{notes:?}"
    );
    let stubborn = Server::answering([refused(400, "", "prompt too long")]);
    assert!(sentence(ask(&mut stubborn.chat())).contains("prompt too long"));
}

#[test]
fn episodes_side_by_side_are_asked_about_at_once() {
    // Each of the first four hangs for longer than a second, after which it is asked again.
    let hang = || Answer::Hang;
    let server = Server::answering([hang(), hang(), hang(), hang()]);
    let requests: Vec<GenerateRequest> = (0..4).map(|_| request("Go.")).collect();
    let began = Instant::now();
    let completions = server.chat().generate(&requests).unwrap();
    assert_eq!(completions.len(), 4);
    assert!(
        began.elapsed() < Duration::from_millis(3900),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn whoever_waits_for_a_server_can_be_stopped() {
    let stop = StopToken::new();
    let server = Server::answering([refused(429, "retry-after: 4\r\n", "slow down")]);
    let mut chat = chat_of(server.info(), &stop);
    let began = Instant::now();
    Builder::new()
        .name("stops".to_owned())
        .spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            stop.stop();
        })
        .unwrap();
    ask(&mut chat).expect_err("it was stopped");
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[test]
fn it_cannot_rate() {
    let server = Server::answering([]);
    let mut chat = server.chat();
    assert!(!chat.rates());
    let error = chat.score(&[], &["look".into()]).unwrap_err().to_string();
    assert!(error.contains("cannot say how likely"), "{error}");
}

#[test]
fn a_trial_lists_models_and_asks_one_for_a_word() {
    let list = || {
        Answer::Reply(
            200,
            "",
            r#"{"data": [{"id": "b"}, {"id": "a"}, {}]}"#.into(),
        )
    };
    let nowhere = DataDir::new("/nowhere");
    let server = Server::answering([list(), list(), said(" Dogs. ")]);
    let mut info = server.info();
    let named = info.model.clone();
    info.model.clear();
    let trial = try_out(&nowhere, &info, None).unwrap();
    assert_eq!(
        (trial.models, trial.word),
        (vec!["a".into(), "b".into()], None)
    );
    info.model = named;
    let trial = try_out(&nowhere, &info, None).unwrap();
    assert_eq!(trial.word.unwrap().0, "Dogs.");

    let thinking = json!({
        "choices": [{"message": {"content": null}, "finish_reason": "length"}],
    });
    let server = Server::answering([list(), Answer::Reply(200, "", thinking.to_string())]);
    let error = try_out(&nowhere, &server.info(), None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("tokens for thinking"), "{error}");
}

/// A data folder with an adapter in it.
fn with_adapter() -> (tempfile::TempDir, DataDir) {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path());
    let id = AdapterId::from("a");
    let adapter = Adapter {
        id: id.clone(),
        name: "A".into(),
        base_model: ModelId::default(),
        base_digest: String::new(),
        lora: LoraConfig::default(),
        origin: AdapterOrigin::default(),
        certificate: GradientCertificate::default(),
        num_steps: 1,
        final_loss: 1.0,
        with_retrieval: false,
        created_ms: 1,
        weights_digest: "0123456789abcdef".into(),
    };
    write_json(&data.adapter(&id).join("adapter.json"), &adapter).unwrap();
    (folder, data)
}

fn with_loaded(server: &Server, info: ServedModel) -> Result<ServedChat> {
    let (_folder, data) = with_adapter();
    let (id, stop) = (AdapterId::from("a"), StopToken::new());
    ServedChat::with(&data, info, Some(&id), None, QUICK, &stop)
        .inspect(|_| assert_eq!(server.asked().len(), 1))
}

#[test]
fn an_adapter_is_loaded_played_with_and_unloaded() {
    let loads = || ServedModel {
        loads_adapters: true,
        ..ServedModel::default()
    };
    let loaded = Answer::Reply(200, "", "Success: LoRA adapter added.".into());
    let server = Server::answering([loaded, said("look")]);
    let info = ServedModel {
        loads_adapters: true,
        ..server.info()
    };
    let mut chat = with_loaded(&server, info.clone()).unwrap();
    assert_eq!(ask(&mut chat).unwrap(), "look");
    drop(chat);
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /v1/load_lora_adapter HTTP/1.1");
    assert_eq!(asked[0].body["lora_name"], "a-01234567");
    let path = asked[0].body["lora_path"].as_str().unwrap();
    assert!(
        path.ends_with("adapters/a") || path.ends_with("adapters\\a"),
        "{path}"
    );
    assert_eq!(asked[1].body["model"], "a-01234567");
    assert_eq!(asked[2].line, "POST /v1/unload_lora_adapter HTTP/1.1");

    for (answer, words) in [
        (refused(404, "", "Not Found"), "--enable-lora"),
        (
            refused(400, "", "rank 64 is greater than 16"),
            "rank 64 is greater",
        ),
    ] {
        let server = Server::answering([answer]);
        let info = ServedModel {
            address: server.info().address,
            ..loads()
        };
        let error = with_loaded(&server, info)
            .err()
            .expect("it is refused")
            .to_string();
        assert!(error.contains(words), "{error}");
    }
    let again = Server::answering([refused(400, "", "'a' has already been loaded")]);
    let info = ServedModel {
        address: again.info().address,
        ..loads()
    };
    with_loaded(&again, info).expect("an earlier run left it there");
    let plain = Server::answering([]);
    let error = with_loaded(&plain, plain.info())
        .err()
        .expect("not marked")
        .to_string();
    assert!(error.contains("not marked"), "{error}");
    assert!(plain.asked().is_empty());
}

#[test]
fn an_unknown_model_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path());
    let id = ModelId::served("m");
    let error = info(&data, &id).unwrap_err().to_string();
    assert!(error.contains("Models page"), "{error}");
    let known = ServedModel {
        id: id.clone(),
        name: "M".into(),
        ..ServedModel::default()
    };
    write_json(&data.served_models(), &vec![known]).unwrap();
    assert_eq!(info(&data, &id).unwrap().name, "M");
    let error = crate::models::info(&data, &id).unwrap_err().to_string();
    assert!(error.contains("M is on a server"), "{error}");
}
