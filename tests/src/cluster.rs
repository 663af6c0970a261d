//! A cluster on this computer that speaks Ray's Jobs interface and really starts what it is handed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Cursor, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A cluster; what runs there ends with it.
pub struct FakeCluster {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// What a test changes, and looks at.
#[derive(Default)]
pub struct State {
    /// The token it asks for.
    pub token: Option<&'static str>,
    /// The most bytes of a package.
    pub max_package: Option<usize>,
    /// True while it does not answer.
    pub is_away: bool,
    /// True while it takes no job that computes for another.
    pub refuses_assistants: bool,
    /// Packages that were sent so far.
    pub num_sent: usize,
    /// Jobs that were handed over so far, by name, as they were described.
    pub handed_over: Vec<Value>,
    packages: BTreeMap<String, TempDir>,
    jobs: BTreeMap<String, Job>,
}

struct Job {
    child: Child,
    log: PathBuf,
    status: &'static str,
    exit_code: Option<i32>,
    is_stopped: bool,
    _folder: TempDir,
}

/// A status line and a body.
type Answer = (u16, String);

impl FakeCluster {
    /// Starts to listen.
    ///
    /// # Panics
    /// When it cannot.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("has an address");
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let serve = move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                let serve = move || serve(&stream, &shared);
                thread::Builder::new().spawn(serve).expect("a thread");
            }
        };
        thread::Builder::new().spawn(serve).expect("a thread");
        Self { address, state }
    }

    /// Where it is.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What can be changed and looked at.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// How the jobs whose names hold `part` stand now.
    pub fn statuses(&self, part: &str) -> Vec<&'static str> {
        let mut state = self.state();
        let jobs = state.jobs.iter_mut();
        jobs.filter(|(id, _)| id.contains(part))
            .map(|(_, job)| {
                job.look();
                job.status
            })
            .collect()
    }

    /// Ends everything and forgets it, as one does that is started anew.
    pub fn forget(&self) {
        let mut state = self.state();
        state.packages.clear();
        state.jobs.clear();
    }
}

impl Drop for FakeCluster {
    fn drop(&mut self) {
        self.state().is_away = true;
        self.forget();
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // The only other outcome is that it has ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers one request; every connection carries one.
fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let Some((head, body)) = read(&mut reader) else {
        return;
    };
    let mut state = lock(state);
    if state.is_away {
        return;
    }
    let is_open = state.token.is_none_or(|token| {
        let shown = format!("authorization: bearer {token}");
        head.iter().any(|line| line.to_lowercase() == shown)
    });
    let (status, text) = if is_open {
        state.answer(&head[0], body)
    } else {
        (401, "Unauthorized".to_owned())
    };
    let answer = format!(
        "HTTP/1.1 {status} Answer\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    let mut stream = stream;
    // Who asked may have left.
    stream.write_all(answer.as_bytes()).ok();
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<(Vec<String>, Vec<u8>)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_owned()),
        }
    }
    let length = head.iter().find_map(|line| {
        let line = line.to_lowercase();
        line.strip_prefix("content-length:")?.trim().parse().ok()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    (!head.is_empty()).then_some((head, body))
}

impl State {
    fn answer(&mut self, line: &str, body: Vec<u8>) -> Answer {
        let mut words = line.split(' ');
        let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match (method, parts.as_slice()) {
            ("GET", ["api", "version"]) => {
                let version =
                    json!({"version": "4", "ray_version": "2.99.0", "ray_commit": "none"});
                (200, version.to_string())
            }
            ("GET", ["api", "packages", "gcs", name]) if self.packages.contains_key(*name) => {
                good()
            }
            ("PUT", ["api", "packages", "gcs", name]) => self.unpack(name, body),
            ("POST", ["api", "jobs", ""]) => self.begin(&body),
            ("GET", ["api", "jobs", id]) => self.details(id),
            ("GET", ["api", "jobs", id, "logs"]) => self.logs(id),
            ("POST", ["api", "jobs", id, "stop"]) => self.stop(id),
            ("DELETE", ["api", "jobs", id]) if self.jobs.remove(*id).is_some() => good(),
            _ => (404, format!("There is no {path}")),
        }
    }

    fn unpack(&mut self, name: &str, package: Vec<u8>) -> Answer {
        if self.max_package.is_some_and(|most| package.len() > most) {
            let words = "RuntimeError: Package size (7.00MiB) exceeds the maximum size of 1.00MiB.";
            return (500, words.to_owned());
        }
        let folder = tempfile::tempdir().expect("a folder");
        let mut zip = zip::ZipArchive::new(Cursor::new(package)).expect("a zip");
        for index in 0..zip.len() {
            let mut file = zip.by_index(index).expect("is in it");
            let path = folder.path().join(file.name());
            // Permissions stay behind.
            std::io::copy(&mut file, &mut File::create(path).expect("makes")).expect("unpacks");
        }
        self.num_sent += 1;
        self.packages.insert(name.to_owned(), folder);
        good()
    }

    fn begin(&mut self, body: &[u8]) -> Answer {
        let job: Value = serde_json::from_slice(body).expect("is JSON");
        let id = job["submission_id"]
            .as_str()
            .expect("has a name")
            .to_owned();
        if self.refuses_assistants && id.contains("-assistant-") {
            return (500, "There is no room".to_owned());
        }
        if self.jobs.contains_key(&id) {
            return (500, format!("Job with submission_id {id} already exists."));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let place = match job["runtime_env"]["working_dir"].as_str() {
            Some(uri) => {
                let name = uri.strip_prefix("gcs://").expect("is a package");
                self.packages[name].path().to_owned()
            }
            None => folder.path().to_owned(),
        };
        let child = start(&job, &place, &log);
        self.handed_over.push(job);
        let job = Job {
            child,
            log,
            status: "RUNNING",
            exit_code: None,
            is_stopped: false,
            _folder: folder,
        };
        self.jobs.insert(id.clone(), job);
        (200, json!({"job_id": id, "submission_id": id}).to_string())
    }

    fn details(&mut self, id: &str) -> Answer {
        let Some(job) = self.jobs.get_mut(id) else {
            return (404, format!("Job {id} does not exist"));
        };
        job.look();
        let details = json!({
            "type": "SUBMISSION",
            "status": job.status,
            "message": "In the cluster's words",
            "driver_exit_code": job.exit_code,
            "submission_id": id,
        });
        (200, details.to_string())
    }

    fn logs(&self, id: &str) -> Answer {
        let log = self.jobs.get(id).map(|job| fs::read_to_string(&job.log));
        let text = log.and_then(Result::ok).unwrap_or_default();
        (200, json!({"logs": text}).to_string())
    }

    fn stop(&mut self, id: &str) -> Answer {
        let Some(job) = self.jobs.get_mut(id) else {
            return (404, format!("Job {id} does not exist"));
        };
        job.is_stopped = true;
        let status = Command::new("kill")
            .args(["-TERM", &job.child.id().to_string()])
            .status();
        assert!(status.is_ok(), "signals can be sent");
        (200, json!({"stopped": true}).to_string())
    }
}

impl Job {
    fn look(&mut self) {
        if let Ok(Some(status)) = self.child.try_wait() {
            self.exit_code = status.code();
            self.status = if self.is_stopped {
                "STOPPED"
            } else if status.success() {
                "SUCCEEDED"
            } else {
                "FAILED"
            };
        }
    }
}

fn good() -> Answer {
    (200, String::new())
}

fn start(job: &Value, place: &Path, log: &Path) -> Child {
    let log = File::create(log).expect("makes");
    let line = job["entrypoint"].as_str().expect("a command line");
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line).current_dir(place);
    let variables = job["runtime_env"]["env_vars"].as_object();
    for (name, value) in variables.into_iter().flatten() {
        command.env(name, value.as_str().expect("is text"));
    }
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("is open"))
        .stderr(log)
        .spawn()
        .expect("a shell")
}
