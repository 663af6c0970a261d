//! Models on servers: the list, their keys, and trying them out. What a server answers is read by the worker
//! that answers questions.

use anyhow::Result;
use lore_core::{ModelId, Secret, ServedModel};
use lore_protocol::{
    Answer, ApiError, KeyPlace, ModelResponse, Question, Response, ServedInfo, ServedTrial, Topic,
};

use crate::core::Core;
use crate::mentions::Noun;
use crate::supervisor::Setup;
use crate::{files, names};

/// The most episodes that one server is asked about at once.
const MAX_AT_ONCE: usize = 64;

/// Every model on a server, by name.
pub(crate) fn all(core: &Core) -> Result<Vec<ServedModel>> {
    let warn = |sentence| core.warnings.add(sentence);
    files::read_or_set_aside(&core.dir.served_models(), "saved models on servers", warn)
}

/// The list as it is shown.
pub(super) fn list(core: &Core) -> Result<Response> {
    let place = |model: &ServedModel| {
        let base = base(model).unwrap_or_default();
        if core.keys.is_in_session(&base) {
            KeyPlace::Session
        } else if model.has_key {
            KeyPlace::Keychain
        } else {
            KeyPlace::Nowhere
        }
    };
    let models = all(core)?.into_iter();
    let list = models.map(|model| ServedInfo {
        key: place(&model),
        model,
    });
    Ok(Response::Model(ModelResponse::Served(list.collect())))
}

/// Saves a model in place of the one of its name, and its key.
pub(super) fn save(core: &Core, model: ServedModel, key: Option<&Secret>) -> Result<Response> {
    let mut model = checked(model)?;
    let base = base(&model)?;
    let before = all(core)?;
    // Models of one address share its key.
    let is_there = |other: &ServedModel| self::base(other).is_ok_and(|other| other == base);
    model.has_key = before.iter().any(|other| other.has_key && is_there(other));
    match key {
        None => {}
        Some(key) if key.reveal().trim().is_empty() => {
            core.keys.forget(&base, model.has_key);
            model.has_key = false;
        }
        Some(key) => model.has_key = core.keys.keep(&base, key)? == KeyPlace::Keychain,
    }
    change(core, |models| {
        if model.id.as_str().is_empty() {
            let is_taken =
                |name: &str| models.iter().any(|other| other.id == ModelId::served(name));
            model.id = ModelId::served(&names::free(&names::slug(&model.name), "model", is_taken));
        }
        for other in models.iter_mut() {
            if is_there(other) {
                other.has_key = model.has_key;
            }
        }
        models.retain(|other| other.id != model.id);
        models.push(model);
        models.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    })?;
    forget_unused(core, &before)?;
    list(core)
}

/// Forgets a model, and its key when no other model is at the address.
pub(super) fn remove(core: &Core, id: &ModelId) -> Result<Response> {
    if let Some(title) = core.user_of(Noun::ServedModel, id.as_str())? {
        return Err(ApiError::precondition(format!(
            "The model is needed by {title:?}; stop that job first"
        ))
        .into());
    }
    let before = all(core)?;
    if before.iter().all(|model| model.id != *id) {
        return Err(ApiError::not_found("The model on a server is gone already").into());
    }
    change(core, |models| models.retain(|model| model.id != *id))?;
    forget_unused(core, &before)?;
    Ok(Response::Done)
}

/// Forgets the keys for addresses at which there is no model any more.
fn forget_unused(core: &Core, before: &[ServedModel]) -> Result<()> {
    let left: Vec<String> = all(core)?.iter().filter_map(|it| base(it).ok()).collect();
    for model in before {
        let Ok(base) = base(model) else { continue };
        if !left.contains(&base) {
            core.keys.forget(&base, model.has_key);
        }
    }
    Ok(())
}

fn change(core: &Core, change: impl FnOnce(&mut Vec<ServedModel>)) -> Result<()> {
    core.while_naming(|| {
        let mut models = all(core)?;
        change(&mut models);
        files::write_json(&core.dir.served_models(), &models)
    })?;
    core.hub.stale(Topic::Models);
    Ok(())
}

/// Has the worker ask the server.
pub(super) fn try_out(core: &Core, model: ServedModel, key: Option<Secret>) -> Result<ServedTrial> {
    let base = base(&model)?;
    let key = if let Some(key) = key {
        Some(Secret::from(key.reveal().trim()))
    } else {
        let is_there = |other: &ServedModel| self::base(other).is_ok_and(|it| it == base);
        let known = all(core)?;
        let has_key = known.iter().any(|other| other.has_key && is_there(other));
        core.keys.get(&base, has_key)?
    };
    let model = Box::new(model);
    match core.interactive.ask(Question::TryServed { model, key })? {
        Answer::Served(trial) => Ok(trial),
        _ => Err(
            ApiError::new("The part of Lorekeeper that asks servers answered something else")
                .into(),
        ),
    }
}

/// What a person wrote, in order; refused when it cannot work.
fn checked(model: ServedModel) -> Result<ServedModel> {
    let trimmed = |text: &str| text.trim().to_owned();
    let model = ServedModel {
        name: trimmed(&model.name),
        address: trimmed(&model.address),
        model: trimmed(&model.model),
        at_once: model.at_once.clamp(1, MAX_AT_ONCE),
        timeout_secs: model.timeout_secs.clamp(1, 3600),
        prices: model
            .prices
            .filter(|it| it.prompt.is_finite() && it.completion.is_finite()),
        ..model
    };
    if model.name.is_empty() || model.address.is_empty() || model.model.is_empty() {
        let sentence = "A model on a server needs a name, an address, and the name that the server calls it by";
        return Err(ApiError::new(sentence).into());
    }
    if !model.id.as_str().is_empty() && !model.id.is_served() {
        return Err(ApiError::new("This is not the name of a model on a server").into());
    }
    if model.id.is_served() {
        Noun::ServedModel.check(model.id.as_str())?;
    }
    Ok(model)
}

fn base(model: &ServedModel) -> Result<String> {
    let address = model
        .base()
        .map_err(|error| ApiError::new(error.to_string()))?;
    Ok(address.http)
}

/// The key for a job's server. Asks the keychain, which may take a while.
pub(crate) fn key_for(setup: &Setup, id: &ModelId) -> Result<Option<Secret>> {
    // A damaged list is told where it is shown; the worker says that the model is not known.
    let all: Vec<ServedModel> = files::read_json(&setup.dir.served_models()).unwrap_or_default();
    let Some(model) = all.iter().find(|model| model.id == *id) else {
        return Ok(None);
    };
    setup.keys.get(&base(model)?, model.has_key)
}
