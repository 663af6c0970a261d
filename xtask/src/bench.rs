//! `cargo xtask bench NAME`: figures of speed and memory.
//!
//! A bench is an example of the crate it measures, `examples/bench_NAME.rs`. It prints one JSON
//! object a line on stdout and a table for people on stderr. Where `tests/reference` has a script of
//! the same name, the bench is told the Python to measure it with. The window, which is no crate's
//! own, is measured from here.

mod window;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::args::Args;
use crate::place::Place;
use crate::reference::{self, Python};
use crate::{cargo, process, setup};

/// `cargo xtask bench NAME [arguments of the bench]`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let benches = examples(&place.root, "bench_")?;
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
        .args(args.rest())
        // As the supervisor starts workers.
        .env("CANDLE_NUM_THREADS", "1");
    if let Some(models) = &ready.models {
        command.env("LOREKEEPER_TEST_MODELS", models);
    }
    let reference = reference::folder(place).join(format!("{name}.py"));
    if reference.exists() && std::env::var_os(PYTHON).is_none() {
        match Python::of(place, &name) {
            Ok(python) => drop(command.env(PYTHON, python.program())),
            Err(error) => eprintln!("Without the reference: {error:#}"),
        }
    }
    process::run(&mut command)
}

/// The variable by which a bench knows the reference's Python.
const PYTHON: &str = "LOREKEEPER_REFERENCE_PYTHON";

/// The examples of all crates that are called `prefix` and a name: the names, and the folders of
/// their crates.
pub(crate) fn examples(root: &Path, prefix: &str) -> Result<Vec<(String, PathBuf)>> {
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
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_suffix(".rs"))
            {
                found.push((name.to_owned(), folder.clone()));
            }
        }
    }
    found.sort();
    Ok(found)
}
