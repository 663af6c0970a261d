//! `cargo xtask dist`: packages for the system it runs on.
//!
//! Packages hold both programs and the starter models, so that the sample experiment runs with no
//! network. What they are called, register and depend on stands in `src-tauri/tauri.conf.json`.

mod bundler;
mod check;
mod clean_root;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::args::Args;
use crate::build_ui::{self, Choices};
use crate::place::Place;
use crate::setup::{self, Ready};
use crate::{launch, process};

use bundler::Bundler;

/// A kind of package.
struct Kind {
    /// As people and the bundler's folder know it.
    name: &'static str,
    /// What the bundler is asked for.
    bundles: &'static str,
    /// How its files end.
    ending: &'static str,
}

const fn kind(name: &'static str, bundles: &'static str, ending: &'static str) -> Kind {
    Kind {
        name,
        bundles,
        ending,
    }
}

/// What is made here when nothing is said.
const KINDS: &[Kind] = if cfg!(windows) {
    &[kind("nsis", "nsis", "exe"), kind("msi", "msi", "msi")]
} else if cfg!(target_os = "macos") {
    // The updater takes the application itself.
    &[kind("dmg", "app,dmg", "dmg")]
} else {
    &[
        kind("deb", "deb", "deb"),
        kind("appimage", "appimage", "AppImage"),
    ]
};

/// `cargo xtask dist [--only KIND] [--no-build] [--check]`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let only = args.value("--only")?;
    let no_build = args.flag("--no-build");
    let checks = args.flag("--check");
    args.finish()?;
    let kinds: Vec<&Kind> = KINDS
        .iter()
        .filter(|kind| only.as_deref().is_none_or(|only| only == kind.name))
        .collect();
    if kinds.is_empty() {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        bail!("Packages that can be made here: {}", names.join(", "));
    }
    let bundler = Bundler::find()?;
    let ready = setup::everything(place)?;
    if !no_build {
        build(place, &ready)?;
    }
    let models = ready.models.context(
        "The packages hold the starter models, which could not be had; the lines above say why",
    )?;
    let config = contents(place, &models)?;
    let mut made = Vec::new();
    let mut failed = Vec::new();
    for kind in kinds {
        match pack(place, bundler, kind, &config) {
            Ok(package) => made.push(package),
            Err(error) => failed.push(format!("{}: {error:#}", kind.name)),
        }
    }
    for package in &made {
        let bytes = fs::metadata(package)?.len();
        eprintln!("{:>6.1} MB  {}", bytes as f64 / 1e6, package.display());
    }
    if checks {
        let deb = made
            .iter()
            .find(|it| it.extension() == Some("deb".as_ref()));
        check::run(place, deb.context("Only a .deb can be checked here")?)?;
    }
    if !failed.is_empty() {
        bail!("Not everything could be packed\n  {}", failed.join("\n  "));
    }
    Ok(())
}

/// Builds the page, then the programs that `cargo xtask bench` measures: a smaller choice would build
/// the large dependencies again, with other features.
fn build(place: &Place, ready: &Ready) -> Result<()> {
    let choices = Choices {
        release: true,
        ..Choices::default()
    };
    build_ui::build(place, &ready.wasm, choices)?;
    launch::build(place, true)
}

/// Packs one kind and returns its file.
fn pack(place: &Place, bundler: Bundler, kind: &Kind, config: &Value) -> Result<PathBuf> {
    let folder = place.target.join("release").join("bundle").join(kind.name);
    // What is there is of an earlier version, or of a try that failed.
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let packed = bundler.pack(place, kind.bundles, config);
    if kind.name == "appimage" {
        packed.context(
            "Tauri's bundler gets tools for AppImages from github.com; was there a way to it?",
        )?;
    } else {
        packed?;
    }
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension() == Some(kind.ending.as_ref()) {
            return Ok(path);
        }
    }
    bail!("the bundler left no package in {}", folder.display());
}

/// What the packages hold besides the program: its worker beside it, and the models where
/// `src-tauri/src/options.rs` looks for them.
fn contents(place: &Place, models: &Path) -> Result<Value> {
    let resources: serde_json::Map<String, Value> = setup::STARTER_FOLDERS
        .iter()
        .map(|name| {
            let folder = models.join(name).join("");
            let target = format!("models/{name}/");
            (folder.to_string_lossy().into_owned(), target.into())
        })
        .collect();
    // Whoever has the key signs the packages for the updater, too.
    let signs = std::env::var_os("TAURI_SIGNING_PRIVATE_KEY").is_some_and(|key| !key.is_empty());
    Ok(json!({"bundle": {
        "externalBin": [worker(place)?],
        "resources": resources,
        "createUpdaterArtifacts": signs,
    }}))
}

/// The worker where the bundler wants it: under a name with the target at its end, which is left out
/// here and in the package.
fn worker(place: &Place) -> Result<PathBuf> {
    let version = process::output(Command::new("rustc").arg("-vV")).unwrap_or_default();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not say what it compiles for")?;
    let folder = place.target.join("packing");
    fs::create_dir_all(&folder)?;
    let name = format!("lore_worker-{host}{}", std::env::consts::EXE_SUFFIX);
    fs::copy(place.program("release", "lore_worker"), folder.join(name))
        .context("Could not find the built worker; run the command without --no-build")?;
    Ok(folder.join("lore_worker"))
}
