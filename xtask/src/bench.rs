//! `cargo xtask bench NAME`: figures of speed and memory.
//!
//! A bench is an example of the crate it measures, `examples/bench_NAME.rs`. It prints one JSON
//! object a line on stdout and a table for people on stderr. The window, which is no crate's own, is
//! measured from here.

mod window;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::args::Args;
use crate::place::Place;
use crate::{cargo, process, setup};

/// `cargo xtask bench NAME [arguments of the bench]`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let benches = benches(&place.root)?;
    let names: Vec<&str> = benches
        .iter()
        .map(|(name, _)| name.as_str())
        .chain(["window"])
        .collect();
    let Some(name) = args.positional() else {
        eprintln!("Benches: {}", names.join(", "));
        return Ok(());
    };
    if name == "window" {
        return window::run(place, args);
    }
    let Some((_, folder)) = benches.iter().find(|(known, _)| *known == name) else {
        bail!(
            "There is no bench {name:?}; there are: {}",
            names.join(", ")
        );
    };
    let ready = setup::everything(place)?;
    let mut command = cargo::native(place, "run");
    command
        .args(["--quiet", "--release", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .args(["--example", &format!("bench_{name}"), "--"])
        .args(args.rest());
    if let Some(models) = &ready.models {
        command.env("LOREKEEPER_TEST_MODELS", models);
    }
    process::run(&mut command)
}

/// Every bench by name, with the folder of its crate.
fn benches(root: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut folders: Vec<PathBuf> = fs::read_dir(root.join("crates"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    folders.extend([root.join("ui"), root.join("src-tauri"), root.join("tests")]);
    let mut found = Vec::new();
    for folder in folders {
        // Most crates have no examples.
        let Ok(examples) = fs::read_dir(folder.join("examples")) else {
            continue;
        };
        for example in examples {
            let file = example?.file_name();
            let file = file.to_string_lossy();
            if let Some(name) = file
                .strip_prefix("bench_")
                .and_then(|rest| rest.strip_suffix(".rs"))
            {
                found.push((name.to_owned(), folder.clone()));
            }
        }
    }
    found.sort();
    Ok(found)
}
