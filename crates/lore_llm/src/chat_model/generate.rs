//! Completing chats, several side by side.

use anyhow::Result;

use lore_core::{Completion, FinishReason, GenerateRequest, Sampling};

use super::ChatModel;
use super::prefix_cache::common_prefix;
use super::sampler::Sampler;
use crate::tokenizer::TextTokenizer;
use crate::{KvCache, MAX_LANES};

/// A prompt that shares fewer tokens more with a lane than it knows already does not wait for it.
const MIN_SHARED: usize = 16;

/// Chats that are completed side by side. Others may join, and any may leave, between two tokens.
#[derive(Debug, Default)]
pub struct Talks {
    lanes: Vec<Lane>,
}

impl Talks {
    /// How many more may join.
    pub fn room(&self) -> usize {
        MAX_LANES - self.lanes.len()
    }

    /// True when no chat is being completed.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }
}

/// A completion that is being made.
#[derive(Debug)]
struct Lane {
    /// What its caller calls it.
    number: u64,
    sampling: Sampling,
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
        let mut waiting = (0u64..).zip(requests);
        let mut talks = Talks::default();
        loop {
            let room = talks.room();
            for (number, request) in waiting.by_ref().take(room) {
                self.join(&mut talks, number, request)?;
            }
            if talks.is_empty() {
                return Ok(completions);
            }
            for (number, completion) in self.advance(&mut talks)? {
                completions[number as usize] = completion;
            }
        }
    }

    /// Lets a chat join those that are being completed, under a number that none of them has. There must
    /// be room. Its cache holds what is known of the prompt from earlier calls or from a chat beside it.
    ///
    /// # Errors
    /// When the prompt is too long or cannot be written; the others are as they were.
    pub fn join(
        &mut self,
        talks: &mut Talks,
        number: u64,
        request: &GenerateRequest,
    ) -> Result<()> {
        debug_assert!(talks.room() > 0, "the caller looks for room first");
        let beside = &mut talks.lanes;
        let ids = self.base.encoder().encode_prompt(&request.messages)?;
        self.check_prompt(ids.len())?;
        let mut cache = self.known_prefix(&ids);
        let shared = |lane: &Lane| common_prefix(&lane.ids, &ids).min(ids.len() - 1);
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
        beside.push(Lane {
            number,
            sampling: request.sampling.clone(),
            prompt_tokens: ids.len(),
            cached_tokens: cache.len(),
            cache,
            logits: Vec::new(),
            sampler: Sampler::new(&request.sampling),
            limit,
            outcome: (limit == 0).then(|| (String::new(), FinishReason::Length)),
            ids,
        });
        Ok(())
    }

    /// Adds a token to every chat; those that end with it leave and are returned with their numbers.
    pub fn advance(&mut self, talks: &mut Talks) -> Result<Vec<(u64, Completion)>> {
        self.read(&mut talks.lanes)?;
        for lane in &mut talks.lanes {
            lane.pick(&self.base.tokenizer)?;
        }
        let ended = talks.lanes.extract_if(.., |lane| lane.outcome.is_some());
        Ok(ended.map(|lane| (lane.number, self.close(lane))).collect())
    }

    /// What was said in a chat so far, as far as it will stay: neither half a character nor what may turn
    /// out to begin a stop text. Each text begins with the one before. Empty for chats that ended.
    pub fn said(&self, talks: &Talks, number: u64) -> Result<String> {
        let Some(lane) = talks.lanes.iter().find(|lane| lane.number == number) else {
            return Ok(String::new());
        };
        let mut text = self
            .base
            .tokenizer
            .decode(&lane.ids[lane.prompt_tokens..])?;
        text.truncate(certain(&text, &lane.sampling.stop));
        Ok(text)
    }

    /// Takes a chat out before its end and returns what was said; what was read of it is remembered.
    pub fn leave(&mut self, talks: &mut Talks, number: u64) -> Result<Option<Completion>> {
        let said = self.said(talks, number)?;
        let left = talks.lanes.extract_if(.., |lane| lane.number == number);
        let left = left.map(|lane| self.close(lane)).next();
        Ok(left.map(|completion| Completion {
            text: said,
            ..completion
        }))
    }

    /// Reads what the lanes have not read yet, all of them together.
    fn read(&mut self, lanes: &mut [Lane]) -> Result<()> {
        let mut behind: Vec<&mut Lane> = lanes
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
    fn close(&mut self, lane: Lane) -> Completion {
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

impl Lane {
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
        let stops = &self.sampling.stop;
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

/// Bytes of `text` that no further token can change.
fn certain(text: &str, stops: &[String]) -> usize {
    // A character whose bytes are not all there is written as this one.
    let whole = text.trim_end_matches(char::REPLACEMENT_CHARACTER).len();
    let begins_stop = |start: usize| {
        let rest = &text[start..whole];
        stops.iter().any(|stop| stop.starts_with(rest))
    };
    let mut starts = text[..whole].char_indices().map(|(start, _)| start);
    starts.find(|start| begins_stop(*start)).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::certain;

    #[test]
    fn what_may_still_change_is_held_back() {
        let stops = ["\nUser:".to_owned(), "</s>".to_owned()];
        let certain = |text: &'static str| &text[..certain(text, &stops)];
        assert_eq!(certain("go to desk"), "go to desk");
        assert_eq!(certain("go to desk\nUs"), "go to desk");
        assert_eq!(certain("a < b"), "a < b");
        assert_eq!(certain("a <"), "a ");
        assert_eq!(certain("caf\u{fffd}"), "caf");
    }
}
