//! `cargo xtask ray`: a real Ray on this computer trains what the application trains itself; the adapters
//! must be equal to the last byte.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::args::Args;
use crate::place::Place;
use crate::reference::Python;
use crate::{cargo, launch, process, setup};

/// How long Ray may take to start, and to end.
const PATIENCE: Duration = Duration::from_mins(3);

/// What opens the cluster, which only this computer reaches.
pub(crate) const TOKEN: &str = "lorekeeper-checks-that-tokens-work";

/// `cargo xtask ray`.
pub(crate) fn run(place: &Place, args: Args) -> Result<()> {
    args.finish()?;
    if !cfg!(target_os = "linux") {
        bail!("The program that is handed to a cluster runs on Linux");
    }
    let ready = setup::everything(place)?;
    launch::build(place, false)?;
    let worker = small_worker(place)?;
    let cluster = Cluster::start(place)?;
    let mut test = cargo::native(place, "test");
    test.args(["--workspace", "--test", "ray_real", "--", "--nocapture"]);
    test.env("LOREKEEPER_TEST_RAY", &cluster.address)
        .env("LOREKEEPER_TEST_RAY_TOKEN", TOKEN)
        .env("LOREKEEPER_TEST_RAY_WORKER", &worker);
    if let Some(models) = &ready.models {
        test.env("LOREKEEPER_TEST_MODELS", models);
    }
    process::run(&mut test)
}

/// A copy of the built worker without its symbols: with them it is larger than Ray's dashboard takes.
fn small_worker(place: &Place) -> Result<PathBuf> {
    let built = place.program("debug", "lore_worker");
    let folder = built.with_file_name("stripped");
    fs::create_dir_all(&folder).context("Could not make a folder for the worker")?;
    launch::strip(&built, &folder)
}

/// A Ray of one computer, reached from it alone. It ends with this.
pub(crate) struct Cluster {
    head: Child,
    /// Where it takes jobs.
    pub(crate) address: String,
}

impl Cluster {
    /// Starts it, and waits until it takes jobs from who knows [`TOKEN`].
    pub(crate) fn start(place: &Place) -> Result<Self> {
        let python = Python::of(place, "ray")?;
        let ray = python.program().with_file_name("ray");
        let [port, dashboard, agent] = [free_port()?, free_port()?, free_port()?];
        // Names of sockets are short, and Ray's are long.
        let folder = format!("/tmp/lorekeeper-ray-{}", std::process::id());
        let mut command = Command::new(ray);
        command
            .args(["start", "--head", "--block", "--disable-usage-stats"])
            .args(["--dashboard-host", "127.0.0.1"])
            .args(["--node-ip-address", "127.0.0.1"])
            .args(["--port", &port, "--dashboard-port", &dashboard])
            .args(["--dashboard-agent-listen-port", &agent])
            .args(["--temp-dir", &folder])
            .envs([("RAY_AUTH_MODE", "token"), ("RAY_AUTH_TOKEN", TOKEN)])
            .stdin(Stdio::null());
        let head = command.spawn().context("Could not start Ray")?;
        let mut cluster = Self {
            head,
            address: format!("http://127.0.0.1:{dashboard}"),
        };
        cluster.wait()?;
        Ok(cluster)
    }

    /// Waits until it takes jobs.
    fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let url = format!("{}/api/version", self.address);
        let is_up = || {
            let shown = format!("Bearer {TOKEN}");
            let asked = ureq::get(&url).header("Authorization", shown).call();
            asked.is_ok()
        };
        while !is_up() {
            if let Some(status) = self.head.try_wait()? {
                bail!("Ray ended with {status}");
            }
            if Instant::now() > deadline {
                bail!("Ray does not answer at {url}");
            }
            thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Asked politely, it ends everything it started.
        let asked = Command::new("kill")
            .arg(self.head.id().to_string())
            .status();
        let deadline = Instant::now() + PATIENCE;
        while asked.is_ok() && Instant::now() < deadline {
            if !matches!(self.head.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(200));
        }
        self.head.kill().ok();
        self.head.wait().ok();
    }
}

fn free_port() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("There is no free port")?;
    Ok(listener.local_addr()?.port().to_string())
}
