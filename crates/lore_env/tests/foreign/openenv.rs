//! `OpenEnv` servers, with the words of a recorded one.

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use lore_core::{EpisodeEnd, ServerProtocol, ServerSpec, Split};
use lore_env::{ServerWorld, World as _};
use serde_json::{Value as Json, json};
use tungstenite::{Message, WebSocket};

use crate::fake::{read_request, spawn, spec};

/// What the fake does with a message of the session.
enum Reply {
    Text(String),
    Silence,
    HangUp,
    Bytes,
}

/// What a server replies to a message.
type Behaviour = fn(&Json) -> Reply;

/// A server whose HTTP paths and WebSocket share one port, as the real one's do.
fn server(reply: Behaviour, has_tasks: bool) -> ServerSpec {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it listens"));
    spawn(move || {
        for stream in listener.incoming().flatten() {
            spawn(move || serve(stream, reply, has_tasks));
        }
    });
    spec(ServerProtocol::OpenEnv, &address)
}

fn serve(stream: TcpStream, reply: fn(&Json) -> Reply, has_tasks: bool) {
    let mut head = [0; 8];
    loop {
        match stream.peek(&mut head) {
            Ok(8..) => break,
            Ok(0) | Err(_) => return,
            Ok(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    if head.starts_with(b"GET /ws ") {
        if let Ok(socket) = tungstenite::accept(stream) {
            converse(socket, reply);
        }
    } else {
        answer_http(&stream, has_tasks);
    }
}

fn answer_http(stream: &TcpStream, has_tasks: bool) {
    let Some((path, _)) = read_request(&mut BufReader::new(stream)) else {
        return;
    };
    let (status, body) = match path.as_str() {
        "/schema" => (
            200,
            json!({"action": {
                "properties": {"message": {"type": "string"}, "metadata": {"type": "object"}},
                "required": ["message"],
            }}),
        ),
        "/list_environments" => (200, json!(["demo"])),
        "/demo/splits" if has_tasks => (
            200,
            json!([
                {"name": "easy", "type": "train"}, {"name": "hard", "type": "test"},
            ]),
        ),
        "/demo/num_tasks" if has_tasks => (200, json!({"num_tasks": 4})),
        _ => (
            501,
            json!({"detail": "list_splits is not supported for this environment"}),
        ),
    };
    let body = body.to_string();
    let answer = format!(
        "HTTP/1.1 {status} Any\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut writer = stream;
    writer.write_all(answer.as_bytes()).ok();
}

fn converse(mut socket: WebSocket<TcpStream>, reply: fn(&Json) -> Reply) {
    while let Ok(message) = socket.read() {
        let Message::Text(text) = message else {
            continue;
        };
        // Pings in between must not disturb.
        socket.send(Message::Ping(vec![1].into())).ok();
        let question = serde_json::from_str(&text).expect("questions are JSON");
        let sent = match reply(&question) {
            Reply::Text(text) => socket.send(Message::text(text)),
            Reply::Bytes => socket.send(Message::binary(vec![0])),
            Reply::HangUp => return,
            Reply::Silence => {
                std::thread::sleep(Duration::from_secs(20));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn said(reply: &str) -> Reply {
    Reply::Text(reply.to_owned())
}

/// The recorded exchange, with an end added for the message `bye`.
fn recorded(question: &Json) -> Reply {
    if question["type"] == "reset" {
        return said(
            r#"{"type":"observation","data":{"observation":{"metadata":{},"echoed_message":"Demo Env environment ready!","message_length":0},"reward":0.0,"done":false}}"#,
        );
    }
    match question["data"]["message"].as_str() {
        Some("hello") => said(
            r#"{"type":"observation","data":{"observation":{"metadata":{"original_message":"hello","step":1},"echoed_message":"hello","message_length":5},"reward":0.5,"done":false,"metadata":{"original_message":"hello","step":1}}}"#,
        ),
        Some("bye") => said(
            r#"{"type":"observation","data":{"observation":{"echoed_message":"bye","message_length":3},"reward":0.5,"done":true}}"#,
        ),
        _ => said(
            r#"{"type":"error","data":{"message":"Invalid message","code":"VALIDATION_ERROR","errors":[{"type":"extra_forbidden","loc":["nope"],"msg":"Extra inputs are not permitted","input":1}]}}"#,
        ),
    }
}

#[test]
fn an_episode_is_played_as_recorded() {
    let world = ServerWorld::connect(&server(recorded, false)).unwrap();
    assert_eq!(world.tasks().len(), 5, "the server has no tasks of its own");
    let mut game = world.open(&world.tasks()[0].id).unwrap();
    let first = game.reset().unwrap();
    assert_eq!(
        first,
        "echoed_message: Demo Env environment ready!\nmessage_length: 0"
    );
    let outcome = game.step("hello").unwrap();
    assert_eq!((outcome.reward, outcome.end), (0.5, None));
    let outcome = game.step(r#"{"message": 3, "nope": 1}"#).unwrap();
    assert_eq!(
        outcome.observation, "Invalid message (nope: Extra inputs are not permitted)",
        "what the agent does wrong is told to it"
    );
    assert_eq!(game.step("bye").unwrap().end, Some(EpisodeEnd::Success));
    game.reset().unwrap();
    assert_eq!(game.step("bye").unwrap().end, Some(EpisodeEnd::Failure));
}

#[test]
fn the_server_s_own_tasks_and_splits_are_used() {
    fn with_task(question: &Json) -> Reply {
        let data = &question["data"];
        let text = format!("{} {}", data["split"], data["index"]);
        let observation = json!({"observation": {"text": text}, "reward": null, "done": false});
        said(&json!({"type": "observation", "data": observation}).to_string())
    }
    let world = ServerWorld::connect(&server(with_task, true)).unwrap();
    assert_eq!(world.tasks().len(), 8);
    let last = world.tasks().last().unwrap();
    assert_eq!(
        (last.id.as_str(), last.split),
        ("test world/hard/3", Split::Test)
    );
    let mut game = world.open(&last.id).unwrap();
    assert_eq!(game.reset().unwrap(), "\"hard\" 3");
}

#[test]
fn what_a_server_does_wrong_is_an_error_with_its_cause_and_in_time() {
    fn or_recorded(question: &Json, wrong: Reply) -> Reply {
        if question["type"] == "reset" {
            recorded(question)
        } else {
            wrong
        }
    }
    let failures: [(Behaviour, &str); 6] = [
        (|question| or_recorded(question, Reply::Silence), "in time"),
        (
            |question| or_recorded(question, Reply::HangUp),
            "does not answer",
        ),
        (|question| or_recorded(question, Reply::Bytes), "in bytes"),
        (|question| or_recorded(question, said("{")), "no JSON"),
        (
            |question| or_recorded(question, said(r#"{"type":"state"}"#)),
            "not understood",
        ),
        (
            |question| {
                let crash =
                    r#"{"type":"error","data":{"message":"boom","code":"EXECUTION_ERROR"}}"#;
                or_recorded(question, said(crash))
            },
            "boom",
        ),
    ];
    for (reply, expected) in failures {
        let world = ServerWorld::connect(&server(reply, false)).unwrap();
        let mut game = world.open(&world.tasks()[0].id).unwrap();
        game.reset().unwrap();
        let began = Instant::now();
        let error = format!("{:#}", game.step("hello").unwrap_err());
        assert!(error.contains(expected), "{error}");
        assert!(
            began.elapsed() < Duration::from_secs(8),
            "{expected} took too long"
        );
        // The next episode gets a connection of its own.
        game.reset().unwrap();
    }
}

#[test]
fn a_server_with_one_seat_is_waited_for() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static REFUSALS: AtomicU32 = AtomicU32::new(0);
    fn full_at_first(question: &Json) -> Reply {
        if REFUSALS.fetch_add(1, Ordering::SeqCst) < 2 {
            return said(
                r#"{"type":"error","data":{"message":"Server at capacity: 1/1 sessions active","code":"CAPACITY_REACHED"}}"#,
            );
        }
        recorded(question)
    }
    let world = ServerWorld::connect(&server(full_at_first, false)).unwrap();
    world.open(&world.tasks()[0].id).unwrap().reset().unwrap();
}
