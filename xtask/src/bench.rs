//! `cargo xtask bench NAME`: figures of speed and memory.
//!
//! A bench is an example of the crate it measures, `examples/bench_NAME.rs`. It prints one JSON
//! object a line on stdout and a table for people on stderr. Where `tests/reference` has a script of
//! the same name, the bench is told the Python to measure it with. The window, which is no crate's
//! own, is measured from here.

mod window;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::place::Place;
use crate::reference::{self, Python};
use crate::{cargo, process, setup};

/// `cargo xtask bench NAME [--dev] [arguments of the bench]`. With `--dev` the development build is
/// measured, the one that `cargo xtask run` opens: it is there already, while optimising the database
/// takes an hour.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let benches = examples(&place.root, "bench_")?;
    let names: Vec<&str> = benches
        .iter()
        .map(String::as_str)
        .chain(["window"])
        .collect();
    let Some(name) = args.positional() else {
        eprintln!("Benches: {}", names.join(", "));
        return Ok(());
    };
    if name == "window" {
        return window::run(place, args);
    }
    if !names.contains(&name.as_str()) {
        bail!(
            "There is no bench {name:?}; there are: {}",
            names.join(", ")
        );
    }
    let release = !args.flag("--dev");
    let ready = setup::everything(place)?;
    let mut command = example(place, &format!("bench_{name}"), release)?;
    command
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

/// Builds an example of any crate and returns the command that starts it.
///
/// Features are those of the whole workspace: a smaller choice would build the large dependencies
/// anew with other features, and optimised that takes an hour.
pub(crate) fn example(place: &Place, name: &str, release: bool) -> Result<Command> {
    let mut build = cargo::native(place, "build");
    build.args(["--workspace", "--example", name]);
    if release {
        build.arg("--release");
    }
    process::run(&mut build)?;
    let program = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let profile = if release { "release" } else { "debug" };
    let folder = place.target.join(profile).join("examples");
    Ok(Command::new(folder.join(program)))
}

/// The examples of all crates that are called `prefix` and a name: their names.
pub(crate) fn examples(root: &Path, prefix: &str) -> Result<Vec<String>> {
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
                found.push(name.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
