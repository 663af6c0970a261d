//! Finding the likeliest of several candidates without reading all of them.
//!
//! A text is at most as likely as its beginning. So the tree of candidates is searched from its root,
//! always on from the likeliest beginning (best-first search): the first candidate that is complete and at
//! least as likely as every beginning that is left is the likeliest of all. A model that knows what to do
//! reads little more than the candidate it picks; the answer is the same as rating every one.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;

use anyhow::Result;

use lore_core::{Choice, ChoiceRequest, ScoredAction};

use super::ChatModel;
use super::score::{Candidate, in_order, shared_prefix};
use super::stretches::{Stretch, following};
use crate::chat::EncodedReply;
use crate::kernels::log_sum_exp;
use crate::{KvCache, MAX_LANES};

/// Beginnings that a search reads in one round at most.
const MAX_WIDTH: usize = 16;

/// Rounds until it reads twice as many.
const ROUNDS_OF_A_WIDTH: u32 = 4;

/// A question's candidates as tokens.
struct Asked<'a> {
    question: &'a ChoiceRequest,
    replies: Vec<EncodedReply>,
    /// Tokens that all candidates begin with.
    shared: usize,
    /// What was read of them, all but the last.
    cache: KvCache,
    cached_tokens: usize,
}

/// The search for one question's answer.
struct Search<'a> {
    candidates: Vec<Candidate<'a>>,
    /// What was not read yet or is complete, likeliest first.
    open: BinaryHeap<Found>,
    /// The answer: its number in the question, its log-likelihood and what was read of it.
    best: Option<(usize, f64, Rc<KvCache>)>,
    num_rounds: u32,
    num_read: usize,
}

/// A place in the tree that the search has found.
struct Found {
    log_likelihood: f64,
    place: Place,
}

enum Place {
    /// A candidate that was read to its end: its number in the question, and what was read of it.
    End { number: usize, read: Rc<KvCache> },
    /// Tokens to be read behind others.
    Unread {
        stretch: Stretch,
        before: Rc<KvCache>,
    },
}

/// A stretch that is read in this round.
struct Reading {
    search: usize,
    stretch: Stretch,
    log_likelihood: f64,
    cache: KvCache,
}

impl ChatModel {
    /// Answers every question; those that are asked together are read together.
    pub(super) fn choose_all(&mut self, questions: &[ChoiceRequest]) -> Result<Vec<Choice>> {
        let mut choices = Vec::with_capacity(questions.len());
        for questions in questions.chunks(MAX_LANES) {
            choices.extend(self.choose_together(questions)?);
        }
        Ok(choices)
    }

    fn choose_together(&mut self, questions: &[ChoiceRequest]) -> Result<Vec<Choice>> {
        let asked = self.read_prompts(questions)?;
        let mut searches: Vec<Search<'_>> = asked
            .iter()
            .map(|asked| Search::new(&asked.replies, asked.shared, &asked.cache))
            .collect();
        loop {
            let readings: Vec<Reading> = searches
                .iter_mut()
                .enumerate()
                .flat_map(|(index, search)| search.next_round(index))
                .collect();
            if readings.is_empty() {
                break;
            }
            for batch in batches(readings) {
                self.read_stretches(batch, &mut searches)?;
            }
        }
        let ends: Vec<_> = searches.into_iter().map(Search::end).collect();
        asked
            .into_iter()
            .zip(ends)
            .map(|(asked, end)| self.choice(asked, end))
            .collect()
    }

    /// Reads what the candidates of each question have in common, of all questions at once.
    fn read_prompts<'a>(&mut self, questions: &'a [ChoiceRequest]) -> Result<Vec<Asked<'a>>> {
        let mut asked = Vec::with_capacity(questions.len());
        for question in questions {
            let encoder = self.base.encoder();
            let replies = encoder.encode_replies(&question.messages, &question.candidates)?;
            let longest = replies.iter().map(|reply| reply.ids.len()).max();
            self.check_prompt(longest.unwrap_or(0))?;
            let shared = shared_prefix(&replies).unwrap_or(0);
            let cache = match replies.first() {
                Some(reply) => self.known_prefix(&reply.ids[..shared]),
                None => KvCache::new(self.base.config()),
            };
            asked.push(Asked {
                question,
                shared,
                cached_tokens: cache.len(),
                cache,
                replies,
            });
        }
        let (unread, mut caches): (Vec<&[u32]>, Vec<&mut KvCache>) = asked
            .iter_mut()
            .filter(|asked| asked.cache.len() + 1 < asked.shared)
            .map(|asked| {
                let prefix = &asked.replies[0].ids[..asked.shared - 1];
                (&prefix[asked.cache.len()..], &mut asked.cache)
            })
            .unzip();
        if !unread.is_empty() {
            let adapter = self.adapter.as_ref();
            self.decoder.read_each(&unread, &mut caches, adapter)?;
        }
        Ok(asked)
    }

    /// Reads stretches of any searches at once and tells each what it led to.
    fn read_stretches(
        &mut self,
        mut batch: Vec<Reading>,
        searches: &mut [Search<'_>],
    ) -> Result<()> {
        let branches: Vec<&[u32]> = batch
            .iter()
            .map(|reading| searches[reading.search].tokens(&reading.stretch))
            .collect();
        let mut caches: Vec<KvCache> = batch
            .iter_mut()
            .map(|reading| std::mem::take(&mut reading.cache))
            .collect();
        let adapter = self.adapter.as_ref();
        let hidden = self
            .decoder
            .forward_branches(&branches, &mut caches, adapter)?;
        let logits = self.decoder.logits(&hidden);
        let vocab = self.base.config().vocab_size;
        let mut rows = logits.chunks_exact(vocab);
        for (reading, cache) in batch.into_iter().zip(caches) {
            let num_rows = reading.stretch.tokens.len();
            let rows: Vec<&[f32]> = rows.by_ref().take(num_rows).collect();
            searches[reading.search].take_in(reading, &rows, &Rc::new(cache));
        }
        Ok(())
    }

    /// What a search found, and the memory of what was read for it.
    fn choice(&mut self, asked: Asked<'_>, end: End) -> Result<Choice> {
        let (question, replies) = (asked.question, asked.replies);
        let best = end.best.as_ref();
        let prompt = self.base.encoder().encode_prompt(&question.messages)?;
        let choice = Choice {
            best: best.map(|(number, log_likelihood, _)| ScoredAction {
                action: question.candidates[*number].clone(),
                log_likelihood: *log_likelihood,
                num_tokens: replies[*number].said.len() as u32,
            }),
            prompt_tokens: prompt.len() as u32,
            cached_tokens: asked.cached_tokens as u32,
            read_tokens: end.num_read as u32,
        };
        // The next prompt most likely goes on with what was chosen.
        if let Some((number, _, cache)) = end.best {
            let tokens = replies[number].ids[..cache.len()].to_vec();
            self.prefixes.put(tokens, Rc::unwrap_or_clone(cache));
        }
        Ok(choice)
    }
}

/// What a search came to.
struct End {
    /// Number in the question, log-likelihood, and what was read.
    best: Option<(usize, f64, Rc<KvCache>)>,
    num_read: usize,
}

impl<'a> Search<'a> {
    fn new(replies: &'a [EncodedReply], shared: usize, cache: &KvCache) -> Self {
        let candidates = if replies.is_empty() {
            Vec::new()
        } else {
            in_order(replies, shared)
        };
        let mut search = Self {
            candidates,
            open: BinaryHeap::new(),
            best: None,
            num_rounds: 0,
            num_read: 0,
        };
        let before = Rc::new(cache.clone());
        for stretch in search.following(0..search.candidates.len(), 0) {
            search.open.push(Found {
                log_likelihood: 0.0,
                place: Place::Unread {
                    stretch,
                    before: Rc::clone(&before),
                },
            });
        }
        search
    }

    fn following(&self, candidates: std::ops::Range<usize>, from: usize) -> Vec<Stretch> {
        let read: Vec<&[u32]> = self.candidates.iter().map(|one| one.read).collect();
        following(&read, 0, candidates, from)
    }

    /// The tokens of a stretch.
    fn tokens(&self, stretch: &Stretch) -> &'a [u32] {
        &self.candidates[stretch.candidates.start].read[stretch.tokens.clone()]
    }

    /// The likeliest beginnings that must be read; none when the answer is known.
    fn next_round(&mut self, index: usize) -> Vec<Reading> {
        let mut round = Vec::new();
        while self.best.is_none() && round.len() < self.width() {
            match self.open.pop() {
                Some(Found {
                    log_likelihood,
                    place: Place::Unread { stretch, before },
                }) => round.push(Reading {
                    search: index,
                    cache: (*before).clone(),
                    stretch,
                    log_likelihood,
                }),
                Some(Found {
                    log_likelihood,
                    place: Place::End { number, read },
                }) if round.is_empty() => self.best = Some((number, log_likelihood, read)),
                // What is likelier than this end is read first.
                Some(end) => {
                    self.open.push(end);
                    break;
                }
                None => break,
            }
        }
        self.num_rounds += 1;
        round
    }

    /// Beginnings that a round reads. One at first, which is all that a model needs that knows what to do;
    /// then more and more, for one that does not finds many of them equally likely.
    fn width(&self) -> usize {
        1 << (self.num_rounds / ROUNDS_OF_A_WIDTH).min(MAX_WIDTH.ilog2())
    }

    /// Takes in the logits of what follows each token of a stretch.
    fn take_in(&mut self, reading: Reading, logits: &[&[f32]], cache: &Rc<KvCache>) {
        let Reading {
            stretch,
            mut log_likelihood,
            ..
        } = reading;
        self.num_read += stretch.tokens.len();
        let last = stretch.tokens.end - 1;
        let (last_logits, inner) = logits
            .split_last()
            .map_or((&[][..], &[][..]), |(last, inner)| (*last, inner));
        let first = &self.candidates[stretch.candidates.start];
        for (token, logits) in stretch.tokens.clone().zip(inner) {
            if token >= first.skipped {
                let logit = logits[first.follows[token] as usize];
                log_likelihood += f64::from(logit) - log_sum_exp(logits);
            }
        }
        let sum = log_sum_exp(last_logits);
        let end_of = |candidate: &Candidate<'_>| {
            if last < candidate.skipped {
                return log_likelihood;
            }
            let logit = last_logits[candidate.follows[last] as usize];
            log_likelihood + (f64::from(logit) - sum)
        };
        for place in stretch.candidates.clone() {
            let candidate = &self.candidates[place];
            if candidate.read.len() == stretch.tokens.end {
                self.open.push(Found {
                    log_likelihood: end_of(candidate),
                    place: Place::End {
                        number: candidate.number,
                        read: Rc::clone(cache),
                    },
                });
            }
        }
        for stretch in self.following(stretch.candidates, stretch.tokens.end) {
            let log_likelihood = end_of(&self.candidates[stretch.candidates.start]);
            self.open.push(Found {
                log_likelihood,
                place: Place::Unread {
                    stretch,
                    before: Rc::clone(cache),
                },
            });
        }
    }

    fn end(self) -> End {
        End {
            best: self.best,
            num_read: self.num_read,
        }
    }
}

/// Cuts readings into groups of at most [`MAX_LANES`] tokens, so that what comes out does not depend on
/// what is read beside it; a longer one is read alone.
fn batches(readings: Vec<Reading>) -> Vec<Vec<Reading>> {
    let mut batches: Vec<Vec<Reading>> = Vec::new();
    let mut num_tokens = 0;
    for reading in readings {
        let tokens = reading.stretch.tokens.len();
        match batches.last_mut() {
            Some(batch) if num_tokens + tokens <= MAX_LANES => {
                num_tokens += tokens;
                batch.push(reading);
            }
            _ => {
                num_tokens = tokens;
                batches.push(vec![reading]);
            }
        }
    }
    batches
}

impl Ord for Found {
    /// Likelier is greater. Of equals an end comes first, and of ends the one asked about first.
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |place: &Place| match place {
            Place::End { number, .. } => (0, *number),
            Place::Unread { .. } => (1, 0),
        };
        self.log_likelihood
            .total_cmp(&other.log_likelihood)
            .then_with(|| key(&other.place).cmp(&key(&self.place)))
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Found {}
