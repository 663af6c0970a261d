//! Writing an adapter for others.

mod card;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};

use lore_core::{Adapter, ExperimentResults, LanguageModel as _, Message, ModelInfo, Watcher as _};
use lore_llm::{AdapterWeights, ChatModel};
use lore_protocol::{ExportWork, JobSpec, Work};

use crate::files::{beside, read_json, remove_folder, write_atomic};
use crate::{Job, Outcome, models};
use card::Card;

/// Largest difference of log-likelihoods between the adapter and its exported copy. Both run the same
/// arithmetic on the same numbers, so it is only there to be printed with.
const TOLERANCE: f64 = 1e-6;

/// Writes the adapter into a new folder, reads it back, and puts it in its place only if the copy
/// behaves like the original.
pub(crate) fn run(job: &mut Job<'_>, work: &ExportWork) -> Result<Outcome> {
    let destination = Path::new(&work.destination);
    check_destination(destination)?;
    let adapter = models::adapter_info(job.data, &work.adapter)?;
    let base = models::info(job.data, &adapter.base_model).ok();
    let weights = AdapterWeights::load_peft(&job.data.adapter(&work.adapter))
        .with_context(|| format!("The adapter {} could not be read.", adapter.name))?;
    let staging = beside(destination, "new");
    remove_folder(&staging)?;
    job.relay.progress("Write", 0, 3, "parts");
    let written = write(job, &adapter, base.as_ref(), &weights, &staging)
        .and_then(|()| verify(job, &adapter, base.as_ref(), weights, &staging))
        .and_then(|()| put_in_place(&staging, destination));
    if written.is_err() {
        remove_folder(&staging)?;
    }
    written?;
    job.relay.progress("Done", 3, 3, "parts");
    Ok(Outcome::finished(format!(
        "{} was written to {} and read back without a difference.",
        adapter.name,
        destination.display()
    )))
}

/// An export never overwrites anything.
fn check_destination(destination: &Path) -> Result<()> {
    ensure!(
        destination.is_absolute() && destination.file_name().is_some(),
        "Choose a folder to export to."
    );
    if destination.exists() {
        let is_empty = destination.is_dir()
            && fs::read_dir(destination)
                .with_context(|| format!("Could not look into {}.", destination.display()))?
                .next()
                .is_none();
        ensure!(
            is_empty,
            "There is something at {} already. Choose a new or empty folder.",
            destination.display()
        );
    }
    Ok(())
}

fn write(
    job: &Job<'_>,
    adapter: &Adapter,
    base: Option<&ModelInfo>,
    weights: &AdapterWeights,
    staging: &Path,
) -> Result<()> {
    let hub_name = base.map_or(weights.base_model.as_str(), models::hub_name);
    weights.save_peft(staging, hub_name)?;
    let origin = &adapter.origin;
    let spec = origin.job.as_ref().and_then(|id| {
        let folder = job.data.job(origin.experiment.as_ref(), id);
        read_json::<JobSpec>(&folder.join("job.json")).ok()
    });
    let training = spec.as_ref().and_then(|spec| match &spec.work {
        Work::Train(work) => Some(work),
        _ => None,
    });
    let results = origin.experiment.as_ref().and_then(|id| {
        let path = job.data.experiment(id).join("results.json");
        read_json::<ExperimentResults>(&path).ok()
    });
    let card = Card {
        adapter,
        hub_name,
        training,
        results: results.as_ref(),
    };
    write_atomic(&staging.join("README.md"), card.text().as_bytes())
}

/// The copy must hold the same numbers, and make the model say the same.
fn verify(
    job: &mut Job<'_>,
    adapter: &Adapter,
    base: Option<&ModelInfo>,
    weights: AdapterWeights,
    staging: &Path,
) -> Result<()> {
    job.relay.progress("Read back", 1, 3, "parts");
    let copy = AdapterWeights::load_peft(staging)
        .context("The exported adapter could not be read back.")?;
    ensure!(
        copy.pairs == weights.pairs
            && copy.config.scale().to_bits() == weights.config.scale().to_bits(),
        "The exported adapter differs from the original, so it was thrown away. Try again."
    );
    if base.is_none() {
        job.relay.warn(
            "The base model is not on this machine any more, so the exported numbers were compared but \
             not tried out.",
        );
        return Ok(());
    }
    job.relay.progress("Try out", 2, 3, "parts");
    let (model, info) = models::base(job.data, &adapter.base_model)?;
    ensure!(
        info.digest == adapter.base_digest,
        "The base model was replaced since the training, so the export cannot be checked."
    );
    let mut original = ChatModel::new(Arc::clone(&model), Some(Arc::new(weights)))?;
    let mut exported = ChatModel::new(model, Some(Arc::new(copy)))?;
    let chat = [
        Message::system(lore_core::prompt::instructions(&[])),
        Message::user("You are in the middle of a room. Your task is to: look around."),
    ];
    let candidates = ["look".to_owned(), "go to desk 1".to_owned()];
    let expected = original.score(&chat, &candidates)?;
    let found = exported.score(&chat, &candidates)?;
    for (expected, found) in expected.iter().zip(&found) {
        let difference = (expected.log_likelihood - found.log_likelihood).abs();
        ensure!(
            difference <= TOLERANCE,
            "The exported adapter behaves differently (by {difference:.2e}), so it was thrown away."
        );
    }
    Ok(())
}

fn put_in_place(staging: &Path, destination: &Path) -> Result<()> {
    let swap = || -> std::io::Result<()> {
        if destination.exists() {
            // Refuses when something was put there in the meantime.
            fs::remove_dir(destination)?;
        }
        fs::rename(staging, destination)
    };
    swap().with_context(|| format!("Could not write to {}.", destination.display()))
}
