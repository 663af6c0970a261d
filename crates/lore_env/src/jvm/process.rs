//! The JVM's process: started, drained, ended.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use lore_core::Secret;

use super::Launch;

/// Bytes of the JVM's complaints that are kept.
const MAX_TAIL: usize = 2000;

/// A running JVM with its gateway. Dropping it ends the process.
#[derive(Debug)]
pub(super) struct Process {
    /// Its standard input stays open as long as this lives: the gateway ends itself when it closes,
    /// even if this program is killed.
    child: Mutex<Child>,
    pub(super) port: u16,
    pub(super) token: Option<Secret>,
    tail: Arc<Mutex<VecDeque<u8>>>,
}

impl Process {
    /// Starts the JVM and waits until its gateway listens.
    pub(super) fn start(launch: &Launch) -> Result<Self> {
        let mut child = match command(launch).spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => bail!(
                "Java is missing: install Java 8 or newer, for example from adoptium.net, and try \
                 again."
            ),
            spawned => spawned.context("Could not start Java")?,
        };
        let tail = Arc::<Mutex<VecDeque<u8>>>::default();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let process = Self {
            child: Mutex::new(child),
            port: 0,
            token: None,
            tail: Arc::clone(&tail),
        };
        let (sender, lines) = sync_channel(2);
        let stdout = stdout.context("Java has no output")?;
        spawn("reads the Java world's output", move || {
            drain_lines(BufReader::new(stdout), &sender);
        })?;
        let stderr = stderr.context("Java has no error output")?;
        spawn("reads the Java world's complaints", move || {
            drain(stderr, &tail);
        })?;
        process.greet(launch, &lines)
    }

    /// Reads the port, and the token where one is asked for.
    fn greet(mut self, launch: &Launch, lines: &Receiver<String>) -> Result<Self> {
        let end = Instant::now() + launch.start_patience;
        let mut next = || {
            let left = end.saturating_duration_since(Instant::now());
            lines.recv_timeout(left).map_err(|error| match error {
                RecvTimeoutError::Timeout => "it did not start in time",
                RecvTimeoutError::Disconnected => "it ended at once",
            })
        };
        let port = next().map(|line| line.trim().parse());
        let token = launch.py4j.is_some().then(&mut next).transpose();
        match (port, token) {
            (Ok(Ok(port)), Ok(token)) => {
                self.port = port;
                self.token = token.map(|token| token.trim().into());
                Ok(self)
            }
            (Err(reason), _) | (_, Err(reason)) => bail!("{}", self.complaint(reason)),
            (Ok(Err(_)), _) => bail!("{}", self.complaint("it said no port")),
        }
    }

    fn complaint(&self, reason: &str) -> String {
        let tail = self.tail();
        let complaint = if tail.is_empty() { "nothing" } else { &tail };
        format!("The Java world did not start: {reason}. Java said: {complaint}")
    }

    /// The last of what it wrote to its error output.
    pub(super) fn tail(&self) -> String {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(tail.make_contiguous())
            .trim()
            .to_owned()
    }

    /// Its number in the system.
    pub(super) fn id(&self) -> u32 {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.id()
    }

    /// True once it is gone.
    pub(super) fn has_ended(&self) -> bool {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(child.try_wait(), Ok(None))
    }

    /// Ends it.
    pub(super) fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended by itself.
        child.kill().ok();
        child.wait().ok();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn command(launch: &Launch) -> Command {
    let mut command = Command::new(java());
    // The gateway's classes only: every environment loads the world's for itself.
    let class_path = launch.py4j.as_ref().unwrap_or(&launch.jar);
    command
        .arg(format!("-Xmx{}m", launch.heap_mib))
        .args([
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            // An object that does not say its hash gets a number from a sequence that goes on for as
            // long as its thread lives, and the worlds keep their things in sets of such objects: in
            // which order they burn, light up or are pollinated depends on what was played before.
            // With one hash for all, the order follows from how the sets were filled. A Java that
            // does not know the option ignores it.
            "-XX:+IgnoreUnrecognizedVMOptions",
            "-XX:+UnlockExperimentalVMOptions",
            "-XX:hashCode=2",
            "-Dfile.encoding=UTF-8",
            "-Djava.awt.headless=true",
        ])
        .arg("-cp")
        .arg(class_path)
        .args(["py4j.GatewayServer", "--die-on-broken-pipe"]);
    if launch.py4j.is_some() {
        command.arg("--enable-auth");
    }
    command
        .arg("0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(folder) = launch.jar.parent() {
        // TextWorld-Express reads its tables from where it is started.
        command.current_dir(folder);
    }
    command
}

/// The `java` of `JAVA_HOME`, else the one in the search path.
fn java() -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").map(PathBuf::from);
    home.map(|home| {
        home.join("bin")
            .join(format!("java{}", std::env::consts::EXE_SUFFIX))
    })
    .filter(|java| java.is_file())
    .unwrap_or_else(|| "java".into())
}

/// The folder of the Java that worlds run in, with everything it needs; `None` when there is no Java, or
/// when what is called `java` is not the program itself.
pub fn java_home() -> Option<PathBuf> {
    let program = java();
    let found = if program.is_absolute() {
        Some(program)
    } else {
        let path = std::env::var_os("PATH")?;
        let mut places = std::env::split_paths(&path).map(|folder| folder.join(&program));
        places.find(|place| place.is_file())
    };
    // On many systems the search path leads there over several links.
    let program = std::fs::canonicalize(found?).ok()?;
    let home = program.parent()?.parent()?;
    // Since Java 9, and before.
    let marks = ["lib/modules", "lib/rt.jar"];
    marks
        .iter()
        .any(|mark| home.join(mark).is_file())
        .then(|| home.to_owned())
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .context("Could not start a thread for the Java world")?;
    Ok(())
}

/// Hands the first lines on and throws the rest away: a pipe that nobody reads stops the JVM.
fn drain_lines(mut output: impl BufRead, lines: &SyncSender<String>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match output.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            // Full once the port and the token are there.
            Ok(_) => lines
                .try_send(String::from_utf8_lossy(&line).into_owned())
                .unwrap_or_default(),
        }
    }
}

fn drain(mut output: impl Read, tail: &Mutex<VecDeque<u8>>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = output.read(&mut buffer) {
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend(&buffer[..count]);
        let surplus = tail.len().saturating_sub(MAX_TAIL);
        tail.drain(..surplus);
    }
}

/// What start-up may take on a busy machine.
pub(super) const START_PATIENCE: Duration = Duration::from_mins(1);
