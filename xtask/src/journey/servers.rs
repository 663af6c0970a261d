//! Servers on this machine for a story: small ones, in Python, that speak what others speak.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::place::Place;
use crate::reference::Python;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server. Dropping it ends it.
pub(super) struct Server {
    child: Child,
    /// Where it listens.
    pub(super) address: String,
}

impl Server {
    /// A real `OpenEnv` server with the package of that name.
    pub(super) fn open_env(place: &Place) -> Result<Self> {
        let python = Python::of(place, "openenv")?;
        Self::start(place, python.program(), "openenv_server.py")
    }

    /// A server that speaks the protocol of `AgentGym`.
    pub(super) fn agent_gym(place: &Place) -> Result<Self> {
        Self::start(place, Path::new("python3"), "agentgym_server.py")
    }

    fn start(place: &Place, python: &Path, script: &str) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let fixtures = place.root.join("crates/lore_env/tests/fixtures");
        let child = Command::new(python)
            .arg(fixtures.join(script))
            .arg(port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("Could not start {script}"))?;
        let server = Self {
            child,
            address: format!("http://127.0.0.1:{port}"),
        };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(start.elapsed() < PATIENCE, "{script} does not listen");
            sleep(Duration::from_millis(200));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
