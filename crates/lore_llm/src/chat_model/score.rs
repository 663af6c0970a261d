//! How likely candidate actions are.

use std::ops::Range;

use anyhow::Result;

use lore_core::{Message, ScoredAction};

use super::ChatModel;
use super::prefix_cache::common_prefix;
use crate::chat::EncodedReply;
use crate::kernels::log_softmax_at;

/// Rows of hidden states for which logits are held at once.
const LOGIT_ROWS: usize = 32;

/// Tokens of candidates that are read at once at most.
const MAX_ROWS: usize = 512;

impl ChatModel {
    /// Scores every candidate: what all have in common is read once, what differs side by side.
    pub(super) fn score_all(
        &mut self,
        messages: &[Message],
        candidates: &[String],
    ) -> Result<Vec<ScoredAction>> {
        let encoder = self.base.encoder();
        let replies = candidates
            .iter()
            .map(|candidate| encoder.encode_reply(messages, candidate))
            .collect::<Result<Vec<_>>>()?;
        let Some(shared) = shared_prefix(&replies) else {
            return Ok(Vec::new());
        };
        let longest = replies.iter().map(|reply| reply.ids.len()).max();
        self.check_prompt(longest.unwrap_or(0))?;
        let prefix = &replies[0].ids[..shared];
        let mut cache = self.known_prefix(prefix);
        // The last common token belongs to the branches: its logits are those of their first token.
        let unread = cache.len()..shared - 1;
        if !unread.is_empty() {
            self.decoder
                .forward(&prefix[unread], &mut cache, self.adapter.as_ref())?;
        }
        let mut scored = Vec::with_capacity(candidates.len());
        for group in groups(&replies, shared) {
            let branches: Vec<&[u32]> = replies[group.clone()]
                .iter()
                .map(|reply| &reply.ids[shared - 1..reply.said.end - 1])
                .collect();
            let hidden = self
                .decoder
                .forward_branches(&branches, &cache, self.adapter.as_ref())?;
            let mut rows =
                self.log_likelihoods(&hidden, &branches, &replies[group.clone()], shared);
            for index in group {
                let reply = &replies[index];
                let log_likelihood = rows.by_ref().take(reply.said.end - shared);
                // Tokens before the reply are common; they count nothing.
                let skipped = reply.said.start - shared;
                scored.push(ScoredAction {
                    action: candidates[index].clone(),
                    log_likelihood: log_likelihood.skip(skipped).sum(),
                    num_tokens: reply.said.len() as u32,
                });
            }
        }
        let tokens = prefix[..cache.len()].to_vec();
        self.prefixes.put(tokens, cache);
        Ok(scored)
    }

    /// The log-likelihood of every token that follows a row of the branches.
    fn log_likelihoods(
        &mut self,
        hidden: &[f32],
        branches: &[&[u32]],
        replies: &[EncodedReply],
        shared: usize,
    ) -> std::vec::IntoIter<f64> {
        let targets: Vec<u32> = replies
            .iter()
            .flat_map(|reply| &reply.ids[shared..reply.said.end])
            .copied()
            .collect();
        debug_assert_eq!(
            targets.len(),
            branches.iter().map(|branch| branch.len()).sum::<usize>(),
            "a target for each row"
        );
        let (width, vocab) = (
            self.base.config().hidden_size,
            self.base.config().vocab_size,
        );
        let mut likelihoods = Vec::with_capacity(targets.len());
        let rows = hidden.chunks(LOGIT_ROWS * width);
        for (hidden, targets) in rows.zip(targets.chunks(LOGIT_ROWS)) {
            let logits = self.decoder.logits(hidden);
            for (logits, target) in logits.chunks_exact(vocab).zip(targets) {
                likelihoods.push(f64::from(log_softmax_at(logits, *target as usize)));
            }
        }
        likelihoods.into_iter()
    }
}

/// Tokens that all candidates begin with, before any of them says something; `None` without
/// candidates.
fn shared_prefix(replies: &[EncodedReply]) -> Option<usize> {
    let first = replies.first()?;
    let common = replies
        .iter()
        .map(|reply| common_prefix(&first.ids, &reply.ids).min(reply.said.start));
    // A reply to nothing at all would have no token to follow.
    Some(common.min()?.max(1))
}

/// Cuts the candidates into groups of a bounded number of tokens.
fn groups(replies: &[EncodedReply], shared: usize) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut rows = 0;
    for (index, reply) in replies.iter().enumerate() {
        let len = reply.said.end - shared;
        match groups.last_mut() {
            Some(group) if rows + len <= MAX_ROWS => group.end = index + 1,
            _ => {
                groups.push(index..index + 1);
                rows = 0;
            }
        }
        rows += len;
    }
    groups
}
