//! The page that Tauri's webview shows: the interface as wasm, its glue, an HTML page.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::args::Args;
use crate::cargo::{self, WASM, WasmToolchain};
use crate::place::Place;
use crate::{process, setup};

/// The cargo profile of the page, small and optimised.
const PROFILE: &str = "wasm-release";

/// What is built.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Choices {
    /// Optimise across crates: a third smaller, twice the build time.
    pub(crate) release: bool,
    /// Let a test driver read the tree of widgets.
    pub(crate) inspect: bool,
}

/// `cargo xtask build-ui`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let choices = Choices {
        release: args.flag("--release"),
        inspect: args.flag("--inspect"),
    };
    args.finish()?;
    let toolchain = setup::wasm_only(place)?;
    build(place, &toolchain, choices)
}

/// Builds the page into `ui/dist`.
pub(crate) fn build(place: &Place, toolchain: &WasmToolchain, choices: Choices) -> Result<()> {
    eprintln!("Building the page of the webview");
    let mut command = cargo::wasm(place, toolchain, "build");
    command.args(["--package", "lore_ui", "--lib", "--profile", PROFILE]);
    if choices.inspect {
        command.args(["--features", "inspect"]);
    }
    if !choices.release {
        // Most of the build time goes into the link-time optimisation, which the eye does not see.
        command
            .env("CARGO_PROFILE_WASM_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_WASM_RELEASE_CODEGEN_UNITS", "16");
    }
    process::run(&mut command).context("Could not build the page of the webview")?;
    let built = place
        .target
        .join("wasm")
        .join(WASM)
        .join(PROFILE)
        .join("lore_ui.wasm");
    bind(place, &built)?;
    copy_page(place)
}

/// Makes the glue between page and wasm, unless it is newer than the wasm.
fn bind(place: &Place, built: &Path) -> Result<()> {
    let dist = place.dist();
    fs::create_dir_all(&dist)?;
    if modified(&dist.join("lore_ui_bg.wasm")) > modified(built) {
        return Ok(());
    }
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(built)
        .typescript(false)
        .remove_name_section(true)
        .web(true)
        .and_then(|bindgen| bindgen.generate(&dist))
        .map_err(|error| error.context("Could not make the glue between page and wasm"))
}

/// Copies the hand-written files of the page, only when they differ: every change to the folder
/// makes Tauri's build embed it anew.
fn copy_page(place: &Place) -> Result<()> {
    let source = place.root.join("ui").join("web");
    for entry in fs::read_dir(&source).context("The folder ui/web is missing")? {
        let entry = entry?;
        let target = place.dist().join(entry.file_name());
        let content = fs::read(entry.path())?;
        if fs::read(&target).ok().as_ref() != Some(&content) {
            fs::write(&target, content)?;
        }
    }
    Ok(())
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}
