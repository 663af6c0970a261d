//! Completing chats, several side by side.

use anyhow::Result;

use lore_core::{Completion, FinishReason, GenerateRequest};

use super::ChatModel;
use super::prefix_cache::common_prefix;
use super::sampler::Sampler;
use crate::tokenizer::TextTokenizer;
use crate::{KvCache, MAX_LANES};

/// A completion that is being made.
struct Lane<'a> {
    request: &'a GenerateRequest,
    /// The prompt, then what was said.
    ids: Vec<u32>,
    prompt_tokens: usize,
    cached_tokens: usize,
    /// Holds all of `ids` but the last one, once something was said.
    cache: KvCache,
    /// Of what follows `ids`.
    logits: Vec<f32>,
    sampler: Sampler,
    /// The longest completion, in tokens.
    limit: usize,
    outcome: Option<(String, FinishReason)>,
}

impl ChatModel {
    /// Completes every chat. Sequences that run side by side share the reading of the weights, which
    /// is what decoding waits for.
    pub(super) fn generate_all(&mut self, requests: &[GenerateRequest]) -> Result<Vec<Completion>> {
        let mut completions = Vec::with_capacity(requests.len());
        for group in requests.chunks(MAX_LANES) {
            let mut lanes: Vec<Lane<'_>> = Vec::with_capacity(group.len());
            for request in group {
                let lane = self.open(request, &lanes)?;
                lanes.push(lane);
            }
            self.run_lanes(&mut lanes)?;
            completions.extend(lanes.into_iter().map(|lane| self.close(lane)));
        }
        Ok(completions)
    }

    /// Reads a prompt, as far as it is not known from earlier calls or from a lane beside it.
    fn open<'a>(&mut self, request: &'a GenerateRequest, beside: &[Lane<'_>]) -> Result<Lane<'a>> {
        let ids = self.base.encoder().encode_prompt(&request.messages)?;
        self.check_prompt(ids.len())?;
        let mut cache = self.known_prefix(&ids);
        for lane in beside {
            let shared = common_prefix(&lane.ids, &ids).min(ids.len() - 1);
            if shared > cache.len() {
                cache = lane.cache.prefix(shared);
            }
        }
        let cached_tokens = cache.len();
        let unread = &ids[cached_tokens..];
        let logits = self
            .decoder
            .forward(unread, &mut cache, self.adapter.as_ref())?;
        let room = self.base.config().context_length - ids.len();
        let limit = request.sampling.max_new_tokens.min(room);
        Ok(Lane {
            request,
            prompt_tokens: ids.len(),
            cached_tokens,
            cache,
            logits,
            sampler: Sampler::new(&request.sampling),
            limit,
            outcome: (limit == 0).then(|| (String::new(), FinishReason::Length)),
            ids,
        })
    }

    /// Adds a token to every open lane until all are done.
    fn run_lanes(&mut self, lanes: &mut [Lane<'_>]) -> Result<()> {
        let base = self.decoder.base().clone();
        loop {
            for lane in lanes.iter_mut().filter(|lane| lane.outcome.is_none()) {
                lane.pick(&base.tokenizer)?;
            }
            let mut open: Vec<&mut Lane<'_>> = lanes
                .iter_mut()
                .filter(|lane| lane.outcome.is_none())
                .collect();
            if open.is_empty() {
                return Ok(());
            }
            let tokens: Vec<u32> = open.iter().map(|lane| lane.last()).collect();
            let mut caches: Vec<&mut KvCache> =
                open.iter_mut().map(|lane| &mut lane.cache).collect();
            let logits = self
                .decoder
                .step(&tokens, &mut caches, self.adapter.as_ref())?;
            let vocab = base.config().vocab_size;
            for (lane, logits) in open.iter_mut().zip(logits.chunks_exact(vocab)) {
                lane.logits.copy_from_slice(logits);
            }
        }
    }

    /// Remembers what was read and gives the completion.
    fn close(&mut self, lane: Lane<'_>) -> Completion {
        let mut tokens = lane.ids;
        let num_said = tokens.len() - lane.prompt_tokens;
        tokens.truncate(lane.cache.len());
        self.prefixes.put(tokens, lane.cache);
        let (text, finish) = lane.outcome.unwrap_or_default();
        Completion {
            text,
            prompt_tokens: lane.prompt_tokens as u32,
            cached_tokens: lane.cached_tokens as u32,
            completion_tokens: num_said as u32,
            finish,
        }
    }
}

impl Lane<'_> {
    fn last(&self) -> u32 {
        self.ids[self.ids.len() - 1]
    }

    /// Picks the next token and finds out whether it was the last.
    fn pick(&mut self, tokenizer: &TextTokenizer) -> Result<()> {
        let token = self.sampler.pick(&self.logits);
        self.ids.push(token);
        let said = &self.ids[self.prompt_tokens..];
        let ends_turn = tokenizer.is_end_of_turn(token);
        let is_full = said.len() >= self.limit;
        let stops = &self.request.sampling.stop;
        if !ends_turn && !is_full && stops.is_empty() {
            return Ok(());
        }
        let words = if ends_turn {
            &said[..said.len() - 1]
        } else {
            said
        };
        let mut text = tokenizer.decode(words)?;
        let stop = stops
            .iter()
            .filter_map(|stop| text.find(stop.as_str()))
            .min();
        if let Some(end) = stop {
            text.truncate(end);
        }
        if ends_turn || stop.is_some() {
            self.outcome = Some((text, FinishReason::Stop));
        } else if is_full {
            self.outcome = Some((text, FinishReason::Length));
        }
        Ok(())
    }
}
