//! Completing chats, several side by side.

use anyhow::Result;

use lore_core::{Completion, FinishReason, GenerateRequest};

use super::ChatModel;
use super::prefix_cache::common_prefix;
use super::sampler::Sampler;
use crate::tokenizer::TextTokenizer;
use crate::{KvCache, MAX_LANES};

/// A prompt that shares fewer tokens more with a lane than it knows already does not wait for it.
const MIN_SHARED: usize = 16;

/// A completion that is being made.
struct Lane<'a> {
    /// The place of its completion.
    number: usize,
    request: &'a GenerateRequest,
    /// The prompt, then what was said.
    ids: Vec<u32>,
    prompt_tokens: usize,
    cached_tokens: usize,
    /// What was read of `ids`, all of them when the next token is picked.
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
    /// is what decoding waits for; where one ends, the next one begins.
    pub(super) fn generate_all(&mut self, requests: &[GenerateRequest]) -> Result<Vec<Completion>> {
        let mut completions = vec![Completion::default(); requests.len()];
        let mut waiting = requests.iter().enumerate();
        let mut lanes: Vec<Lane<'_>> = Vec::new();
        loop {
            let room = MAX_LANES - lanes.len();
            for (number, request) in waiting.by_ref().take(room) {
                let lane = self.open(number, request, &mut lanes)?;
                lanes.push(lane);
            }
            self.read(&mut lanes)?;
            for lane in &mut lanes {
                lane.pick(&self.base.tokenizer)?;
            }
            for lane in lanes.extract_if(.., |lane| lane.outcome.is_some()) {
                let number = lane.number;
                completions[number] = self.close(lane);
            }
            if lanes.is_empty() && waiting.len() == 0 {
                return Ok(completions);
            }
        }
    }

    /// Prepares a completion: its cache holds what is known of the prompt from earlier calls or from a
    /// lane beside it.
    fn open<'a>(
        &mut self,
        number: usize,
        request: &'a GenerateRequest,
        beside: &mut [Lane<'_>],
    ) -> Result<Lane<'a>> {
        let ids = self.base.encoder().encode_prompt(&request.messages)?;
        self.check_prompt(ids.len())?;
        let mut cache = self.known_prefix(&ids);
        let shared = |lane: &Lane<'_>| common_prefix(&lane.ids, &ids).min(ids.len() - 1);
        if let Some(best) = (0..beside.len()).max_by_key(|index| shared(&beside[*index])) {
            let shared = shared(&beside[best]);
            if shared > cache.len() + MIN_SHARED {
                // Others that wait are read with it, so that none is read alone.
                if beside[best].cache.len() < shared {
                    self.read(beside)?;
                }
                cache = beside[best].cache.prefix(shared);
            }
        }
        let room = self.base.config().context_length - ids.len();
        let limit = request.sampling.max_new_tokens.min(room);
        Ok(Lane {
            number,
            request,
            prompt_tokens: ids.len(),
            cached_tokens: cache.len(),
            cache,
            logits: Vec::new(),
            sampler: Sampler::new(&request.sampling),
            limit,
            outcome: (limit == 0).then(|| (String::new(), FinishReason::Length)),
            ids,
        })
    }

    /// Reads what the lanes have not read yet, all of them together.
    fn read(&mut self, lanes: &mut [Lane<'_>]) -> Result<()> {
        let mut behind: Vec<&mut Lane<'_>> = lanes
            .iter_mut()
            .filter(|lane| lane.cache.len() < lane.ids.len())
            .collect();
        if behind.is_empty() {
            return Ok(());
        }
        let (tokens, mut caches): (Vec<&[u32]>, Vec<&mut KvCache>) = behind
            .iter_mut()
            .map(|lane| (&lane.ids[lane.cache.len()..], &mut lane.cache))
            .unzip();
        let adapter = self.adapter.as_ref();
        let logits = self.decoder.forward_each(&tokens, &mut caches, adapter)?;
        let vocab = self.base.config().vocab_size;
        for (lane, logits) in behind.iter_mut().zip(logits.chunks_exact(vocab)) {
            logits.clone_into(&mut lane.logits);
        }
        Ok(())
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
    /// Picks the next token and finds out whether it was the last.
    fn pick(&mut self, tokenizer: &TextTokenizer) -> Result<()> {
        if self.outcome.is_some() {
            return Ok(());
        }
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
