//! Loading models and adapters by their names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};

use lore_core::{Adapter, AdapterId, DataDir, ModelId, ModelInfo, ModelKind};
use lore_llm::{AdapterWeights, BaseModel, ChatModel, SentenceEmbedder, WeightForm};
use lore_protocol::{ErrorCode, ResultExt as _};
use sha2::{Digest as _, Sha256};

use crate::files::read_json;
use crate::{machine, names, served_model};

/// What the model folder says about a model.
pub(crate) fn info(data: &DataDir, id: &ModelId) -> Result<ModelInfo> {
    if id.is_served() {
        let served = served_model::info(data, id)?;
        bail!(
            "{} is on a server: it can act in experiments, but not be trained, looked into or exported. Choose \
             a model on this computer.",
            served.name
        );
    }
    names::check("a model", id.as_str())?;
    let info: ModelInfo = read_json(&data.model(id).join("model.json")).code(
        ErrorCode::ModelMissing,
        format!(
            "The model {:?} is not there. Get it on the Models page first.",
            id.as_str()
        ),
    )?;
    ensure!(
        info.problem.is_empty(),
        "The model {} cannot be used: {}",
        info.name,
        info.problem
    );
    Ok(info)
}

/// Where a model's weights are.
pub(crate) fn weights_path(data: &DataDir, info: &ModelInfo) -> PathBuf {
    // Joining an absolute path gives that path, which is what models outside the folder need.
    data.model(&info.id).join(&info.path)
}

/// A language model, ready to run, and its description.
pub(crate) fn base(data: &DataDir, id: &ModelId) -> Result<(Arc<BaseModel>, ModelInfo)> {
    base_as(data, id, |_| WeightForm::Unpacked)
}

/// A language model in the form that is chosen by its description, and that.
pub(crate) fn base_as(
    data: &DataDir,
    id: &ModelId,
    form: impl FnOnce(&ModelInfo) -> WeightForm,
) -> Result<(Arc<BaseModel>, ModelInfo)> {
    let info = info(data, id)?;
    let form = form(&info);
    ensure!(
        info.kind == ModelKind::Language,
        "{} makes embeddings and cannot act. Choose a language model.",
        info.name
    );
    if let Some(available) = machine::available_memory() {
        lore_llm::check_memory(&info, form, available)?;
    }
    let model = BaseModel::load_as(&weights_path(data, &info), form).code(
        ErrorCode::ModelMissing,
        format!(
            "The model {} could not be loaded. Its files may have been moved.",
            info.name
        ),
    )?;
    Ok((model, info))
}

/// An embedder.
pub(crate) fn embedder(data: &DataDir, id: &ModelId) -> Result<SentenceEmbedder> {
    let info = info(data, id)?;
    ensure!(
        info.kind == ModelKind::Embedder,
        "{} is a language model and makes no embeddings. Choose an embedder.",
        info.name
    );
    SentenceEmbedder::load(&weights_path(data, &info)).code(
        ErrorCode::ModelMissing,
        format!(
            "The embedder {} could not be loaded. Its files may have been moved.",
            info.name
        ),
    )
}

/// What PEFT looks for as the base model: the makers' name for it, else the one it has here.
pub(crate) fn hub_name(info: &ModelInfo) -> &str {
    if info.hub_name.is_empty() {
        &info.name
    } else {
        &info.hub_name
    }
}

/// What the adapter folder says about an adapter.
pub(crate) fn adapter_info(data: &DataDir, id: &AdapterId) -> Result<Adapter> {
    names::check("an adapter", id.as_str())?;
    read_json(&data.adapter(id).join("adapter.json")).code(
        ErrorCode::NotFound,
        format!(
            "The adapter {:?} is not there. Its training may not have finished.",
            id.as_str()
        ),
    )
}

/// A model that acts, with an adapter or without.
pub(crate) fn chat(
    data: &DataDir,
    model: &ModelId,
    adapter: Option<&AdapterId>,
) -> Result<ChatModel> {
    let (base, info) = base(data, model)?;
    let weights = adapter
        .map(|id| adapter_for(data, id, &info))
        .transpose()?
        .map(Arc::new);
    let model = ChatModel::new(base, weights).context("The model could not be made ready.")?;
    Ok(model.with_cache_bytes(machine::prompt_cache_bytes()))
}

/// An adapter's weights, after checking that it was trained on these very weights.
pub(crate) fn adapter_for(
    data: &DataDir,
    id: &AdapterId,
    base: &ModelInfo,
) -> Result<AdapterWeights> {
    let adapter = adapter_info(data, id)?;
    ensure!(
        adapter.base_digest == base.digest,
        "The adapter {} was trained on another version of {}. Train it again, or get the model it was \
         trained on.",
        adapter.name,
        base.name
    );
    let folder = data.adapter(id);
    let unreadable = || format!("The adapter {} could not be loaded.", adapter.name);
    if !adapter.weights_digest.is_empty() {
        ensure!(
            adapter.weights_digest == adapter_digest(&folder).with_context(unreadable)?,
            "The adapter {} is damaged: its file is not the one that was written. Train it again.",
            adapter.name
        );
    }
    AdapterWeights::load_peft(&folder).with_context(unreadable)
}

/// SHA-256 of an adapter's weights, in 64 lower-case hexadecimal digits.
pub(crate) fn adapter_digest(folder: &Path) -> Result<String> {
    let path = folder.join("adapter_model.safetensors");
    let bytes =
        std::fs::read(&path).with_context(|| format!("Could not read {}.", path.display()))?;
    Ok(format!("{:x}", Sha256::digest(bytes)))
}
