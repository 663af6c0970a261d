//! Tauri's window, read through `WebDriver`: the elements that stand in the page for screen readers.

use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::thing::Thing;
use super::visitor::Reader;
use crate::screens::{Running, display};

/// Where the driver listens.
const PORT: &str = "4457";

/// How long the driver may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is read: the role, name, value, state and place of every element of the mirror.
const READ: &str = "
return [...document.querySelectorAll('#mirror [role]')].map(e => {
  const r = e.getBoundingClientRect();
  const a = n => e.getAttribute(n) || '';
  return {
    role: a('role'), name: a('aria-label'), value: a('aria-valuetext') || a('aria-description'),
    disabled: a('aria-disabled') === 'true',
    place: [r.x, r.y, r.width, r.height].map(Math.round),
  };
});";

/// The application in its webview, with a session of the driver.
pub(crate) struct Webview {
    agent: ureq::Agent,
    session: String,
    _driver: Running,
}

impl Webview {
    /// Opens the window of this application.
    pub(crate) fn open(app: &Command) -> Result<Self> {
        let driver = Command::new("WebKitWebDriver")
            .arg(format!("--port={PORT}"))
            .env("DISPLAY", display())
            .env_remove("WAYLAND_DISPLAY")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(
                app.get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdout(Stdio::null())
            .spawn()
            .map(Running)
            .context("Could not start WebKitWebDriver (package webkit2gtk-driver)")?;
        wait_for_driver()?;
        let words = app
            .get_args()
            .map(|word| word.to_string_lossy().into_owned());
        let options = json!({"binary": app.get_program().to_string_lossy(),
            "args": words.collect::<Vec<_>>()});
        let capabilities = json!({"capabilities": {"alwaysMatch":
            {"webkitgtk:browserOptions": options}}});
        let agent = ureq::Agent::new_with_config(
            ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_mins(2)))
                .build(),
        );
        let value = post(&agent, "/session", &capabilities)?;
        let session = value["sessionId"].as_str();
        let session = session.context("The driver opened no window")?.to_owned();
        Ok(Self {
            agent,
            session,
            _driver: driver,
        })
    }
}

impl Reader for Webview {
    fn things(&mut self) -> Result<Vec<Thing>> {
        let path = format!("/session/{}/execute/sync", self.session);
        let script = json!({"script": READ, "args": []});
        Thing::list(&post(&self.agent, &path, &script)?)
    }
}

impl Drop for Webview {
    fn drop(&mut self) {
        let address = address(&format!("/session/{}", self.session));
        // The driver ends next and takes the window with it.
        self.agent.delete(address).call().ok();
    }
}

fn wait_for_driver() -> Result<()> {
    let start = Instant::now();
    while TcpStream::connect(format!("127.0.0.1:{PORT}")).is_err() {
        ensure!(
            start.elapsed() < PATIENCE,
            "WebKitWebDriver does not answer"
        );
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Asks the driver. A connection that was reset is tried once more: the driver drops idle ones.
fn post(agent: &ureq::Agent, path: &str, body: &Value) -> Result<Value> {
    let ask = || agent.post(address(path)).send(body.to_string());
    let answer = ask().or_else(|_| ask())?.body_mut().read_to_string()?;
    let answer: Value = serde_json::from_str(&answer).context("The driver sent no JSON")?;
    if let Some(error) = answer["value"]["error"].as_str() {
        bail!("the driver says {error}: {}", answer["value"]["message"]);
    }
    Ok(answer["value"].clone())
}

fn address(path: &str) -> String {
    format!("http://127.0.0.1:{PORT}{path}")
}
