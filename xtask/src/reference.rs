//! `cargo xtask reference NAME`: the reference implementations, in a Python environment of their
//! own that is kept in the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::args::Args;
use crate::place::Place;
use crate::{process, setup};

/// `cargo xtask reference NAME [arguments of the script]`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let folder = place.root.join("tests").join("reference");
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
    let python = environment(place, &folder)?;
    let ready = setup::everything(place)?;
    let mut command = Command::new(python);
    command
        .current_dir(&place.root)
        .arg(folder.join(format!("{name}.py")))
        .args(args.rest());
    if let Some(models) = &ready.models {
        command.env("LOREKEEPER_TEST_MODELS", models);
    }
    process::run(&mut command)
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

/// Python with the packages of `requirements.txt`; made anew when that file changes.
fn environment(place: &Place, folder: &Path) -> Result<PathBuf> {
    let venv = place.cache.join("reference-python");
    let python = if cfg!(windows) {
        venv.join("Scripts").join("python.exe")
    } else {
        venv.join("bin").join("python")
    };
    let wanted = fs::read_to_string(folder.join("requirements.txt"))
        .context("The file tests/reference/requirements.txt is missing")?;
    let stamp = venv.join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    eprintln!("Making the Python environment of the references (about a gigabyte)");
    if !python.exists() {
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&venv))
            .context("Could not make a Python environment; on Debian it needs python3-venv")?;
    }
    process::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(folder.join("requirements.txt")),
    )
    .context("Could not install the Python packages of the references; check the network")?;
    fs::write(stamp, wanted)?;
    Ok(python)
}
