//! A model hub with one model on it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The model's name.
pub const REPO: &str = "owner/tiny";

type Files = BTreeMap<&'static str, Vec<u8>>;

/// A model of a few files, one of them large enough to come in pieces.
pub fn small_model() -> Files {
    BTreeMap::from([
        ("README.md", b"# tiny".to_vec()),
        ("config.json", CONFIG.as_bytes().to_vec()),
        ("model.safetensors", weights()),
        ("tokenizer.json", b"{}".to_vec()),
    ])
}

const CONFIG: &str = r#"{
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 100,
    "intermediate_size": 100, "num_attention_heads": 2, "num_hidden_layers": 1, "vocab_size": 2500
}"#;

/// One matrix of a million bytes, as safetensors: the header's length, the header, the numbers.
fn weights() -> Vec<u8> {
    let header = r#"{"model.embed_tokens.weight":
        {"dtype":"F32","shape":[2500,100],"data_offsets":[0,1000000]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.extend((0..1_000_000u32).map(|index| (index % 251) as u8));
    file
}

#[derive(Default)]
struct State {
    files: Files,
    break_off_after: usize,
    damaged: bool,
    ranges: Vec<usize>,
}

/// The server; it ends with the test process.
pub struct Hub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Hub {
    /// Serves `files` as the model [`REPO`].
    pub fn serving(files: Files) -> Self {
        let state = Arc::new(Mutex::new(State {
            files,
            break_off_after: usize::MAX,
            ..State::default()
        }));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::clone(&state);
        std::thread::Builder::new()
            .name("hub".to_owned())
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    // A client that goes away is no concern of a hub.
                    answer(stream, &shared).ok();
                }
            })
            .expect("a thread");
        Self { address, state }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Contents are cut off after this many bytes.
    pub fn break_off_after(&self, num_bytes: usize) {
        self.state.lock().expect("not poisoned").break_off_after = num_bytes;
    }

    /// Contents differ from what the hub promises.
    pub fn damage_contents(&self, damaged: bool) {
        self.state.lock().expect("not poisoned").damaged = damaged;
    }

    /// The first byte of every content that was asked for.
    pub fn ranges(&self) -> Vec<usize> {
        self.state.lock().expect("not poisoned").ranges.clone()
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let (request, range) = read_request(&stream)?;
    let mut state = state.lock().expect("not poisoned");
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let file_prefix = format!("/{REPO}/resolve/abc123/");
    if path == format!("/api/models/{REPO}/revision/main") {
        let body = description(&state.files);
        return respond(&mut stream, "200 OK", "", body.as_bytes(), body.len());
    }
    let name = path.strip_prefix(&file_prefix).unwrap_or("");
    let Some(content) = state.files.get(name).cloned() else {
        return respond(&mut stream, "404 Not Found", "", b"", 0);
    };
    if method == "HEAD" {
        let head = format!("X-Linked-Etag: \"{}\"\r\n", sha256(&content));
        return respond(&mut stream, "200 OK", &head, b"", content.len());
    }
    state.ranges.push(range);
    let mut rest = content[range..].to_vec();
    if state.damaged && name.ends_with(".safetensors") {
        rest[0] ^= 1;
    }
    let sent = rest.len().min(state.break_off_after);
    let status = if range > 0 {
        "206 Partial Content"
    } else {
        "200 OK"
    };
    respond(&mut stream, status, "", &rest[..sent], rest.len())
}

/// The request line, and the first byte asked for.
fn read_request(stream: &TcpStream) -> std::io::Result<(String, usize)> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut range = 0;
    for line in lines {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("range: bytes=") {
            range = value.trim_end_matches('-').parse().unwrap_or(0);
        }
    }
    Ok((request, range))
}

fn respond(
    stream: &mut TcpStream,
    status: &str,
    headers: &str,
    body: &[u8],
    length: usize,
) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n"
    )?;
    stream.write_all(body)
}

fn description(files: &Files) -> String {
    let mut names = String::new();
    for name in files.keys() {
        if !names.is_empty() {
            names.push(',');
        }
        write!(names, "{{\"rfilename\":\"{name}\"}}").expect("a String takes everything");
    }
    format!("{{\"sha\":\"abc123\",\"siblings\":[{names}],\"cardData\":{{\"license\":\"mit\"}}}}")
}

fn sha256(content: &[u8]) -> String {
    use sha2::Digest as _;
    format!("{:x}", sha2::Sha256::digest(content))
}
