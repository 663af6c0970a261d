//! Models that came with the program.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use lore_core::{ExperimentSpec, ModelId, ModelInfo};
use lore_protocol::{FetchWork, ModelSource, StarterModel, Work};

use crate::core::Core;
use crate::files;
use crate::mentions::Noun;
use crate::supervisor::JobRecord;

/// Makes every bundled model known. The weights stay where they are; what cannot be read is left to
/// a job, whose failure people see.
pub(crate) fn register(core: &Core, bundled: &Path) {
    for folder in files::subfolders(bundled) {
        if let Err(error) = register_one(core, &folder) {
            core.warnings.add(format!(
                "A model that came with the program could not be used: {error:#}"
            ));
        }
    }
}

fn register_one(core: &Core, bundled: &Path) -> Result<()> {
    let name = bundled
        .file_name()
        .and_then(|name| name.to_str())
        .context("its folder has a strange name")?;
    Noun::Model.check(name)?;
    let known = core.dir.model(&name.into()).join("model.json");
    if known.exists() {
        return Ok(());
    }
    let described = bundled.join("model.json");
    if !described.exists() {
        return fetch(core, name, bundled);
    }
    let mut info: ModelInfo = files::read_json(&described)?;
    info.id = name.into();
    info.path = absolute(bundled, &info.path)?;
    files::write_json(&known, &info)
}

/// The weights' place, whichever folder `model.json` stands in.
fn absolute(bundled: &Path, path: &str) -> Result<String> {
    let path = fs::canonicalize(bundled.join(path)).context("its weights are missing")?;
    let path = path.to_str().context("its folder has a strange name")?;
    Ok(path.to_owned())
}

/// Has a worker look at a folder that does not describe itself, unless one was asked to already.
fn fetch(core: &Core, name: &str, bundled: &Path) -> Result<()> {
    let source = if let Some(starter) = starter(name) {
        ModelSource::Starter { starter }
    } else {
        let path = fs::canonicalize(bundled)?;
        let path = path.to_str().context("its folder has a strange name")?;
        ModelSource::Local {
            path: path.to_owned(),
        }
    };
    let work = Work::FetchModel(FetchWork { source });
    if !is_being_done(core, &work) {
        core.submit(&format!("Get {name} ready"), |_| Ok(work))?;
    }
    Ok(())
}

/// The starter model that is kept under this name.
fn starter(name: &str) -> Option<StarterModel> {
    let usual = ExperimentSpec::default();
    if name == usual.model.as_str() {
        Some(StarterModel::LanguageModel)
    } else if name == usual.embedder.as_str() {
        Some(StarterModel::Embedder)
    } else {
        None
    }
}

/// True while a job gets the starter model of this name.
pub(crate) fn is_on_its_way(core: &Core, model: &ModelId) -> bool {
    starter(model.as_str()).is_some_and(|starter| {
        let source = ModelSource::Starter { starter };
        is_being_done(core, &Work::FetchModel(FetchWork { source }))
    })
}

fn is_being_done(core: &Core, work: &Work) -> bool {
    let asked = |job: &JobRecord| job.info.state.is_active() && job.info.spec.work == *work;
    core.jobs.list().is_ok_and(|jobs| jobs.iter().any(asked))
}
