//! A chat model: what an agent talks to.

mod choose;
mod generate;
mod prefix_cache;
mod sampler;
mod score;
mod stretches;

use std::sync::Arc;

use anyhow::{Result, ensure};

use lore_core::{
    Choice, ChoiceRequest, Completion, GenerateRequest, LanguageModel, Message, ScoredAction,
};

use crate::{ActiveAdapter, AdapterWeights, Arithmetic, BaseModel, Decoder, KvCache};
pub use generate::Talks;
use prefix_cache::PrefixCache;

/// Bytes of key-value caches that are kept between calls.
const DEFAULT_CACHE_BYTES: usize = 512 << 20;

/// A base model with or without an adapter, as a [`LanguageModel`].
#[derive(Debug)]
pub struct ChatModel {
    base: Arc<BaseModel>,
    decoder: Decoder,
    adapter: Option<ActiveAdapter>,
    prefixes: PrefixCache,
}

impl ChatModel {
    /// A chat model that computes fast; an error when the adapter belongs to a model of another shape.
    pub fn new(base: Arc<BaseModel>, adapter: Option<Arc<AdapterWeights>>) -> Result<Self> {
        Self::with_strength(base, adapter, 1.0)
    }

    /// A chat model that applies its adapter with a strength: 1 as trained, 0 not at all.
    pub fn with_strength(
        base: Arc<BaseModel>,
        adapter: Option<Arc<AdapterWeights>>,
        strength: f64,
    ) -> Result<Self> {
        let adapter = adapter
            .map(|weights| ActiveAdapter::new(weights, strength, &base.weights))
            .transpose()?;
        Ok(Self {
            decoder: Decoder::with_arithmetic(Arc::clone(&base), Arithmetic::Fast),
            prefixes: PrefixCache::new(DEFAULT_CACHE_BYTES),
            adapter,
            base,
        })
    }

    /// The same model, computing in this way.
    pub fn with_arithmetic(mut self, arithmetic: Arithmetic) -> Self {
        self.decoder = Decoder::with_arithmetic(Arc::clone(&self.base), arithmetic);
        self.prefixes.clear();
        self
    }

    /// Keeps at most this many bytes of key-value caches between calls; 0 keeps none.
    pub fn with_cache_bytes(mut self, max_bytes: usize) -> Self {
        self.prefixes = PrefixCache::new(max_bytes);
        self
    }

    /// The model.
    pub fn base(&self) -> &Arc<BaseModel> {
        &self.base
    }

    /// A cache that holds the beginning of `tokens` as far as it is known, but not the last one,
    /// whose successor is asked for.
    fn known_prefix(&mut self, tokens: &[u32]) -> KvCache {
        let limit = tokens.len().saturating_sub(1);
        self.prefixes
            .take(tokens, limit)
            .unwrap_or_else(|| KvCache::new(self.base.config()))
    }

    /// Checks that a prompt leaves room for at least one more token.
    fn check_prompt(&self, num_tokens: usize) -> Result<()> {
        let limit = self.base.config().context_length;
        ensure!(
            num_tokens < limit,
            "The prompt has {num_tokens} tokens, and the model takes at most {limit}; use fewer \
             memories or a shorter history"
        );
        Ok(())
    }
}

impl LanguageModel for ChatModel {
    fn name(&self) -> String {
        self.base.name.clone()
    }

    fn context_length(&self) -> usize {
        self.base.config().context_length
    }

    fn count_tokens(&self, text: &str) -> usize {
        // No text has more tokens than bytes.
        self.base
            .tokenizer
            .encode(text)
            .map_or(text.len(), |ids| ids.len())
    }

    fn count_chat_tokens(&self, messages: &[Message]) -> Result<usize> {
        Ok(self.base.encoder().encode_prompt(messages)?.len())
    }

    fn generate(&mut self, requests: &[GenerateRequest]) -> Result<Vec<Completion>> {
        self.generate_all(requests)
    }

    fn score(&mut self, messages: &[Message], candidates: &[String]) -> Result<Vec<ScoredAction>> {
        self.score_all(messages, candidates)
    }

    fn choose(&mut self, questions: &[ChoiceRequest]) -> Result<Vec<Choice>> {
        self.choose_all(questions)
    }
}
