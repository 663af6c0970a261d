//! A model that is on this machine already; it stays where it is.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use lore_core::{DataDir, ModelId, ModelInfo};
use lore_protocol::ErrorCode;
use lore_protocol::ResultExt as _;

use super::place::{Origin, id_from_name, place};
use crate::files::{beside, read_json, remove_folder};
use crate::{Job, Outcome};

/// Adds a folder or GGUF file to the list of models.
pub(super) fn add(job: &mut Job<'_>, path: &Path) -> Result<Outcome> {
    let path = fs::canonicalize(path).code(
        ErrorCode::NotFound,
        format!(
            "There is nothing at {}. It may have been moved.",
            path.display()
        ),
    )?;
    let name = path
        .file_stem()
        .filter(|_| path.is_file())
        .or_else(|| path.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .context("A whole disk cannot be a model. Choose a folder or a file.")?;
    let id = free_id(job.data, &id_from_name(&name), &path)?;
    let staging = beside(&job.data.model(&id), "fetch");
    remove_folder(&staging)?;
    fs::create_dir_all(&staging)
        .with_context(|| format!("Could not make the folder {}.", staging.display()))?;
    let origin = Origin {
        id,
        name,
        hub_name: String::new(),
        license: String::new(),
        weights: Some(path),
    };
    let placed = place(job, &staging, origin);
    if placed.is_err() {
        remove_folder(&staging)?;
    }
    placed
}

/// The wanted name, or one with a number behind it when another model has it. The same files added
/// twice are one model.
fn free_id(data: &DataDir, wanted: &ModelId, path: &Path) -> Result<ModelId> {
    for number in 1..1000 {
        let id = match number {
            1 => wanted.clone(),
            _ => ModelId(format!("{wanted}-{number}")),
        };
        let description = data.model(&id).join("model.json");
        let taken = read_json::<ModelInfo>(&description)
            .is_ok_and(|info| !Path::new(&info.path).starts_with(path));
        if !taken {
            return Ok(id);
        }
    }
    bail!("There are a thousand models called {wanted}. Remove some first.");
}
