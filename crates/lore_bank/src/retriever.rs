//! A bank and its embedder as a [`Retriever`].

use anyhow::{Context, Result};
use lore_core::{EmbedKind, Embedder, Hit, ModelId, Query, Retriever};

use crate::ExperienceBank;

/// Embeds a question and asks a bank. The last question's vector is kept: an agent asks the same
/// again at the start of every episode of a task.
pub struct BankRetriever<E> {
    bank: ExperienceBank,
    embedder: E,
    last: Option<(String, Vec<f32>)>,
}

impl<E: Embedder> BankRetriever<E> {
    /// Joins the two; fails when the bank was made with another embedder.
    pub fn new(bank: ExperienceBank, embedder: E) -> Result<Self> {
        bank.check_embedder(&ModelId(embedder.name()), embedder.dim())?;
        Ok(Self {
            bank,
            embedder,
            last: None,
        })
    }

    /// The bank.
    pub fn bank(&self) -> &ExperienceBank {
        &self.bank
    }

    fn vector(&mut self, text: &str) -> Result<Vec<f32>> {
        if let Some((last, vector)) = &self.last
            && last == text
        {
            return Ok(vector.clone());
        }
        let vector = self
            .embedder
            .embed(&[text.to_owned()], EmbedKind::Query)
            .context("The question to the experience bank could not be embedded.")?
            .pop()
            .context("The embedder gave no vector for the question.")?;
        self.last = Some((text.to_owned(), vector.clone()));
        Ok(vector)
    }
}

impl<E: Embedder> Retriever for BankRetriever<E> {
    fn retrieve(&mut self, query: &Query) -> Result<Vec<Hit>> {
        let vector = self.vector(&query.text)?;
        self.bank.retrieve(query, &vector)
    }
}
