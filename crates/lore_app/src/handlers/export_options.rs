//! The forms an adapter can be written in: how large each will be, and why some are refused.

use std::path::Path;

use lore_bank::ExperienceBank;
use lore_core::{Adapter, ModelInfo};
use lore_protocol::{Carried, ExportFormat, ExportOption, JobSpec, TrainWork, Work};

use crate::core::Core;
use crate::files;

/// Said of every form when the base model is gone.
const NO_BASE: &str = "The base model is not on this computer any more, so nothing written could be \
                       checked. Get it again on the Models page.";

/// Every form, in the order of [`ExportFormat::ALL`].
pub(super) fn of(core: &Core, adapter: &Adapter) -> Vec<ExportOption> {
    let folder = core.dir.adapter(&adapter.id);
    let base: Option<ModelInfo> =
        files::read_json(&core.dir.model(&adapter.base_model).join("model.json")).ok();
    let training = training(core, adapter);
    let bank = training.and_then(|work| work.bank);
    let carried = Carried {
        has_bank: bank.is_some(),
        has_magnitudes: has_magnitudes(&folder),
    };
    let bank_bytes = bank
        .and_then(|id| ExperienceBank::open(&core.dir, &id).ok()?.info().ok())
        .map_or(0, |info| info.num_bytes);
    let adapter_bytes = std::fs::metadata(folder.join("adapter_model.safetensors"))
        .map_or(0, |metadata| metadata.len());
    let option = |format: ExportFormat| {
        let refusal = match &base {
            None => Some(NO_BASE),
            Some(_) => format.refusal(&carried),
        };
        let beside = if format == ExportFormat::Bundle {
            bank_bytes
        } else {
            0
        };
        let base = base.clone().unwrap_or_default();
        ExportOption {
            format,
            num_bytes: format.num_bytes(adapter_bytes, &base) + beside,
            refusal: refusal.unwrap_or_default().to_owned(),
        }
    };
    ExportFormat::ALL.into_iter().map(option).collect()
}

/// How the adapter was trained, where the job is still there.
fn training(core: &Core, adapter: &Adapter) -> Option<TrainWork> {
    let origin = &adapter.origin;
    let folder = core
        .dir
        .job(origin.experiment.as_ref(), origin.job.as_ref()?);
    let spec: JobSpec = files::read_json(&folder.join("job.json")).ok()?;
    match spec.work {
        Work::Train(work) => Some(work),
        _ => None,
    }
}

/// True for `DoRA` adapters, by PEFT's own settings.
fn has_magnitudes(folder: &Path) -> bool {
    files::read_json::<serde_json::Value>(&folder.join("adapter_config.json"))
        .is_ok_and(|settings| settings["use_dora"] == true)
}
