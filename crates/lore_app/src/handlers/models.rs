//! Models and embedders.

use std::path::Path;

use anyhow::{Context as _, Result};
use lore_core::{ModelId, ModelInfo};
use lore_protocol::{
    ApiError, FetchWork, ModelRequest, ModelResponse, ModelSource, Response, StarterModel, Topic,
    Work,
};

use super::served;
use crate::core::Core;
use crate::files;
use crate::mentions::Noun;

/// Answers.
pub(super) fn handle(core: &Core, request: ModelRequest) -> Result<Response> {
    Ok(match request {
        ModelRequest::List => Response::Model(ModelResponse::List(all(core))),
        ModelRequest::Fetch { source } => {
            let title = format!("Get {}", title_of(&source)?);
            let work = Work::FetchModel(FetchWork { source });
            let job = core.submit(&title, |_| Ok(work))?;
            Response::Model(ModelResponse::Job(job))
        }
        ModelRequest::Remove { id } => {
            remove(core, &id)?;
            Response::Done
        }
        ModelRequest::Served => served::list(core)?,
        ModelRequest::SaveServed { model, key } => served::save(core, *model, key.as_ref())?,
        ModelRequest::RemoveServed { id } => served::remove(core, &id)?,
        ModelRequest::TryServed { model, key } => {
            Response::Model(ModelResponse::Tried(served::try_out(core, *model, key)?))
        }
    })
}

/// Every model, by name.
pub(crate) fn all(core: &Core) -> Vec<ModelInfo> {
    let folders = files::subfolders(&core.dir.models());
    let mut models: Vec<ModelInfo> = folders
        .iter()
        .filter_map(|folder| read(core, folder))
        .collect();
    models.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    models
}

fn read(core: &Core, folder: &Path) -> Option<ModelInfo> {
    let id = folder.file_name()?.to_str()?;
    let mut info: ModelInfo = match files::read_json(&folder.join("model.json")) {
        Ok(info) => info,
        Err(error) => {
            log::warn!("{error:?}");
            core.warnings.add(format!(
                "The model in {} is damaged and is not shown. Remove the folder and get the model \
                 again.",
                folder.display()
            ));
            return None;
        }
    };
    // The folder decides: it is what everything else finds the model by.
    info.id = ModelId::from(id);
    if info.problem.is_empty() && !folder.join(&info.path).exists() {
        info.problem = format!(
            "Its weights are gone from {}. Get the model again.",
            folder.join(&info.path).display()
        );
    }
    Some(info)
}

fn remove(core: &Core, id: &ModelId) -> Result<()> {
    Noun::Model.check(id.as_str())?;
    if let Some(title) = core.user_of(Noun::Model, id.as_str())? {
        return Err(ApiError::precondition(format!(
            "The model is needed by {title:?}; stop that job first"
        ))
        .into());
    }
    // A worker that holds the file open keeps it from being removed on some systems.
    core.interactive.end();
    core.measuring.end();
    let folder = core.dir.model(id);
    if !folder.is_dir() {
        return Err(ApiError::not_found(format!("The model {id:?} is gone already")).into());
    }
    // For good: models are large, room is why people remove them, and they can be had again.
    std::fs::remove_dir_all(&folder)
        .with_context(|| format!("Could not remove {id:?}; another program may be using it"))?;
    core.hub.stale(Topic::Models);
    core.hub.stale(Topic::Settings);
    Ok(())
}

/// The model's name in a job's title.
fn title_of(source: &ModelSource) -> Result<String> {
    Ok(match source {
        ModelSource::Starter { starter } => match starter {
            StarterModel::LanguageModel => "the starter language model".into(),
            StarterModel::Embedder => "the starter embedder".into(),
        },
        ModelSource::Hub { repo, .. } => repo.clone(),
        ModelSource::Local { path } => {
            let place = Path::new(path);
            if !place.exists() {
                return Err(ApiError::not_found(format!("There is no file {path:?}")).into());
            }
            let name = place.file_name().unwrap_or(place.as_os_str());
            name.to_string_lossy().into_owned()
        }
    })
}
