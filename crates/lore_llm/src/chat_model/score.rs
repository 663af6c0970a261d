//! How likely candidate actions are.

use anyhow::Result;

use lore_core::{Message, ScoredAction};

use super::ChatModel;
use super::prefix_cache::common_prefix;
use super::stretches::{Stretch, levels};
use crate::KvCache;
use crate::chat::EncodedReply;
use crate::kernels::log_sum_exp;

/// Rows of hidden states for which logits are held at once.
const LOGIT_ROWS: usize = 32;

/// Stretches that are read at once at most: each has a page of every layer of its own.
const MAX_STRETCHES: usize = 64;

/// A candidate while it is read.
pub(super) struct Candidate<'a> {
    /// Its place in the question.
    pub(super) number: usize,
    /// What is read: the last token that all have in common, then its own, but not the last one, which
    /// nothing follows.
    pub(super) read: &'a [u32],
    /// What follows each of them.
    pub(super) follows: &'a [u32],
    /// Of what follows, this many are not said by the model and count nothing.
    pub(super) skipped: usize,
    log_likelihood: f64,
}

impl ChatModel {
    /// Scores every candidate. What they have in common is read once: the conversation, and the
    /// beginnings of those that begin alike; what differs is read side by side.
    pub(super) fn score_all(
        &mut self,
        messages: &[Message],
        candidates: &[String],
    ) -> Result<Vec<ScoredAction>> {
        let encoder = self.base.encoder();
        let replies = encoder.encode_replies(messages, candidates)?;
        let Some(shared) = shared_prefix(&replies) else {
            return Ok(Vec::new());
        };
        let longest = replies.iter().map(|reply| reply.ids.len()).max();
        self.check_prompt(longest.unwrap_or(0))?;
        // The last common token belongs to the candidates: its logits are those of their first.
        let prefix = &replies[0].ids[..shared - 1];
        let mut cache = self.known_prefix(&replies[0].ids[..shared]);
        let unread = &prefix[cache.len()..];
        if !unread.is_empty() {
            self.decoder
                .forward(unread, &mut cache, self.adapter.as_ref())?;
        }
        let mut sorted = in_order(&replies, shared);
        self.read_candidates(&mut sorted, &cache)?;
        self.prefixes.put(prefix.to_vec(), cache);
        sorted.sort_unstable_by_key(|candidate| candidate.number);
        let scored = sorted.iter().zip(candidates).zip(&replies);
        Ok(scored
            .map(|((candidate, action), reply)| ScoredAction {
                action: action.clone(),
                log_likelihood: candidate.log_likelihood,
                num_tokens: reply.said.len() as u32,
            })
            .collect())
    }

    /// Reads candidates behind what is in the cache, and adds up how likely each is.
    fn read_candidates(&mut self, sorted: &mut [Candidate<'_>], cache: &KvCache) -> Result<()> {
        let tokens: Vec<&[u32]> = sorted.iter().map(|candidate| candidate.read).collect();
        let mut before = vec![cache.clone()];
        for level in levels(&tokens) {
            let mut caches = Vec::with_capacity(level.len());
            for stretches in level.chunks(MAX_STRETCHES) {
                let mut read: Vec<KvCache> = stretches
                    .iter()
                    .map(|stretch| before[stretch.before].clone())
                    .collect();
                let branches: Vec<&[u32]> = stretches
                    .iter()
                    .map(|stretch| &tokens[stretch.candidates.start][stretch.tokens.clone()])
                    .collect();
                let adapter = self.adapter.as_ref();
                let hidden = self
                    .decoder
                    .forward_branches(&branches, &mut read, adapter)?;
                self.add_likelihoods(&hidden, stretches, sorted);
                caches.append(&mut read);
            }
            before = caches;
        }
        Ok(())
    }

    /// Adds the log-likelihood of what follows each row of the stretches.
    fn add_likelihoods(
        &mut self,
        hidden: &[f32],
        stretches: &[Stretch],
        sorted: &mut [Candidate<'_>],
    ) {
        let config = self.base.config();
        let (width, vocab) = (config.hidden_size, config.vocab_size);
        let mut rows = stretches
            .iter()
            .flat_map(|stretch| stretch.tokens.clone().map(move |token| (stretch, token)));
        for hidden in hidden.chunks(LOGIT_ROWS * width) {
            let logits = self.decoder.logits(hidden);
            for (logits, (stretch, token)) in logits.chunks_exact(vocab).zip(&mut rows) {
                let sum = log_sum_exp(logits);
                for candidate in &mut sorted[stretch.candidates.clone()] {
                    if token >= candidate.skipped {
                        let logit = logits[candidate.follows[token] as usize];
                        candidate.log_likelihood += f64::from(logit) - sum;
                    }
                }
            }
        }
    }
}

/// Tokens that all candidates begin with, before any of them says something; `None` without
/// candidates.
pub(super) fn shared_prefix(replies: &[EncodedReply]) -> Option<usize> {
    let first = replies.first()?;
    let common = replies
        .iter()
        .map(|reply| common_prefix(&first.ids, &reply.ids).min(reply.said.start));
    // A reply to nothing at all would have no token to follow.
    Some(common.min()?.max(1))
}

/// The candidates, those that begin alike side by side.
pub(super) fn in_order(replies: &[EncodedReply], shared: usize) -> Vec<Candidate<'_>> {
    let mut sorted: Vec<Candidate<'_>> = replies
        .iter()
        .enumerate()
        .map(|(number, reply)| Candidate {
            number,
            read: &reply.ids[shared - 1..reply.said.end - 1],
            follows: &reply.ids[shared..reply.said.end],
            skipped: reply.said.start - shared,
            log_likelihood: 0.0,
        })
        .collect();
    sorted.sort_by_key(|candidate| candidate.read);
    sorted
}
