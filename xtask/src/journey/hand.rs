//! The pointer and the keys of the virtual screen.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::screens::display;

/// How long a person would need at the least.
const PAUSE: Duration = Duration::from_millis(150);

/// How long the system's dialogs may take to open.
const OPENING: Duration = Duration::from_secs(3);

/// Clicks here.
pub(crate) fn click((x, y): (i64, i64)) -> Result<()> {
    point((x, y))?;
    act(&["click", "1"])
}

/// Moves the pointer here.
pub(crate) fn point((x, y): (i64, i64)) -> Result<()> {
    act(&["mousemove", &x.to_string(), &y.to_string()])
}

/// Turns the wheel by this many notches: down when positive.
pub(crate) fn wheel(notches: i32) -> Result<()> {
    let button = if notches > 0 { "5" } else { "4" };
    let times = notches.unsigned_abs().to_string();
    act(&["click", "--repeat", &times, "--delay", "20", button])
}

/// Presses a key or keys together, as `xdotool` names them: `ctrl+k`, `Return`.
pub(crate) fn press(keys: &str) -> Result<()> {
    act(&["key", keys])
}

/// Types a text.
pub(crate) fn write(text: &str) -> Result<()> {
    act(&["type", "--delay", "15", text])
}

/// Answers the system's own dialog for files with a path.
pub(crate) fn answer_file_dialog(path: &Path) -> Result<()> {
    let path = path.to_str().context("The path cannot be typed")?;
    sleep(OPENING);
    // In GTK's dialog a slash opens the line for paths; what is typed until it is there gets lost.
    write("/")?;
    sleep(Duration::from_secs(1));
    press("ctrl+a")?;
    write(path)?;
    sleep(Duration::from_secs(1));
    press("Return")
}

fn act(words: &[&str]) -> Result<()> {
    let status = Command::new("xdotool")
        .args(words)
        .env("DISPLAY", display())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("Could not start xdotool")?;
    ensure!(status.success(), "xdotool could not do {words:?}");
    sleep(PAUSE);
    Ok(())
}
