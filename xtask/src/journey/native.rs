//! The native window, which tells on a loopback port what it tells screen readers.

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::thing::Thing;
use super::visitor::Reader;
use crate::screens::{Running, display};

/// How long the window may take to open its port.
const PATIENCE: Duration = Duration::from_mins(1);

/// The application with a native window.
pub(crate) struct Native {
    app: Running,
    port: u16,
}

impl Native {
    /// Opens the window of an application that was told this data folder.
    pub(crate) fn open(mut app: Command, data: &Path) -> Result<Self> {
        let port_file = data.join("inspect.port");
        // One of an earlier start would be taken for this one's.
        if port_file.exists() {
            fs::remove_file(&port_file)?;
        }
        app.env("DISPLAY", display())
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::null());
        let mut app = Running(app.spawn().context("Could not start the application")?);
        let start = Instant::now();
        loop {
            let port = fs::read_to_string(&port_file).ok();
            if let Some(port) = port.and_then(|text| text.parse().ok()) {
                return Ok(Self { app, port });
            }
            if let Some(status) = app.0.try_wait()? {
                bail!("the application ended with {status}");
            }
            if start.elapsed() > PATIENCE {
                bail!("the window did not open its port; was it built with inspect?");
            }
            sleep(Duration::from_millis(50));
        }
    }
}

impl Reader for Native {
    fn things(&mut self) -> Result<Vec<Thing>> {
        if let Some(status) = self.app.0.try_wait()? {
            bail!("the application ended with {status}");
        }
        let mut text = String::new();
        TcpStream::connect(("127.0.0.1", self.port))?.read_to_string(&mut text)?;
        Thing::list(&serde_json::from_str(&text).context("The window sent no JSON")?)
    }
}
