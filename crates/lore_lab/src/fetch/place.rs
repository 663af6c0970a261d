//! The last step of getting a model: look at it, describe it, put it in its place.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use lore_core::{ModelId, Watcher as _};

use crate::files::{remove_folder, write_json};
use crate::{Job, Outcome};

/// What is known about a model besides its files.
pub(super) struct Origin {
    /// Its name on disk.
    pub(super) id: ModelId,
    /// Its name for people.
    pub(super) name: String,
    /// The name its makers gave it; empty when unknown.
    pub(super) hub_name: String,
    /// Its licence; empty when unknown.
    pub(super) license: String,
    /// Where the weights are when they stay outside the model folder.
    pub(super) weights: Option<PathBuf>,
}

/// Reads the model's description from its files, writes `model.json` beside them and renames `staging`
/// to the model's folder. A model that cannot be used is described too, with the reason, so that the
/// list can say why.
pub(super) fn place(job: &mut Job<'_>, staging: &Path, origin: Origin) -> Result<Outcome> {
    let weights = origin.weights.as_deref().unwrap_or(staging);
    let mut info =
        lore_llm::inspect(weights).context("This is not a model the program can read.")?;
    info.digest = digest(job, weights)?;
    info.id = origin.id.clone();
    info.name = origin.name;
    info.path = path_in(staging, &info.path);
    if !origin.hub_name.is_empty() {
        info.hub_name = origin.hub_name;
    }
    if !origin.license.is_empty() {
        info.license = origin.license;
    }
    write_json(&staging.join("model.json"), &info)?;
    let folder = job.data.model(&origin.id);
    remove_folder(&folder)?;
    fs::rename(staging, &folder)
        .with_context(|| format!("Could not put the model into {}.", folder.display()))?;
    Ok(Outcome::finished(if info.problem.is_empty() {
        format!("{} is ready.", info.name)
    } else {
        format!(
            "{} is there but cannot be used: {}",
            info.name, info.problem
        )
    }))
}

/// What an adapter is bound to.
fn digest(job: &mut Job<'_>, weights: &Path) -> Result<String> {
    let relay = &mut job.relay;
    lore_llm::digest(weights, &mut |done, total| {
        relay.progress("Check the model", done / 1_000_000, total / 1_000_000, "MB");
    })
}

/// Paths inside the staging folder become relative, since it is about to be renamed.
fn path_in(staging: &Path, found: &str) -> String {
    let found = Path::new(found);
    found
        .strip_prefix(staging)
        .unwrap_or(found)
        .to_string_lossy()
        .into_owned()
}

/// A folder name from a model's own name.
pub(super) fn id_from_name(name: &str) -> ModelId {
    let last = name.rsplit('/').next().unwrap_or(name);
    let cleaned: String = last
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let trimmed = cleaned.trim_matches(['-', '.']);
    ModelId::from(if trimmed.is_empty() { "model" } else { trimmed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_tame() {
        assert_eq!(
            id_from_name("Owner/My Model v1.5").as_str(),
            "my-model-v1.5"
        );
        assert_eq!(id_from_name("../..").as_str(), "model");
        assert_eq!(id_from_name("日本").as_str(), "model");
    }

    #[test]
    fn only_paths_of_the_staging_folder_become_relative() {
        let staging = Path::new("/data/.m.fetch");
        assert_eq!(path_in(staging, "/data/.m.fetch/a.gguf"), "a.gguf");
        assert_eq!(path_in(staging, "/data/.m.fetch"), "");
        assert_eq!(path_in(staging, "/x/a.gguf"), "/x/a.gguf");
    }
}
