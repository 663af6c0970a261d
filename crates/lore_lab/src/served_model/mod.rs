//! Models on servers: any that speaks OpenAI's chat completions.
//!
//! A server writes, and that is all: it cannot say how likely a given action is, so agents that would pick
//! the likeliest one write it instead ([`lore_core::LanguageModel::rates`]). Questions of episodes side by
//! side are asked side by side, and again while there is hope. The key is known in memory only.

mod adapter;
mod client;
mod fault;
mod trial;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use anyhow::{Result, bail};

use lore_core::{
    AdapterId, Completion, DataDir, GenerateRequest, LanguageModel, Message, ModelId, ScoredAction,
    Secret, ServedModel, StopToken,
};
use lore_protocol::{ApiError, ErrorCode, ResultExt as _};

use crate::files::read_json;
use adapter::LoadedAdapter;
use client::{Client, Persistence};
use fault::Fault;
pub(crate) use trial::try_out;
use wire::Dislikes;

/// About how many bytes of English text a token has.
const BYTES_OF_TOKEN: usize = 4;

/// About how many tokens a chat's marks take around a message.
const TOKENS_AROUND_MESSAGE: usize = 4;

/// What is known about a model on a server.
pub(crate) fn info(data: &DataDir, id: &ModelId) -> Result<ServedModel> {
    let missing = || {
        format!(
            "The model {:?} on a server is not known here. Add it on the Models page first.",
            id.as_str()
        )
    };
    let all: Vec<ServedModel> =
        read_json(&data.served_models()).code(ErrorCode::ModelMissing, missing())?;
    let found = all.into_iter().find(|model| model.id == *id);
    Ok(found.ok_or_else(|| ApiError::with_code(ErrorCode::ModelMissing, missing()))?)
}

/// A model on a server as one that acts.
pub(crate) struct ServedChat {
    info: ServedModel,
    client: Client,
    dislikes: Mutex<Dislikes>,
    adapter: Option<LoadedAdapter>,
}

impl ServedChat {
    /// Gets ready to ask; an adapter is loaded into the server.
    pub(crate) fn open(
        data: &DataDir,
        id: &ModelId,
        adapter: Option<&AdapterId>,
        key: Option<&Secret>,
        stop: &StopToken,
    ) -> Result<Self> {
        let info = info(data, id)?;
        Self::with(data, info, adapter, key, Persistence::PATIENT, stop)
    }

    fn with(
        data: &DataDir,
        info: ServedModel,
        adapter: Option<&AdapterId>,
        key: Option<&Secret>,
        persistence: Persistence,
        stop: &StopToken,
    ) -> Result<Self> {
        let client = Client::new(&info, key, persistence, stop.clone())?;
        let adapter = adapter
            .map(|adapter| LoadedAdapter::load(data, &info, &client, adapter))
            .transpose()?;
        Ok(Self {
            info,
            client,
            dislikes: Mutex::default(),
            adapter,
        })
    }

    /// What is known about it.
    pub(crate) fn info(&self) -> &ServedModel {
        &self.info
    }

    /// What the server does not take of what it was asked, in sentences.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.lock().notes()
    }

    fn lock(&self) -> MutexGuard<'_, Dislikes> {
        // Names are put in one by one.
        self.dislikes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One answer.
    fn complete(&self, request: &GenerateRequest) -> Result<Completion> {
        let answered = self.client.persist(|| self.ask(request));
        Ok(answered.map_err(|failed| self.client.tell(&failed))?)
    }

    /// Asks once, or once more for each field that the server turns out not to take.
    fn ask(&self, request: &GenerateRequest) -> Result<Completion, Fault> {
        let model = self
            .adapter
            .as_ref()
            .map_or(&*self.info.model, |it| it.name());
        loop {
            let dislikes = self.lock().clone();
            let body = wire::question(model, request, self.info.thinking_tokens, &dislikes);
            let text = match self.client.post("/chat/completions", &body) {
                Ok(text) => text,
                Err(Fault::Refused(refusal)) if matches!(refusal.status, 400 | 422) => {
                    let known = dislikes != *self.lock();
                    let field = refusal.field.as_deref();
                    // Another question may have found out in the meantime.
                    if !known && self.lock().learn(field, &refusal.said).is_none() {
                        return Err(Fault::Refused(refusal));
                    }
                    continue;
                }
                Err(fault) => return Err(fault),
            };
            let counted = |said: &str| {
                let read = self
                    .count_chat_tokens(&request.messages)
                    .unwrap_or_default();
                (read as u32, self.count_tokens(said) as u32)
            };
            let answer = wire::answer(&self.client.json(&text)?, request, counted);
            return answer.ok_or_else(|| self.client.odd(&text));
        }
    }
}

impl LanguageModel for ServedChat {
    fn name(&self) -> String {
        format!("{} at {}", self.info.model, self.client.base)
    }

    /// What a server takes it says only by refusing more; the experiment's own limit is what counts.
    fn context_length(&self) -> usize {
        usize::MAX
    }

    /// A guess: the server's tokenizer is not here.
    fn count_tokens(&self, text: &str) -> usize {
        text.len().div_ceil(BYTES_OF_TOKEN)
    }

    fn count_chat_tokens(&self, messages: &[Message]) -> Result<usize> {
        let texts = messages.iter();
        Ok(texts
            .map(|message| self.count_tokens(&message.content) + TOKENS_AROUND_MESSAGE)
            .sum())
    }

    fn generate(&mut self, requests: &[GenerateRequest]) -> Result<Vec<Completion>> {
        let this = &*self;
        let mut completions = Vec::with_capacity(requests.len());
        for together in requests.chunks(this.info.at_once.max(1)) {
            let answered = std::thread::scope(|scope| {
                let mut asking = Vec::with_capacity(together.len());
                for request in together {
                    let ask = move || this.complete(request);
                    let thread = Builder::new().name("asks a server".to_owned());
                    asking.push(thread.spawn_scoped(scope, ask)?);
                }
                let answers = asking.into_iter().map(|thread| {
                    let joined = thread.join();
                    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                });
                answers.collect::<Result<Vec<Completion>>>()
            });
            completions.extend(answered?);
        }
        Ok(completions)
    }

    fn rates(&self) -> bool {
        false
    }

    fn score(&mut self, _: &[Message], _: &[String]) -> Result<Vec<ScoredAction>> {
        bail!(
            "{} is on a server, which cannot say how likely given actions are.",
            self.info.name
        )
    }
}

#[cfg(test)]
mod tests;
