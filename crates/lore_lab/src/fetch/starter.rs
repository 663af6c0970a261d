//! The two models the program starts with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use lore_core::{ModelId, Watcher as _};
use lore_protocol::StarterModel;

use super::hub::{self, Wanted};
use super::place::{Origin, place};
use crate::files::{beside, remove_folder};
use crate::{Job, Outcome};

/// What the program knows about a starter model.
struct Starter {
    id: &'static str,
    name: &'static str,
    hub_name: &'static str,
    license: &'static str,
    /// Files whose content is known, and its SHA-256.
    hashes: &'static [(&'static str, &'static str)],
}

const LANGUAGE_MODEL: Starter = Starter {
    id: "smollm2-135m-instruct",
    name: "SmolLM2 135M Instruct",
    hub_name: "HuggingFaceTB/SmolLM2-135M-Instruct",
    license: "apache-2.0",
    hashes: &[(
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )],
};

const EMBEDDER: Starter = Starter {
    id: "all-minilm-l6-v2",
    name: "all-MiniLM-L6-v2",
    hub_name: "sentence-transformers/all-MiniLM-L6-v2",
    license: "apache-2.0",
    hashes: &[(
        "model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    )],
};

/// Takes the model from a bundled folder, else from the hub.
pub(super) fn get(job: &mut Job<'_>, which: StarterModel) -> Result<Outcome> {
    let starter = match which {
        StarterModel::LanguageModel => LANGUAGE_MODEL,
        StarterModel::Embedder => EMBEDDER,
    };
    let bundled = job
        .options
        .bundled_models
        .iter()
        .map(|folder| folder.join(starter.id))
        .find(|folder| folder.is_dir());
    match bundled {
        Some(folder) => take(job, &starter, &folder),
        None => hub::get(
            job,
            &Wanted {
                repo: starter.hub_name,
                revision: "",
                id: Some(ModelId::from(starter.id)),
                known_hashes: starter.hashes,
            },
        ),
    }
}

/// Takes the files into the model folder, so that they stay when the program is updated or moved.
fn take(job: &mut Job<'_>, starter: &Starter, folder: &Path) -> Result<Outcome> {
    let id = ModelId::from(starter.id);
    let staging = beside(&job.data.model(&id), "fetch");
    remove_folder(&staging)?;
    let files = files_below(folder)?;
    for (index, file) in files.iter().enumerate() {
        job.relay
            .progress("Unpack", index as u64, files.len() as u64, "files");
        let target = staging.join(file);
        link_or_copy(&folder.join(file), &target)?;
        let known = starter
            .hashes
            .iter()
            .find(|(name, _)| Path::new(name) == file);
        if let Some((name, hash)) = known {
            anyhow::ensure!(
                super::download::sha256_of(&target)? == *hash,
                "The file {name:?} that came with the program is damaged. Install the program again."
            );
        }
    }
    let origin = Origin {
        id,
        name: starter.name.to_owned(),
        hub_name: starter.hub_name.to_owned(),
        license: starter.license.to_owned(),
        weights: None,
    };
    place(job, &staging, origin)
}

/// Paths of all files below `folder`, relative to it, in alphabetical order.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        let here = folder.join(&relative);
        let entries =
            fs::read_dir(&here).with_context(|| format!("Could not read {}.", here.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = relative.join(entry.file_name());
            if entry.path().is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A second name for the same bytes where the file system can do that, a copy where it cannot.
fn link_or_copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("Could not make the folder {}.", folder.display()))?;
    }
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to)
        .with_context(|| format!("Could not copy {} into the model folder.", from.display()))?;
    Ok(())
}
