//! The endpoint over real sockets, with a tiny model: what is answered, and what must not be.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use lore_core::{
    DataDir, GenerateRequest, LanguageModel as _, Message, ModelInfo, Sampling, StopToken,
};
use lore_lab::{EndpointLimits, serve_endpoint};
use lore_llm::{BaseModel, ChatModel};
use lore_protocol::{Door, EndpointLine, Speaker};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Nothing takes longer here.
const PATIENCE: Duration = Duration::from_secs(20);

fn tiny_llama() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lore_llm/tests/fixtures/tiny-llama")
}

/// An endpoint that is open until this is dropped.
struct Open {
    door: Door,
    stop: StopToken,
    thread: Option<JoinHandle<u64>>,
    _data: TempDir,
}

impl Open {
    fn new() -> Self {
        Self::with(EndpointLimits::default())
    }

    fn with(limits: EndpointLimits) -> Self {
        let data = tempfile::tempdir().unwrap();
        let info = ModelInfo {
            id: "tiny".into(),
            name: "Tiny".into(),
            path: tiny_llama().display().to_string(),
            digest: "d".into(),
            ..ModelInfo::default()
        };
        let dir = DataDir::new(data.path());
        let folder = dir.model(&info.id);
        std::fs::create_dir_all(&folder).unwrap();
        let text = serde_json::to_string(&info).unwrap();
        std::fs::write(folder.join("model.json"), text).unwrap();
        let stop = StopToken::new();
        let stopping = stop.clone();
        let (doors, opened) = channel();
        let serve = move || {
            let mut num = 0;
            let mut tell = |line| match line {
                EndpointLine::Open { door } => doors.send(door).unwrap(),
                EndpointLine::Answered { num_answered } => num = num_answered,
                EndpointLine::Failed { error } => panic!("{error}"),
            };
            let speaker = Speaker::plain("tiny".into());
            serve_endpoint(&dir, &speaker, limits, &stopping, &mut tell).unwrap();
            num
        };
        let thread = Builder::new().name("endpoint".into()).spawn(serve);
        Self {
            door: opened.recv_timeout(PATIENCE).expect("it opens"),
            stop,
            thread: Some(thread.unwrap()),
            _data: data,
        }
    }

    /// Its host and port.
    fn host(&self) -> &str {
        let address = self.door.address.strip_prefix("http://").unwrap();
        address.strip_suffix("/v1").unwrap()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Headers that open.
    fn headers(&self) -> String {
        format!(
            "Host: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
            self.host(),
            self.door.token.reveal()
        )
    }

    /// Sends text as it is and reads to the end of the connection or of the announced body.
    fn send(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        // An endpoint that has enough closes before everything was sent.
        stream.write_all(request.as_bytes()).ok();
        Answer::read(stream)
    }

    fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\n{}\r\n", self.headers()))
    }

    fn post(&self, body: &Value) -> Answer {
        self.post_text(&body.to_string())
    }

    fn post_text(&self, body: &str) -> Answer {
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.headers(),
            body.len()
        );
        self.send(&request)
    }

    /// Ends it and says how many chats it answered.
    fn close(mut self) -> u64 {
        self.stop.stop();
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    /// In lower case.
    head: String,
    body: String,
}

impl Answer {
    fn read(stream: TcpStream) -> Self {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                break;
            }
        }
        let head = head.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.unwrap_or(0),
            body: read_body(&mut reader, &head),
            head,
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The values of server-sent events, and whether the last word came.
    fn events(&self) -> (Vec<Value>, bool) {
        let lines = self
            .body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        let (words, values): (Vec<&str>, Vec<&str>) = lines.partition(|line| *line == "[DONE]");
        let values = values
            .iter()
            .map(|text| serde_json::from_str(text).unwrap());
        (values.collect(), words.len() == 1)
    }
}

fn read_body(reader: &mut BufReader<TcpStream>, head: &str) -> String {
    let mut body = Vec::new();
    if let Some((_, rest)) = head.split_once("content-length: ") {
        let size = rest.lines().next().unwrap().trim().parse().unwrap();
        reader.take(size).read_to_end(&mut body).unwrap();
    } else {
        reader.read_to_end(&mut body).ok();
    }
    String::from_utf8(body).unwrap()
}

fn ask(text: &str) -> Value {
    json!({
        "model": "tiny",
        "messages": [{"role": "user", "content": text}],
        "temperature": 0,
        "max_tokens": 12,
    })
}

#[test]
fn a_chat_is_answered_as_the_model_answers_it() {
    let open = Open::new();
    assert!(open.door.address.starts_with("http://127.0.0.1:"));
    let models = open.get("/v1/models").json();
    assert_eq!(models["data"][0]["id"], "tiny");
    assert_eq!(open.get("/v1/models/tiny").json()["id"], "tiny");

    let answer = open.post(&ask("open drawer 3")).json();
    let base = BaseModel::load(&tiny_llama()).unwrap();
    let mut model = ChatModel::new(base, None).unwrap();
    let request = GenerateRequest {
        messages: vec![Message::user("open drawer 3")],
        sampling: Sampling {
            max_new_tokens: 12,
            ..Sampling::default()
        },
    };
    let expected = model.generate(&[request]).unwrap().remove(0);
    assert_eq!(answer["object"], "chat.completion");
    let choice = &answer["choices"][0];
    assert_eq!(choice["message"]["content"], *expected.text);
    assert_eq!(choice["message"]["role"], "assistant");
    let usage = &answer["usage"];
    assert_eq!(usage["prompt_tokens"], expected.prompt_tokens);
    assert_eq!(usage["completion_tokens"], expected.completion_tokens);
    assert_eq!(open.close(), 1);
}

#[test]
fn pieces_make_up_the_whole_answer() {
    let open = Open::new();
    let mut request = ask("go");
    request["temperature"] = 1.into();
    request["seed"] = 7.into();
    let whole = open.post(&request).json();
    request["stream"] = true.into();
    request["stream_options"] = json!({"include_usage": true});
    let streamed = open.post(&request);
    assert!(streamed.head.contains("content-type: text/event-stream"));
    let (events, is_done) = streamed.events();
    assert!(is_done, "{streamed:?}");
    let text: String = events
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(whole["choices"][0]["message"]["content"], *text);
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    let last = &events[events.len() - 2]["choices"][0];
    assert_eq!(last["finish_reason"], whole["choices"][0]["finish_reason"]);
    let counts = &events[events.len() - 1];
    assert_eq!(
        counts["usage"]["completion_tokens"],
        whole["usage"]["completion_tokens"]
    );
}

#[test]
fn many_at_once_get_what_each_gets_alone() {
    let open = Open::new();
    let text = |answer: &Answer| answer.json()["choices"][0]["message"]["content"].clone();
    let questions = ["go", "open drawer 3", "take mug 1", "look", "go", "close"];
    let alone: Vec<Value> = questions
        .iter()
        .map(|question| text(&open.post(&ask(question))))
        .collect();
    let open = &open;
    std::thread::scope(|scope| {
        let asked = questions.map(|question| scope.spawn(move || text(&open.post(&ask(question)))));
        let together: Vec<Value> = asked.into_iter().map(|it| it.join().unwrap()).collect();
        assert_eq!(together, alone);
    });
}

#[test]
fn nothing_is_told_without_the_token() {
    let open = Open::new();
    let host = open.host();
    for authorization in [
        String::new(),
        "Authorization: Bearer lore-wrong\r\n".to_owned(),
        "Authorization: Bearer \r\n".to_owned(),
        format!("Authorization: Basic {}\r\n", open.door.token.reveal()),
        format!("Cookie: token={}\r\n", open.door.token.reveal()),
    ] {
        for path in ["/v1/models", "/v1/nothing", "/"] {
            let answer = open.send(&format!(
                "GET {path} HTTP/1.1\r\nHost: {host}\r\n{authorization}\r\n"
            ));
            assert_eq!(answer.status, 401, "{authorization} {answer:?}");
            assert_eq!(answer.json()["error"]["code"], "invalid_api_key");
        }
    }
    let other = Open::new();
    assert_ne!(open.door.token, other.door.token, "each has its own");
    assert_ne!(open.host(), other.host());
}

/// What a browser sends for a page of another site: its origin; and when the page's own name was made to
/// point here, that name as the host.
#[test]
fn another_web_page_cannot_call() {
    let open = Open::new();
    let (host, token) = (open.host().to_owned(), open.door.token.reveal());
    let port = host.split(':').nth(1).unwrap();
    let body = ask("go").to_string();
    let call = |host: &str, more: &str| {
        open.send(&format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             {more}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    };
    for origin in ["https://evil.example", "null", "http://192.168.0.7"] {
        let answer = call(&host, &format!("Origin: {origin}\r\n"));
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], "foreign_caller");
    }
    for name in [
        format!("evil.example:{port}"),
        "127.0.0.1".to_owned(),
        "[::1]".to_owned(),
    ] {
        assert_eq!(call(&name, "").status, 403, "{name}");
    }
    let twice = format!("Host: evil.example:{port}\r\n");
    assert_eq!(call(&host, &twice).status, 403);
    assert_eq!(call(&host, "").status, 200);

    // What a browser asks before it sends a token along; without leave it does not send it.
    for origin in ["https://evil.example", "http://localhost:3000"] {
        let preflight = open.send(&format!(
            "OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\
             Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n"
        ));
        assert!(matches!(preflight.status, 401 | 403), "{preflight:?}");
        assert!(!preflight.head.contains("access-control"), "{preflight:?}");
    }
}

#[test]
fn what_is_not_understood_is_refused_in_words() {
    let open = Open::new();
    let refused = |answer: Answer, status: u16, code: Value| {
        assert_eq!(answer.status, status, "{answer:?}");
        let error = &answer.json()["error"];
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|words| !words.is_empty())
        );
        assert_eq!(error["code"], code, "{error}");
    };
    refused(open.post_text("{"), 400, Value::Null);
    refused(open.post_text("\u{0}"), 400, Value::Null);
    refused(open.post(&json!({"model": "tiny"})), 400, Value::Null);
    refused(open.get("/v1/nothing"), 404, Value::Null);
    refused(open.get("/v1/models/gpt-4"), 404, "model_not_found".into());
    refused(open.get("/v1/chat/completions"), 405, Value::Null);
    let mut other = ask("go");
    other["model"] = "gpt-4".into();
    refused(open.post(&other), 404, "model_not_found".into());
    let long = ask(&"open drawer 3 ".repeat(80));
    refused(open.post(&long), 400, "context_length_exceeded".into());
    let mut streamed = long;
    streamed["stream"] = true.into();
    refused(open.post(&streamed), 400, "context_length_exceeded".into());
    assert_eq!(open.post(&ask("go")).status, 200, "it goes on");
}

#[test]
fn a_body_of_a_gibibyte_is_not_read() {
    let open = Open::new();
    let began = Instant::now();
    let announced = format!(
        "POST /v1/chat/completions HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{{",
        open.headers(),
        1_u64 << 30
    );
    assert_eq!(open.send(&announced).status, 413);
    assert!(began.elapsed() < Duration::from_secs(5), "it did not wait");

    // One that does not say how long it is, one that says two things, and one that says nonsense.
    for length in [
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: -1\r\n",
    ] {
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\n{}{length}\r\n{{}}",
            open.headers()
        );
        assert_eq!(open.send(&request).status, 411, "{length}");
    }
    // More than fits, sent all the same: the answer comes through.
    let large = "x".repeat(EndpointLimits::default().body_bytes + 1);
    assert_eq!(open.post_text(&large).status, 413);
}

/// What follows a request is not taken for another one.
#[test]
fn a_connection_carries_one_request() {
    let open = Open::new();
    let one = format!("GET /v1/models HTTP/1.1\r\n{}\r\n", open.headers());
    let mut stream = open.connect();
    stream.write_all(one.repeat(2).as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("HTTP/1.1 200").count(), 1, "{text}");
    assert!(text.contains("Connection: close"));
}

/// Some programs wait for leave before they send much.
#[test]
fn leave_to_go_on_is_given() {
    let open = Open::new();
    let body = ask("go").to_string();
    let mut stream = open.connect();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\n{}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        open.headers(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut leave = [0; 25];
    stream.read_exact(&mut leave).unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(Answer::read(stream).status, 200);
}

#[test]
fn heads_without_end_are_cut_off() {
    let open = Open::new();
    let many = "X-More: x\r\n".repeat(200);
    let answer = open.send(&format!(
        "GET /v1/models HTTP/1.1\r\n{}{many}\r\n",
        open.headers()
    ));
    assert_eq!(answer.status, 431);
    let long = "x".repeat(200 << 10);
    let answer = open.send(&format!(
        "GET /v1/models HTTP/1.1\r\nX-Long: {long}\r\n\r\n"
    ));
    assert_eq!(answer.status, 431);
    assert_eq!(open.get("/v1/models").status, 200);
}

#[test]
fn slow_callers_are_not_waited_for_and_hold_up_nobody() {
    let open = Open::with(EndpointLimits {
        head: Duration::from_millis(400),
        body: Duration::from_millis(400),
        ..EndpointLimits::default()
    });
    let mut head = open.connect();
    head.write_all(b"GET /v1/models HTTP/1.1\r\nHost: ")
        .unwrap();
    let mut body = open.connect();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\n{}Content-Length: 1000\r\n\r\n{{\"model\"",
        open.headers()
    );
    body.write_all(request.as_bytes()).unwrap();
    let silent = open.connect();

    assert_eq!(open.post(&ask("go")).status, 200, "others are answered");
    let began = Instant::now();
    assert_eq!(Answer::read(head).status, 408);
    assert_eq!(Answer::read(body).status, 408);
    assert_eq!(Answer::read(silent).status, 408);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn whoever_finds_no_seat_is_turned_away_and_may_come_again() {
    let open = Open::with(EndpointLimits {
        connections: 2,
        ..EndpointLimits::default()
    });
    let seated = [open.connect(), open.connect()];
    // Both have a seat once they were heard.
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(open.get("/v1/models").status, 0, "the connection is closed");
    drop(seated);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(open.get("/v1/models").status, 200);
}
