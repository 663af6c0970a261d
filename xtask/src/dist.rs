//! `cargo xtask dist`: packages for the system it runs on.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::args::Args;
use crate::build_ui::{self, Choices};
use crate::place::Place;
use crate::{cargo, process, setup};

/// Builds everything for release and has Tauri's bundler pack it.
pub(crate) fn run(place: &Place, args: Args) -> Result<()> {
    let options = args.rest();
    if !process::exists("cargo-tauri", "--version") {
        bail!(
            "Packing needs Tauri's bundler; run `cargo install tauri-cli --version ^2 --locked` \
             once and try again"
        );
    }
    let ready = setup::everything(place)?;
    let choices = Choices {
        release: true,
        ..Choices::default()
    };
    build_ui::build(place, &ready.wasm, choices)?;
    process::run(cargo::native(place, "build").args(["--release", "--package", "lore_worker"]))?;
    add_worker(place)?;
    process::run(
        cargo::native(place, "tauri")
            .current_dir(place.root.join("src-tauri"))
            .args(["build", "--config", "tauri.dist.json"])
            .args(options),
    )
    .context("Could not make the packages")
}

/// Tauri packs a second program when it stands in a folder under a name with the target in it.
fn add_worker(place: &Place) -> Result<()> {
    let version = process::output(Command::new("rustc").arg("-vV")).unwrap_or_default();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not say what it compiles for")?;
    let folder = place.root.join("src-tauri").join("binaries");
    fs::create_dir_all(&folder)?;
    let name = format!("lore_worker-{host}{}", std::env::consts::EXE_SUFFIX);
    fs::copy(place.program("release", "lore_worker"), folder.join(name))
        .context("Could not find the built worker")?;
    Ok(())
}
