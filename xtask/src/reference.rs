//! `cargo xtask reference NAME`: the reference implementations, in Python environments of their own
//! that are kept in the cache.
//!
//! A reference is a script `tests/reference/NAME.py`. When a crate has an example
//! `compare_NAME.rs`, the script is given a folder to write to, and the example then compares what
//! stands there with what we make of the same; it prints its figures as JSON on stdout.

mod python;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::args::Args;
use crate::place::Place;
use crate::{bench, process, setup};

pub(crate) use python::Python;

/// `cargo xtask reference NAME [--script-only] [arguments of the script]`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let folder = folder(place);
    let names = scripts(&folder)?;
    let Some(name) = args.positional() else {
        eprintln!("References: {}", names.join(", "));
        return Ok(());
    };
    if !names.contains(&name) {
        bail!(
            "There is no reference {name:?}; there are: {}",
            names.join(", ")
        );
    }
    let python = Python::of(place, &name)?;
    let is_compared =
        !args.flag("--script-only") && bench::examples(&place.root, "compare_")?.contains(&name);
    let out = match args.value("--out")? {
        Some(out) => Some(PathBuf::from(out)),
        None => is_compared.then(|| place.target.join("reference").join(&name)),
    };
    let mut command = python.script(&folder.join(format!("{name}.py")));
    command.current_dir(&place.root).args(args.rest());
    if let Some(out) = &out {
        command.arg("--out").arg(out);
    }
    if python.needs_models() {
        if let Some(models) = setup::everything(place)?.models {
            command.env("LOREKEEPER_TEST_MODELS", models);
        }
    } else {
        setup::require(setup::BUILD)?;
    }
    process::run(&mut command)?;
    let Some(out) = out.filter(|_| is_compared) else {
        return Ok(());
    };
    process::run(bench::example(place, &format!("compare_{name}"), true)?.arg(out))
}

/// Where the scripts are.
pub(crate) fn folder(place: &Place) -> PathBuf {
    place.root.join("tests").join("reference")
}

fn scripts(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).context("The folder tests/reference is missing")? {
        let name = entry?.file_name();
        if let Some(name) = name.to_string_lossy().strip_suffix(".py") {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}
