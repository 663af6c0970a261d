//! Trying a server out: what models it has, and how one of them answers.

use std::time::Instant;

use anyhow::Result;

use lore_core::{
    DataDir, FinishReason, GenerateRequest, LanguageModel as _, Message, Sampling, Secret,
    ServedModel, StopToken,
};
use lore_protocol::{ApiError, ServedTrial};
use serde_json::Value as Json;

use super::ServedChat;
use super::client::{Client, Persistence};
use super::fault::{Fault, Refusal};

/// The longest that somebody looks on for an answer.
const MAX_SECS: u32 = 60;

/// The longest word.
const MAX_WORD: usize = 16;

/// Models that are listed at most; large hosts have hundreds.
const MAX_MODELS: usize = 2000;

/// Asks what models there are, and the one that is named for a word.
pub(crate) fn try_out(
    data: &DataDir,
    model: &ServedModel,
    key: Option<&Secret>,
) -> Result<ServedTrial> {
    let model = ServedModel {
        timeout_secs: model.timeout_secs.clamp(1, MAX_SECS),
        ..model.clone()
    };
    let stop = StopToken::new();
    let client = Client::new(&model, key, Persistence::ONCE, stop.clone())?;
    let models = match client.get("/models") {
        Ok(list) => names(&list),
        // Some servers do not list them, and answer all the same.
        Err(Fault::Refused(Refusal { status: 404, .. })) if !model.model.is_empty() => Vec::new(),
        Err(fault) => return Err(client.tell(&(fault, 1)).into()),
    };
    if model.model.is_empty() {
        return Ok(ServedTrial { models, word: None });
    }
    let mut chat = ServedChat::with(data, model, None, key, Persistence::ONCE, &stop)?;
    let request = GenerateRequest {
        messages: vec![Message::user("Answer with one word: what barks?")],
        sampling: Sampling {
            max_new_tokens: MAX_WORD,
            ..Sampling::default()
        },
    };
    let began = Instant::now();
    let answer = chat.generate(&[request])?.pop().unwrap_or_default();
    let millis = began.elapsed().as_millis() as u64;
    let word = answer.text.trim();
    if word.is_empty() {
        return Err(silent(answer.finish).into());
    }
    Ok(ServedTrial {
        models,
        word: Some((word.to_owned(), millis)),
    })
}

/// What is told about a model that says nothing.
fn silent(finish: FinishReason) -> ApiError {
    ApiError::new(match finish {
        FinishReason::Length => {
            "The model used up its tokens before it said anything: it seems to think first. Give it tokens \
             for thinking."
        }
        FinishReason::Stop => "The model answered, but with nothing. Try another model.",
    })
}

/// The names in a list of models.
fn names(list: &Json) -> Vec<String> {
    let rows = list["data"].as_array();
    let names = rows
        .into_iter()
        .flatten()
        .filter_map(|row| row["id"].as_str());
    let mut names: Vec<String> = names.take(MAX_MODELS).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}
