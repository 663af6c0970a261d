//! How fast this machine runs a model.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};

use lore_core::{
    Completion, GenerateRequest, LanguageModel as _, LoraConfig, Message, Sampling, Watcher as _,
};
use lore_llm::{BaseModel, ChatModel};
use lore_protocol::{JobEvent, MachineSpeed, MeasureWork};

use crate::{Job, Outcome, machine, models};

/// Tokens of the measured prompt and training example, roughly: those of an episode in a small room.
const NUM_TOKENS: usize = 400;

/// Written tokens that make a measurement.
const NUM_WRITTEN: u32 = 24;

/// Measures, and says it in an event.
pub(crate) fn run(job: &mut Job<'_>, work: &MeasureWork) -> Result<Outcome> {
    job.relay.progress("Load the model", 0, 2, "parts");
    let (base, info) = models::base(job.data, &work.model)?;
    job.relay.progress("Measure", 1, 2, "parts");
    let speed = speed(&base)?;
    job.relay.send(JobEvent::Speed { speed });
    job.relay.progress("Measure", 2, 2, "parts");
    Ok(Outcome::finished(format!(
        "{} reads {:.0}, writes {:.0} and trains on {:.0} tokens a second here.",
        info.name,
        speed.prefill_tokens_per_sec,
        speed.decode_tokens_per_sec,
        speed.train_tokens_per_sec
    )))
}

/// Reads a prompt, writes an answer and takes one gradient.
pub(crate) fn speed(base: &Arc<BaseModel>) -> Result<MachineSpeed> {
    let mut model = ChatModel::new(Arc::clone(base), None)?;
    let (mut prefill_tokens_per_sec, mut decode_tokens_per_sec) = (0.0_f64, 0.0_f64);
    // Whatever else the machine does can only make it slower, so the best counts.
    for number in ["hundred", "thousand", "million"] {
        let prompt = prompt(&model, number)?;
        prefill_tokens_per_sec = prefill_tokens_per_sec.max(reading_speed(&mut model, &prompt)?);
        decode_tokens_per_sec = decode_tokens_per_sec.max(writing_speed(&mut model, &prompt)?);
    }
    let timing = lore_train::measure_step(
        &base.weights,
        &LoraConfig::default(),
        NUM_TOKENS,
        machine::memory_budget(),
    )?;
    Ok(MachineSpeed {
        prefill_tokens_per_sec,
        decode_tokens_per_sec,
        train_tokens_per_sec: timing.tokens_per_sec(),
        measured: true,
    })
}

/// Tokens of a new prompt that are read in a second.
fn reading_speed(model: &mut ChatModel, prompt: &[Message]) -> Result<f64> {
    let began = Instant::now();
    let first = write(model, prompt, 1)?;
    let num_read = first.prompt_tokens - first.cached_tokens.min(first.prompt_tokens);
    Ok(f64::from(num_read) / secs_since(began))
}

/// Tokens that are written in a second behind a prompt that was read before.
fn writing_speed(model: &mut ChatModel, prompt: &[Message]) -> Result<f64> {
    let began = Instant::now();
    let mut num_written = 0;
    // A model may end its turn early, so it is asked until there is enough to measure.
    while num_written < NUM_WRITTEN {
        let completion = write(model, prompt, NUM_WRITTEN as usize)?;
        num_written += completion.completion_tokens.max(1);
    }
    Ok(f64::from(num_written) / secs_since(began))
}

/// A prompt that begins with a number of its own, so that nothing of it is known from another.
fn prompt(model: &ChatModel, number: &str) -> Result<Vec<Message>> {
    let mut text = format!("A {number} is a number; count from one to it in words.");
    let chat = |text: &str| vec![Message::user(text)];
    while model.count_chat_tokens(&chat(&text))? < NUM_TOKENS {
        text.push_str(" On the desk 1, you see a mug 1, a pencil 2, and a laptop 1.");
    }
    Ok(chat(&text))
}

fn write(model: &mut ChatModel, prompt: &[Message], max_new_tokens: usize) -> Result<Completion> {
    let request = GenerateRequest {
        messages: prompt.to_vec(),
        sampling: Sampling {
            max_new_tokens,
            ..Sampling::default()
        },
    };
    model
        .generate(std::slice::from_ref(&request))?
        .pop()
        .context("The model returned nothing.")
}

fn secs_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64().max(f64::MIN_POSITIVE)
}
