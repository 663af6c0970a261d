//! The files of each form.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use lore_core::Watcher as _;
use lore_llm::{AdapterWeights, BaseModel, FloatFormat, GgufFormat, MergedModel};
use lore_protocol::ExportFormat;

use super::{Material, Written, bundle, card::Origin, modelfile};
use crate::{Job, models};

/// The stage that progress is told under.
const STAGE: &str = "Write";

/// Writes the files into an empty folder and reads back what must be compared; `None` when a stop was
/// asked for.
pub(super) fn write(
    job: &mut Job<'_>,
    format: ExportFormat,
    material: &Material,
    model: Option<&Arc<BaseModel>>,
    origin: &Origin,
    folder: &Path,
) -> Result<Option<Written>> {
    job.relay.progress(STAGE, 0, 0, "bytes");
    let weights = &material.weights;
    let hub_name = models::hub_name(&material.base);
    let unreadable = "The exported adapter could not be read back.";
    let adapter = match format {
        ExportFormat::Peft => {
            weights.save_peft(folder, hub_name)?;
            AdapterWeights::load_peft(folder)
        }
        ExportFormat::Bundle => {
            let adapter = folder.join(bundle::ADAPTER);
            weights.save_peft(&adapter, hub_name)?;
            let model = model.context("A bundle is tried out with its base model.")?;
            if !bundle::write(job, material, model, origin, folder)? {
                return Ok(None);
            }
            AdapterWeights::load_peft(&adapter)
        }
        ExportFormat::GgufLora => {
            let path = folder.join("adapter.gguf");
            weights.save_gguf(&path, &material.config, &material.adapter.name)?;
            AdapterWeights::load_gguf(&path, &material.config)
        }
        ExportFormat::Mlx => {
            weights.save_mlx(folder, &material.config, hub_name)?;
            AdapterWeights::load_mlx(folder, &material.config)
        }
        merged => return write_merged(job, merged, material, folder),
    };
    adapter
        .context(unreadable)
        .map(|adapter| Some(Written::Adapter(adapter)))
}

fn write_merged(
    job: &mut Job<'_>,
    format: ExportFormat,
    material: &Material,
    folder: &Path,
) -> Result<Option<Written>> {
    let mut merged = MergedModel::open(&material.base_path, &material.weights)
        .context("The base model's files could not be read.")?;
    let (relay, stop) = (&mut job.relay, job.stop);
    let mut progress = |done, total| {
        relay.progress(STAGE, done, total, "bytes");
        !stop.is_stopped()
    };
    let gguf = |format| (format, folder.join(gguf_name(material, format)));
    let (format, path) = match format {
        ExportFormat::SafetensorsF16 | ExportFormat::SafetensorsBf16 => {
            let float = if format == ExportFormat::SafetensorsF16 {
                FloatFormat::F16
            } else {
                FloatFormat::Bf16
            };
            let whole = merged.write_safetensors(folder, float, &mut progress)?;
            return Ok(whole.then(|| Written::Model(folder.to_owned())));
        }
        ExportFormat::GgufF16 => gguf(GgufFormat::F16),
        ExportFormat::GgufQ6K => gguf(GgufFormat::Q6K),
        ExportFormat::GgufQ4KM => gguf(GgufFormat::Q4KM),
        ExportFormat::GgufQ4_0 => gguf(GgufFormat::Q4_0),
        ExportFormat::Ollama => (GgufFormat::Q8_0, folder.join(modelfile::MODEL)),
        _ => gguf(GgufFormat::Q8_0),
    };
    if !merged.write_gguf(&path, format, &material.adapter.name, &mut progress)? {
        return Ok(None);
    }
    if path.ends_with(modelfile::MODEL) {
        let text = modelfile::text(material)?;
        let path = folder.join("Modelfile");
        fs::write(&path, text).with_context(|| format!("Could not write {}.", path.display()))?;
    }
    Ok(Some(Written::Model(path)))
}

/// `<model>-<adapter>-Q8_0.gguf`, short enough for every file system.
fn gguf_name(material: &Material, format: GgufFormat) -> String {
    let mut stem: String = material.adapter.id.as_str().chars().take(80).collect();
    stem.push('-');
    stem.push_str(format.name());
    stem.push_str(".gguf");
    stem
}
