//! `run` and `demo`: set up, build, start.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::args::Args;
use crate::build_ui::{self, Choices};
use crate::place::Place;
use crate::setup::Ready;
use crate::{cargo, process, setup};

/// `cargo xtask run`: opens the window; without a display, the sample experiment in the terminal.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let window = args.value("--window")?;
    let data = args.value("--data")?;
    let release = args.flag("--release");
    args.finish()?;
    if let Some(kind) = window.as_deref()
        && !matches!(kind, "webview" | "native")
    {
        bail!("--window is webview or native, not {kind:?}");
    }
    let ready = setup::everything(place)?;
    if !has_display() {
        eprintln!(
            "There is no display here, so no window can open. Running the sample experiment in \
             this terminal instead."
        );
        return play_sample(place, &ready, "smoke", data.as_deref(), release);
    }
    // The native window needs no page, and building it takes minutes.
    if window.as_deref() != Some("native") {
        build_page(place, &ready)?;
    }
    build(place, release)?;
    let mut app = application(place, &ready, data.as_deref(), release);
    if let Some(kind) = window {
        app.args(["--window", &kind]);
    }
    process::run(&mut app)
}

/// `cargo xtask demo`.
pub(crate) fn demo(place: &Place, mut args: Args) -> Result<()> {
    let preset = args.value("--preset")?.unwrap_or_else(|| "smoke".into());
    let data = args.value("--data")?;
    let release = args.flag("--release");
    args.finish()?;
    let ready = setup::everything(place)?;
    play_sample(place, &ready, &preset, data.as_deref(), release)
}

fn play_sample(
    place: &Place,
    ready: &Ready,
    preset: &str,
    data: Option<&str>,
    release: bool,
) -> Result<()> {
    build(place, release)?;
    process::run(application(place, ready, data, release).args(["--demo", preset]))
}

fn build_page(place: &Place, ready: &Ready) -> Result<()> {
    build_ui::build(place, &ready.wasm, Choices::default())
}

/// Builds the application and its worker.
pub(crate) fn build(place: &Place, release: bool) -> Result<()> {
    eprintln!("Building Lorekeeper (the first time takes a quarter of an hour or more)");
    let mut command = cargo::native(place, "build");
    // The whole workspace, so that what `test` builds is used again: a smaller choice would build
    // the large dependencies with other features, and that takes a quarter of an hour.
    command.args(["--workspace", "--bins"]);
    if release {
        command.arg("--release");
    }
    process::run(&mut command)
}

/// The built application, with the starter models where it finds them.
pub(crate) fn application(
    place: &Place,
    ready: &Ready,
    data: Option<&str>,
    release: bool,
) -> Command {
    let profile = if release { "release" } else { "debug" };
    started_from(&place.program(profile, "lorekeeper"), ready, data)
}

fn started_from(program: &Path, ready: &Ready, data: Option<&str>) -> Command {
    let mut app = Command::new(program);
    if let Some(data) = data {
        app.args(["--data", data]);
    }
    if let Some(models) = &ready.models {
        app.env("LOREKEEPER_MODELS", models);
    }
    app
}

/// The built application and its worker in a folder of their own, without symbols: what is built meanwhile does
/// not change them, and a cluster takes the worker, which with symbols is too large. The folder goes with this.
pub(crate) struct OwnCopy {
    folder: PathBuf,
}

impl OwnCopy {
    /// Makes it.
    pub(crate) fn make(place: &Place, folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).context("Could not make a folder for the programs")?;
        for name in ["lorekeeper", "lore_worker"] {
            strip(&place.program("debug", name), &folder)?;
        }
        Ok(Self { folder })
    }

    /// The application, with the starter models where it finds them.
    pub(crate) fn application(&self, ready: &Ready, data: Option<&str>) -> Command {
        started_from(&self.folder.join("lorekeeper"), ready, data)
    }
}

impl Drop for OwnCopy {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// Writes a program without its symbols into a folder; where it is then.
pub(crate) fn strip(program: &Path, folder: &Path) -> Result<PathBuf> {
    let name = program.file_name().context("A program has a name")?;
    let small = folder.join(name);
    let mut command = Command::new("strip");
    command.args(["-s", "-o"]).arg(&small).arg(program);
    process::run(&mut command)?;
    Ok(small)
}

fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
