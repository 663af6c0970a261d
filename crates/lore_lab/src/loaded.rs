//! Models that stay loaded between questions.

use std::sync::Arc;

use anyhow::{Context as _, Result};

use lore_bank::ExperienceBank;
use lore_core::{AdapterId, BankId, DataDir, EmbedKind, Embedder as _, Hit, ModelId, Query};
use lore_llm::{BaseModel, ChatModel, SentenceEmbedder};
use lore_protocol::Speaker;

use crate::models;

/// Pairings of one model that are kept: two, since what people compare is with and without.
const MAX_PAIRINGS: usize = 2;

/// One language model with its latest pairings, and one embedder, since memory is what small machines
/// lack. What was made anew under the same name is loaded again.
pub(crate) struct Loaded {
    data: DataDir,
    base: Option<(ModelId, String, Arc<BaseModel>)>,
    /// The latest last.
    pairings: Vec<(Key, ChatModel)>,
    embedder: Option<(ModelId, String, SentenceEmbedder)>,
}

/// What a pairing of model and adapter is known by.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    digest: String,
    adapter: Option<(AdapterId, u64)>,
    strength: f64,
}

impl Loaded {
    /// Nothing loaded yet.
    pub(crate) fn new(data: DataDir) -> Self {
        Self {
            data,
            base: None,
            pairings: Vec::new(),
            embedder: None,
        }
    }

    /// Where things are.
    pub(crate) fn data(&self) -> &DataDir {
        &self.data
    }

    /// An embedder.
    pub(crate) fn embedder(&mut self, id: &ModelId) -> Result<&mut SentenceEmbedder> {
        let digest = models::info(&self.data, id)?.digest;
        let loaded = self
            .embedder
            .take()
            .filter(|(name, of, _)| name == id && *of == digest);
        let entry = match loaded {
            Some(entry) => entry,
            None => (id.clone(), digest, models::embedder(&self.data, id)?),
        };
        Ok(&mut self.embedder.insert(entry).2)
    }

    /// A language model.
    pub(crate) fn base(&mut self, id: &ModelId) -> Result<Arc<BaseModel>> {
        let digest = models::info(&self.data, id)?.digest;
        if let Some((name, of, model)) = &self.base
            && name == id
            && *of == digest
        {
            return Ok(Arc::clone(model));
        }
        // The old one goes first: two models may not fit into memory.
        self.base = None;
        self.pairings.clear();
        let (model, _) = models::base(&self.data, id)?;
        self.base = Some((id.clone(), digest, Arc::clone(&model)));
        Ok(model)
    }

    /// A language model that acts with an adapter as it was trained, or without one.
    pub(crate) fn chat(
        &mut self,
        id: &ModelId,
        adapter: Option<&AdapterId>,
    ) -> Result<&mut ChatModel> {
        self.pairing(id, adapter, 1.0)
    }

    /// The model, adapter and strength of a speaker.
    pub(crate) fn voice(&mut self, speaker: &Speaker) -> Result<&mut ChatModel> {
        self.pairing(&speaker.model, speaker.adapter.as_ref(), speaker.strength)
    }

    /// The same, to be kept by the caller.
    pub(crate) fn take_voice(&mut self, speaker: &Speaker) -> Result<ChatModel> {
        self.voice(speaker)?;
        let (_, model) = self.pairings.pop().context("It was loaded just now")?;
        Ok(model)
    }

    fn pairing(
        &mut self,
        id: &ModelId,
        adapter: Option<&AdapterId>,
        strength: f64,
    ) -> Result<&mut ChatModel> {
        let info = models::info(&self.data, id)?;
        let key = Key {
            digest: info.digest.clone(),
            adapter: adapter
                .map(|id| {
                    anyhow::Ok((id.clone(), models::adapter_info(&self.data, id)?.created_ms))
                })
                .transpose()?,
            strength: if adapter.is_some() { strength } else { 1.0 },
        };
        let base = self.base(id)?;
        let known = self.pairings.iter().position(|(of, _)| *of == key);
        let entry = if let Some(place) = known {
            self.pairings.remove(place)
        } else {
            let weights = adapter
                .map(|id| models::adapter_for(&self.data, id, &info))
                .transpose()?;
            let model = ChatModel::with_strength(base, weights.map(Arc::new), strength)?;
            if self.pairings.len() == MAX_PAIRINGS {
                self.pairings.remove(0);
            }
            (key, model)
        };
        self.pairings.push(entry);
        let (_, model) = self
            .pairings
            .last_mut()
            .context("It was put there just now")?;
        Ok(model)
    }

    /// What a bank holds for a question in words; the bank as it is now.
    pub(crate) fn recall(&mut self, bank: &BankId, query: &Query) -> Result<Vec<Hit>> {
        let bank = ExperienceBank::open(&self.data, bank)?;
        let embedder = self.embedder(bank.embedder())?;
        let texts = std::slice::from_ref(&query.text);
        let vectors = embedder.embed(texts, EmbedKind::Query)?;
        let vector = vectors.into_iter().next().unwrap_or_default();
        bank.retrieve(query, &vector)
    }
}
