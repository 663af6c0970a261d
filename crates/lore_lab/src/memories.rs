//! An experience bank together with the embedder that asks it.

use std::cell::RefCell;

use anyhow::Result;

use lore_bank::{BankRetriever, ExperienceBank};
use lore_core::{BankId, DataDir, EmbedKind, Embedder, Hit, ModelId, Query, Retriever};
use lore_llm::SentenceEmbedder;

use crate::models;

/// A bank that answers questions in words.
pub(crate) type BankMemories = BankRetriever<NamedEmbedder>;

/// Opens the bank and loads the embedder it is bound to.
pub(crate) fn open(data: &DataDir, id: &BankId) -> Result<BankMemories> {
    let bank = ExperienceBank::open(data, id)?;
    let embedder = NamedEmbedder::load(data, bank.embedder())?;
    BankRetriever::new(bank, embedder)
}

/// A bank that several episodes ask.
pub(crate) struct Shared<'a>(pub(crate) &'a RefCell<BankMemories>);

impl Retriever for Shared<'_> {
    fn retrieve(&mut self, query: &Query) -> Result<Vec<Hit>> {
        self.0.borrow_mut().retrieve(query)
    }
}

/// An embedder under the name of its folder: what banks are bound to, whatever its makers call it.
pub(crate) struct NamedEmbedder {
    id: ModelId,
    embedder: SentenceEmbedder,
}

impl NamedEmbedder {
    /// Loads the embedder `id`.
    pub(crate) fn load(data: &DataDir, id: &ModelId) -> Result<Self> {
        Ok(Self {
            id: id.clone(),
            embedder: models::embedder(data, id)?,
        })
    }
}

impl Embedder for NamedEmbedder {
    fn name(&self) -> String {
        self.id.to_string()
    }

    fn dim(&self) -> usize {
        self.embedder.dim()
    }

    fn embed(&mut self, texts: &[String], kind: EmbedKind) -> Result<Vec<Vec<f32>>> {
        self.embedder.embed(texts, kind)
    }
}
