//! The adapter with the memories and the prompt it was trained with, and a script that uses all three.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde::Serialize;

use lore_bank::ExperienceBank;
use lore_core::{
    GenerateRequest, LanguageModel as _, Message, Query, RetrievalConfig, Retriever as _, Sampling,
    Watcher as _, prompt,
};
use lore_llm::{BaseModel, ChatModel};

use super::Material;
use super::card::Origin;
use crate::files::{write_atomic, write_json};
use crate::memories::{self, BankMemories};
use crate::{Job, models};

/// The folder of the PEFT files.
pub(super) const ADAPTER: &str = "adapter";

/// The script, as it is written.
const SCRIPT: &str = include_str!("run.py");

/// The example of `prompt.json`: a situation that no world of this program holds.
const TASK: &str = "hang a clean towel on the hook";
const SEEN: &str = "You are in the middle of a room. Looking quickly around you, you see a bench 1, a hook \
                    1, a locker 2, and a locker 1.\n\nYour task is to: hang a clean towel on the hook.";

/// `prompt.json`: everything the script needs to build the prompt as training did.
#[derive(Serialize)]
struct Prompt<'a> {
    base_model: &'a str,
    embedder: &'a str,
    k: usize,
    instructions: String,
    headings: [(&'a str, bool); 2],
    example: Example,
}

/// What this program makes of one situation, to compare with.
#[derive(Serialize)]
struct Example {
    task: &'static str,
    seen: &'static str,
    system_prompt: String,
    reply: String,
}

/// One line of `bank.jsonl`.
#[derive(Serialize)]
struct Row {
    task: String,
    success: bool,
    memory: String,
    vector: Vec<f32>,
}

/// Writes `bank.jsonl`, `prompt.json` and `run.py` beside the adapter; `false` when a stop was asked for.
pub(super) fn write(
    job: &mut Job<'_>,
    material: &Material,
    model: &Arc<BaseModel>,
    origin: &Origin,
    folder: &Path,
) -> Result<bool> {
    let training = origin.training();
    let (bank, retrieval) = training
        .and_then(|work| Some((work.bank.as_ref()?, work.config.retrieval.as_ref()?)))
        .context("This adapter was trained without an experience bank.")?;
    let mut memories = memories::open(job.data, bank)?;
    if !write_bank(job, memories.bank(), retrieval, &folder.join("bank.jsonl"))? {
        return Ok(false);
    }
    let embedder = models::info(job.data, memories.bank().embedder())?;
    let prompt = Prompt {
        base_model: models::hub_name(&material.base),
        embedder: models::hub_name(&embedder),
        k: retrieval.k,
        instructions: prompt::instructions(&[]),
        headings: prompt::HEADINGS,
        example: example(&mut memories, retrieval, material, model)?,
    };
    write_json(&folder.join("prompt.json"), &prompt)?;
    write_atomic(&folder.join("run.py"), SCRIPT.as_bytes())?;
    Ok(true)
}

/// Every experience that retrieval may find, in order of its identifier.
fn write_bank(
    job: &mut Job<'_>,
    bank: &ExperienceBank,
    retrieval: &RetrievalConfig,
    path: &Path,
) -> Result<bool> {
    let cannot_write = || format!("Could not write {}.", path.display());
    let file = fs::File::create_new(path).with_context(cannot_write)?;
    let mut file = std::io::BufWriter::new(file);
    let keys = bank.task_keys(usize::MAX)?;
    let total = keys.len() as u64;
    for ((point, vector), done) in keys.into_iter().zip(0..) {
        job.relay
            .progress("Write the memories", done, total, "memories");
        if job.stop.is_stopped() {
            return Ok(false);
        }
        let experience = bank.get(&point.id)?;
        let trajectory = &experience.trajectory;
        if experience.never_use || !retrieval.filter.accepts(trajectory) {
            continue;
        }
        let row = Row {
            task: trajectory.task_key(),
            success: trajectory.is_success(),
            memory: prompt::remembered(&experience, retrieval.format),
            vector,
        };
        serde_json::to_writer(&mut file, &row)?;
        file.write_all(b"\n").with_context(cannot_write)?;
    }
    let file = file
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error);
    file.and_then(|file| file.sync_all())
        .with_context(cannot_write)?;
    Ok(true)
}

fn example(
    memories: &mut BankMemories,
    retrieval: &RetrievalConfig,
    material: &Material,
    model: &Arc<BaseModel>,
) -> Result<Example> {
    let hits = memories.retrieve(&Query {
        text: TASK.to_owned(),
        k: retrieval.k,
        filter: retrieval.filter.clone(),
        ..Query::default()
    })?;
    let system_prompt = prompt::system_prompt(&[], &hits, retrieval.format);
    let mut chat = ChatModel::new(Arc::clone(model), Some(Arc::clone(&material.weights)))?;
    let request = GenerateRequest {
        messages: vec![Message::system(system_prompt.clone()), Message::user(SEEN)],
        sampling: Sampling::default(),
    };
    let reply = chat.generate(&[request])?.remove(0).text;
    Ok(Example {
        task: TASK,
        seen: SEEN,
        system_prompt,
        reply,
    })
}
