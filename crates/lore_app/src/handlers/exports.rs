//! Adapters, and taking them out of the program.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};
use lore_core::{Adapter, AdapterId};
use lore_protocol::{
    ApiError, ExportFormat, ExportRequest, ExportResponse, ExportWork, Response, Topic, Work,
};

use super::export_options;
use crate::core::Core;
use crate::files;
use crate::mentions::Noun;

/// The kind's folder in the trash.
const KIND: &str = "adapters";

/// Answers.
pub(super) fn handle(core: &Core, request: ExportRequest) -> Result<Response> {
    match request {
        ExportRequest::Adapters => Ok(Response::Export(ExportResponse::Adapters(all(core)))),
        ExportRequest::Options { adapter } => options(core, adapter),
        ExportRequest::Export {
            adapter,
            format,
            destination,
        } => export(core, adapter, format, destination),
        ExportRequest::Rename { adapter, name } => rename(core, &adapter, &name),
        ExportRequest::Delete { adapter } => {
            let folder = place(core, &adapter)?;
            if let Some(title) = core.user_of(Noun::Adapter, adapter.as_str())? {
                return Err(ApiError::precondition(format!(
                    "The adapter is needed by {title:?}; stop that job first"
                ))
                .into());
            }
            core.trash().put(KIND, adapter.as_str(), &folder)?;
            Ok(done(core))
        }
        ExportRequest::Restore { adapter } => {
            let folder = place(core, &adapter)?;
            core.trash().take_back(KIND, adapter.as_str(), &folder)?;
            Ok(done(core))
        }
    }
}

fn done(core: &Core) -> Response {
    core.hub.stale(Topic::Adapters);
    Response::Done
}

fn place(core: &Core, id: &AdapterId) -> Result<PathBuf> {
    Noun::Adapter.check(id.as_str())?;
    Ok(core.dir.adapter(id))
}

/// Every adapter, newest first.
fn all(core: &Core) -> Vec<Adapter> {
    let mut adapters: Vec<Adapter> = files::subfolders(&core.dir.adapters())
        .iter()
        .filter_map(|folder| read(core, folder))
        .collect();
    adapters.sort_by(|a, b| (b.created_ms, &a.id).cmp(&(a.created_ms, &b.id)));
    adapters
}

fn read(core: &Core, folder: &Path) -> Option<Adapter> {
    let id = folder.file_name()?.to_str()?;
    match files::read_json::<Adapter>(&folder.join("adapter.json")) {
        Ok(mut adapter) => {
            adapter.id = AdapterId::from(id);
            Some(adapter)
        }
        Err(error) => {
            log::warn!("{error:?}");
            core.warnings.add(format!(
                "The adapter in {} is damaged and is not shown. Its files were left alone.",
                folder.display()
            ));
            None
        }
    }
}

fn rename(core: &Core, id: &AdapterId, name: &str) -> Result<Response> {
    let path = place(core, id)?.join("adapter.json");
    let name = name.trim();
    if name.is_empty() {
        return Err(ApiError::new("An adapter needs a name").into());
    }
    let mut adapter: Adapter = files::read_json(&path)
        .with_context(|| ApiError::not_found(format!("The adapter {id:?} is gone")))?;
    name.clone_into(&mut adapter.name);
    files::write_json(&path, &adapter)?;
    Ok(done(core))
}

fn options(core: &Core, adapter: AdapterId) -> Result<Response> {
    let found = existing(core, &adapter)?;
    let options = export_options::of(core, &found);
    Ok(Response::Export(ExportResponse::Options {
        adapter,
        options,
    }))
}

/// An adapter that is there and whole.
fn existing(core: &Core, id: &AdapterId) -> Result<Adapter> {
    let folder = place(core, id)?;
    if !folder.is_dir() {
        return Err(ApiError::not_found(format!("The adapter {id:?} is gone")).into());
    }
    read(core, &folder)
        .with_context(|| format!("The adapter {id:?} is damaged and cannot be exported"))
}

fn export(
    core: &Core,
    adapter: AdapterId,
    format: ExportFormat,
    destination: String,
) -> Result<Response> {
    let found = existing(core, &adapter)?;
    let options = export_options::of(core, &found);
    let refused = options.into_iter().find(|it| it.format == format);
    if let Some(refusal) = refused.map(|it| it.refusal).filter(|it| !it.is_empty()) {
        return Err(ApiError::precondition(refusal).into());
    }
    check_destination(core, Path::new(&destination))?;
    let title = format!("Export {}", found.name);
    let job = core.submit(&title, |_| {
        Ok(Work::Export(ExportWork {
            adapter,
            format,
            destination,
        }))
    })?;
    Ok(Response::Export(ExportResponse::Job(job)))
}

/// Accepts a file in a folder that is there, outside the data folder. One of that name is replaced: the
/// dialog has asked.
pub(super) fn check_file(core: &Core, path: &Path) -> Result<(), ApiError> {
    let steps_up = path.components().any(|part| part == Component::ParentDir);
    let is_in_folder = path.parent().is_some_and(Path::is_dir);
    if !path.is_absolute() || steps_up || !is_in_folder || path.is_dir() {
        return Err(ApiError::new("Choose the file to write"));
    }
    if path.starts_with(core.dir.root()) {
        return Err(ApiError::new(
            "That folder belongs to Lorekeeper itself; choose one outside of it",
        ));
    }
    Ok(())
}

/// Accepts a folder that is not there or empty, outside the data folder.
pub(super) fn check_destination(core: &Core, path: &Path) -> Result<(), ApiError> {
    let steps_up = path.components().any(|part| part == Component::ParentDir);
    if !path.is_absolute() || steps_up {
        return Err(ApiError::new("Choose the folder to export to"));
    }
    if path.starts_with(core.dir.root()) {
        return Err(ApiError::new(
            "That folder belongs to Lorekeeper itself; choose one outside of it",
        ));
    }
    let is_free = match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => !path.exists(),
    };
    if is_free {
        Ok(())
    } else {
        Err(ApiError::precondition(format!(
            "The folder {} is not empty; choose an empty one or a new name",
            path.display()
        )))
    }
}
