//! What several targets share: files for parsers that open them, and a server that says anything.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use lore_llm::BaseModel;

/// A folder for the files of this process, in memory where the system has a place for that.
fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    root.join(format!("lore-fuzz-{}", std::process::id()))
}

/// A file with these bytes, until the next one.
pub struct File {
    /// Where.
    pub path: PathBuf,
}

impl File {
    /// Writes it.
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let folder = place();
        fs::create_dir_all(&folder).expect("there is room");
        let path = folder.join(name);
        fs::write(&path, bytes).expect("there is room");
        Self { path }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        fs::remove_file(&self.path).ok();
    }
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/lore_llm/tests/fixtures/tiny-llama")
}

/// A model of a few thousand weights.
pub fn tiny_model() -> Arc<BaseModel> {
    BaseModel::load(&fixture()).expect("the fixture is sound")
}

/// The folder of the tiny model with one file replaced.
pub struct Folder {
    /// Where.
    pub path: PathBuf,
    replaced: PathBuf,
}

impl Folder {
    /// Makes it, once, and replaces the file.
    pub fn with(name: &str, bytes: &[u8]) -> Self {
        let path = place();
        if !path.join("tokenizer_config.json").exists() {
            fs::create_dir_all(&path).expect("there is room");
            for file in fs::read_dir(fixture())
                .expect("the fixture is there")
                .flatten()
            {
                fs::copy(file.path(), path.join(file.file_name())).expect("there is room");
            }
        }
        let replaced = path.join(name);
        fs::write(&replaced, bytes).expect("there is room");
        Self { path, replaced }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_file(&self.replaced).ok();
    }
}

/// Answers HTTP requests with what it was told to, one after the other, and then with nothing.
pub struct Server {
    /// Where it listens.
    pub address: String,
    replies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    /// Starts it; it ends with the process.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("this computer has ports");
        let address = format!("http://{}", listener.local_addr().expect("it listens"));
        let replies = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let left = Arc::clone(&replies);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let reply = left.lock().expect("nobody panics with it").pop();
                serve(stream, reply.as_deref()).ok();
            }
        });
        Self { address, replies }
    }

    /// What it says from now on.
    pub fn answer_with<'a>(&self, replies: impl Iterator<Item = &'a [u8]>) {
        let mut replies: Vec<_> = replies.take(16).map(<[u8]>::to_vec).collect();
        replies.reverse();
        *self.replies.lock().expect("nobody panics with it") = replies;
    }
}

/// Hears a request out and answers it. A request for a WebSocket is hung up on.
fn serve(stream: TcpStream, reply: Option<&[u8]>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    let Some(reply) = reply else {
        return Ok(());
    };
    let mut stream = stream;
    let size = reply.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
    )?;
    stream.write_all(reply)
}
