//! Writing an adapter for others.

mod bundle;
mod card;
mod certificate;
mod modelfile;
mod parity;
mod prompts;
mod write;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};

use lore_core::{Adapter, ModelInfo, Watcher as _};
use lore_llm::{AdapterWeights, BaseModel, ChatTemplate, ModelConfig};
use lore_protocol::{Carried, ExportWork};

use crate::files::{beside, read_json, remove_folder, write_atomic, write_json};
use crate::{Job, Outcome, models};
use card::Card;
use certificate::Certificate;
use parity::{Answers, Subject};

/// The certificate's file.
const CERTIFICATE: &str = "parity.json";

/// What an export is made from.
struct Material {
    adapter: Adapter,
    weights: Arc<AdapterWeights>,
    base: ModelInfo,
    /// Where the base model's weights are.
    base_path: PathBuf,
    /// The base model's shape.
    config: ModelConfig,
    /// The base model's chat template.
    template: ChatTemplate,
    /// What ends a turn.
    stops: Vec<String>,
}

/// Writes the adapter into a new folder, reads it back, and puts it in its place only if the copy answers
/// as the trained model does.
pub(crate) fn run(job: &mut Job<'_>, work: &ExportWork) -> Result<Outcome> {
    let destination = Path::new(&work.destination);
    if let Some(certificate) = made_before(job, destination) {
        return Ok(Outcome::finished(certificate.summary(destination)));
    }
    check_destination(destination)?;
    let staging = beside(destination, "new");
    remove_folder(&staging)?;
    fs::create_dir_all(&staging)
        .with_context(|| format!("Could not make the folder {}.", staging.display()))?;
    let written = fill(job, work, &staging);
    let placed = match &written {
        Ok(Some(certificate)) => write_json(&job.folder().join(CERTIFICATE), certificate)
            .and_then(|()| put_in_place(&staging, destination)),
        _ => Ok(()),
    };
    if placed.is_err() || !matches!(written, Ok(Some(_))) {
        remove_folder(&staging)?;
    }
    let certificate = written?;
    placed?;
    Ok(match certificate {
        Some(certificate) => Outcome::finished(certificate.summary(destination)),
        None => Outcome::Stopped { resumable: false },
    })
}

/// The certificate of what stands there, when this very job has put it there and was ended before it
/// could say so.
fn made_before(job: &Job<'_>, destination: &Path) -> Option<Certificate> {
    let read = |folder: &Path| read_json::<Certificate>(&folder.join(CERTIFICATE)).ok();
    let own = read(&job.folder())?;
    (read(destination)? == own).then_some(own)
}

/// Fills the folder; `None` when a stop was asked for.
fn fill(job: &mut Job<'_>, work: &ExportWork, folder: &Path) -> Result<Option<Certificate>> {
    let adapter = models::adapter_info(job.data, &work.adapter)?;
    let (model, base) = models::base(job.data, &adapter.base_model)
        .context("An export is checked against the base model, which must be on this computer.")?;
    let weights = Arc::new(models::adapter_for(job.data, &work.adapter, &base)?);
    let material = Material {
        base_path: models::weights_path(job.data, &base),
        config: model.config().clone(),
        template: model.template.clone(),
        stops: turn_ends(&model),
        adapter,
        weights,
        base,
    };
    let origin = card::Origin::read(job.data, &material.adapter);
    let carried = Carried {
        has_bank: origin.training().is_some_and(|it| it.bank.is_some()),
        has_magnitudes: material.weights.config.use_dora,
    };
    if let Some(reason) = work.format.refusal(&carried) {
        anyhow::bail!(
            "This adapter cannot be exported as {}. {reason}",
            work.format.label()
        );
    }
    let prompts = prompts::held_out(job.data, &material.adapter, &model)?;
    let Some(expected) = ask_trained(job, &material, &model, &prompts)? else {
        return Ok(None);
    };
    // A merged copy is a second whole model; the first need not stay in memory beside it.
    let model = (!work.format.is_merged()).then_some(model);
    let Some(copy) = write::write(job, work.format, &material, model.as_ref(), &origin, folder)?
    else {
        return Ok(None);
    };
    let Some(found) = ask_copy(job, copy, model, &expected)? else {
        return Ok(None);
    };
    let parity = expected.compare(&found);
    let certificate = Certificate::new(job, work.format, &material, parity, folder)?;
    certificate.check()?;
    write_json(&folder.join(CERTIFICATE), &certificate)?;
    let card = Card {
        format: work.format,
        material: &material,
        origin: &origin,
        certificate: &certificate,
    };
    write_atomic(&folder.join("README.md"), card.text().as_bytes())?;
    Ok(Some(certificate))
}

/// The names of the tokens that end a turn.
fn turn_ends(model: &BaseModel) -> Vec<String> {
    let tokenizer = &model.tokenizer;
    tokenizer
        .end_of_turn()
        .map(|id| tokenizer.token_text(id))
        .collect()
}

/// What the trained model answers.
fn ask_trained(
    job: &mut Job<'_>,
    material: &Material,
    model: &Arc<BaseModel>,
    prompts: &[Vec<u32>],
) -> Result<Option<Answers>> {
    let mut subject = Subject::new(Arc::clone(model), Some(Arc::clone(&material.weights)))?;
    let total = prompts.len() as u64;
    let mut answers = Answers::default();
    for (prompt, done) in prompts.iter().zip(0..) {
        job.relay
            .progress("Ask the trained model", done, total, "prompts");
        if job.stop.is_stopped() {
            return Ok(None);
        }
        answers.push(subject.answer(prompt)?);
    }
    Ok(Some(answers))
}

/// What was written, read back.
enum Written {
    /// An adapter for the same base model.
    Adapter(AdapterWeights),
    /// A whole model.
    Model(PathBuf),
}

/// What the written copy answers to the same tokens.
fn ask_copy(
    job: &mut Job<'_>,
    copy: Written,
    model: Option<Arc<BaseModel>>,
    expected: &Answers,
) -> Result<Option<Answers>> {
    let mut subject = match (copy, model) {
        (Written::Adapter(weights), Some(model)) => Subject::new(model, Some(Arc::new(weights)))?,
        (Written::Adapter(_), None) => {
            anyhow::bail!("An adapter cannot be tried out without its base model.")
        }
        (Written::Model(path), _) => {
            let model =
                BaseModel::load(&path).context("The exported model could not be read back.")?;
            Subject::new(model, None)?
        }
    };
    let total = expected.len() as u64;
    let mut answers = Answers::default();
    for (trained, done) in expected.iter().zip(0..) {
        job.relay
            .progress("Read back and compare", done, total, "prompts");
        if job.stop.is_stopped() {
            return Ok(None);
        }
        answers.push(subject.answer_like(trained)?);
    }
    job.relay
        .progress("Read back and compare", total, total, "prompts");
    Ok(Some(answers))
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
