//! Servers on loopback that say what they are told to say.

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lore_core::{ServerProtocol, ServerSpec};
use serde_json::Value as Json;

/// How a fake answers a question over HTTP.
pub(crate) enum Answer {
    /// With this status and text.
    Text(u16, String),
    /// Never.
    Silence,
    /// By breaking off in the middle of an answer.
    BreakOff,
}

/// An answer in JSON.
pub(crate) fn json(value: &Json) -> Answer {
    Answer::Text(200, value.to_string())
}

/// A server that is asked with path and body, and what it was asked.
pub(crate) struct FakeHttp {
    pub(crate) address: String,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl FakeHttp {
    /// Starts it; it ends with the test's process.
    pub(crate) fn start(answer: impl Fn(&str, &Json) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let answer = Arc::new(answer);
        let log = Arc::clone(&asked);
        spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                spawn(move || serve(&stream, answer.as_ref(), &log));
            }
        });
        Self { address, asked }
    }
}

/// Runs something beside the test.
pub(crate) fn spawn(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .name("a fake server".into())
        .spawn(work)
        .expect("threads can be started");
}

fn serve(stream: &TcpStream, answer: &dyn Fn(&str, &Json) -> Answer, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    while let Some((path, body)) = read_request(&mut reader) {
        log.lock()
            .expect("nobody panics")
            .push(format!("{path} {body}"));
        let (status, text, length) = match answer(&path, &body) {
            Answer::Text(status, text) => (status, text.clone(), text.len()),
            Answer::BreakOff => (200, "{\"obs".to_owned(), 1000),
            Answer::Silence => {
                std::thread::sleep(Duration::from_secs(20));
                return;
            }
        };
        let head = format!(
            "HTTP/1.1 {status} Any\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        let mut writer = stream;
        if writer
            .write_all(format!("{head}{text}").as_bytes())
            .is_err()
            || length != text.len()
        {
            return;
        }
    }
}

/// Path and body of the next request.
pub(crate) fn read_request(reader: &mut impl std::io::BufRead) -> Option<(String, Json)> {
    let mut first = String::new();
    reader
        .read_line(&mut first)
        .ok()
        .filter(|length| *length > 0)?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, serde_json::from_slice(&body).unwrap_or(Json::Null)))
}

/// A server that waits at most a second.
pub(crate) fn spec(protocol: ServerProtocol, address: &str) -> ServerSpec {
    ServerSpec {
        name: "test world".into(),
        protocol,
        address: address.to_owned(),
        num_train: 3,
        num_test: 2,
        success_reward: 1.0,
        timeout_secs: 1,
    }
}
