//! Python environments for references.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::place::Place;
use crate::process;

/// A Python with the packages a reference needs.
pub(crate) struct Python {
    program: PathBuf,
    is_shared: bool,
}

impl Python {
    /// The environment of the reference `name`: one of its own when `NAME.requirements.txt` says
    /// what it needs, otherwise the one that all share. It is made anew when its list changes.
    pub(crate) fn of(place: &Place, name: &str) -> Result<Self> {
        let folder = super::folder(place);
        let own = folder.join(format!("{name}.requirements.txt"));
        let is_shared = !own.exists();
        let (venv, requirements) = if is_shared {
            let shared = folder.join("requirements.txt");
            ("reference-python".to_owned(), shared)
        } else {
            (format!("reference-python-{name}"), own)
        };
        Ok(Self {
            program: environment(&place.cache.join(venv), &requirements)?,
            is_shared,
        })
    }

    /// True when the starter models are worth setting up.
    pub(crate) fn needs_models(&self) -> bool {
        self.is_shared
    }

    /// The interpreter.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// A script to be run. Its own folder is not searched for packages: a script may be called
    /// after the package that it plays.
    pub(crate) fn script(&self, path: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("-I").arg(path);
        command
    }
}

/// Makes the environment `venv` hold what `requirements` lists, and returns its interpreter.
fn environment(venv: &Path, requirements: &Path) -> Result<PathBuf> {
    let python = if cfg!(windows) {
        venv.join("Scripts").join("python.exe")
    } else {
        venv.join("bin").join("python")
    };
    let wanted = fs::read_to_string(requirements)
        .with_context(|| format!("The file {} is missing", requirements.display()))?;
    let stamp = venv.join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    eprintln!("Making a Python environment for {}", requirements.display());
    if !python.exists() {
        process::run(Command::new("python3").args(["-m", "venv"]).arg(venv))
            .context("Could not make a Python environment; on Debian it needs python3-venv")?;
    }
    process::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(requirements),
    )
    .context("Could not install the Python packages of the references; check the network")?;
    fs::write(stamp, wanted)?;
    Ok(python)
}
