//! Tauri's bundler: the one that is installed, else a built one from npm.

use std::process::Command;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::place::Place;
use crate::{cargo, process};

/// The version of the bundler, that of Tauri itself.
const VERSION: &str = "2.12.5";

/// npm's program for running a package that is not installed.
const NPX: &str = if cfg!(windows) { "npx.cmd" } else { "npx" };

/// A way to start the bundler.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bundler {
    /// `cargo install tauri-cli`.
    Cargo,
    /// The npm package, which holds it built for most systems.
    Npx,
}

impl Bundler {
    /// Looks for one.
    pub(super) fn find() -> Result<Self> {
        if process::exists("cargo-tauri", "--version") {
            return Ok(Self::Cargo);
        }
        if process::exists(NPX, "--version") {
            return Ok(Self::Npx);
        }
        bail!(
            "Packing needs Tauri's bundler. Install Node.js, whose npx gets one that is built, or run \
             `cargo install tauri-cli --version {VERSION} --locked`, and try again"
        );
    }

    /// Packs the programs that are built for release as kinds of packages, parted by commas.
    pub(super) fn pack(self, place: &Place, kinds: &str, config: &Value) -> Result<()> {
        let mut command = match self {
            Self::Cargo => cargo::native(place, "tauri"),
            Self::Npx => {
                let mut npx = Command::new(NPX);
                npx.args(["--yes", &format!("@tauri-apps/cli@{VERSION}")]);
                npx.env("CARGO_TARGET_DIR", &place.target);
                npx
            }
        };
        command
            .current_dir(place.root.join("src-tauri"))
            .args(["bundle", "--bundles", kinds, "--config"])
            .arg(config.to_string());
        process::run(&mut command)
    }
}
