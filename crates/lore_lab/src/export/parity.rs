//! Two models asked the same: how far their answers differ.

use std::sync::Arc;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use lore_llm::kernels::log_sum_exp;
use lore_llm::{ActiveAdapter, AdapterWeights, BaseModel, Decoder, KvCache};

/// Tokens that each model continues a prompt with.
pub(super) const NEW_TOKENS: usize = 24;

/// Positions at the end of a prompt whose logits are compared, beside those of the continuation.
const PROMPT_ROWS: usize = 16;

/// Most likely tokens that are written down for other programs.
const BEST: usize = 20;

/// Rows of logits that are held twice at once.
const ROWS_AT_ONCE: usize = 8;

/// A model that is asked.
pub(super) struct Subject {
    decoder: Decoder,
    adapter: Option<ActiveAdapter>,
}

/// What a model makes of one prompt.
pub(super) struct Answer {
    /// The prompt.
    prompt: Vec<u32>,
    /// The most likely continuation, token by token.
    continuation: Vec<u32>,
    /// Its text.
    text: String,
    /// Logits behind the last tokens of the prompt and behind every token of the *trained* model's
    /// continuation, `[rows, vocab]`.
    logits: Vec<f32>,
    vocab_size: usize,
}

/// Answers to all prompts.
#[derive(Default)]
pub(super) struct Answers(Vec<Answer>);

/// How far a copy's answers are from the trained model's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Parity {
    /// The largest difference between two logits, over all prompts, positions and tokens.
    pub(super) max_logit_difference: f64,
    /// Kullback-Leibler divergence of the copy's next-token distribution from the trained model's, in
    /// nats, mean over positions.
    pub(super) mean_kl_divergence: f64,
    /// Share of positions at which both find the same token most likely.
    pub(super) same_top_token: f64,
    /// True when every greedy continuation is the same.
    pub(super) same_text: bool,
    /// Positions compared.
    pub(super) num_positions: usize,
    /// Prompt by prompt.
    pub(super) prompts: Vec<PromptParity>,
}

/// How far the answers to one prompt differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct PromptParity {
    /// The largest difference between two logits.
    pub(super) max_logit_difference: f64,
    /// The prompt, so that other programs can be asked the same.
    pub(super) tokens: Vec<u32>,
    /// The trained model's most likely tokens behind the prompt with their logits, best first.
    pub(super) trained_logits: Vec<(u32, f32)>,
    /// The trained model's greedy continuation.
    pub(super) trained_tokens: Vec<u32>,
    /// The copy's greedy continuation.
    pub(super) exported_tokens: Vec<u32>,
    /// What the trained model says.
    pub(super) trained_text: String,
    /// What the copy says.
    pub(super) exported_text: String,
}

impl Subject {
    pub(super) fn new(base: Arc<BaseModel>, adapter: Option<Arc<AdapterWeights>>) -> Result<Self> {
        let adapter = adapter
            .map(|weights| ActiveAdapter::new(weights, 1.0, &base.weights))
            .transpose()?;
        Ok(Self {
            decoder: Decoder::new(base),
            adapter,
        })
    }

    /// What the model makes of a prompt.
    pub(super) fn answer(&mut self, prompt: &[u32]) -> Result<Answer> {
        let continuation = self.continue_greedily(prompt)?;
        self.answer_with(prompt, continuation.clone(), &continuation)
    }

    /// What the model makes of another model's prompt; its logits are those along the other's
    /// continuation.
    pub(super) fn answer_like(&mut self, other: &Answer) -> Result<Answer> {
        let own = self.continue_greedily(&other.prompt)?;
        self.answer_with(&other.prompt, own, &other.continuation)
    }

    fn answer_with(
        &mut self,
        prompt: &[u32],
        continuation: Vec<u32>,
        read: &[u32],
    ) -> Result<Answer> {
        let ids = [prompt, read].concat();
        let base = Arc::clone(self.decoder.base());
        let mut cache = KvCache::new(base.config());
        let hidden = self
            .decoder
            .forward_all(&ids, &mut cache, self.adapter.as_ref())?;
        let width = base.config().hidden_size;
        let first = prompt.len().saturating_sub(PROMPT_ROWS);
        let logits = hidden[first * width..]
            .chunks(ROWS_AT_ONCE * width)
            .flat_map(|rows| self.decoder.logits(rows))
            .collect();
        Ok(Answer {
            prompt: prompt.to_vec(),
            text: base.tokenizer.decode(&continuation)?,
            continuation,
            logits,
            vocab_size: base.config().vocab_size,
        })
    }

    fn continue_greedily(&mut self, prompt: &[u32]) -> Result<Vec<u32>> {
        let base = Arc::clone(self.decoder.base());
        let mut cache = KvCache::new(base.config());
        let mut said = Vec::new();
        let mut logits = self
            .decoder
            .forward(prompt, &mut cache, self.adapter.as_ref())?;
        while said.len() < NEW_TOKENS {
            let token = most_likely(&logits) as u32;
            said.push(token);
            if base.tokenizer.is_end_of_turn(token) {
                break;
            }
            logits = self
                .decoder
                .forward(&[token], &mut cache, self.adapter.as_ref())?;
        }
        Ok(said)
    }
}

impl Answer {
    /// The most likely tokens behind the prompt with their logits, best first.
    fn best_behind_prompt(&self) -> Vec<(u32, f32)> {
        let row = self.prompt.len().clamp(1, PROMPT_ROWS) - 1;
        let logits = self.logits.chunks_exact(self.vocab_size).nth(row);
        let mut best: Vec<(u32, f32)> = (0..)
            .zip(logits.unwrap_or_default().iter().copied())
            .collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1));
        best.truncate(BEST);
        best
    }
}

impl Answers {
    pub(super) fn push(&mut self, answer: Answer) {
        self.0.push(answer);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Answer> {
        self.0.iter()
    }

    /// How far `copy` is from these answers.
    pub(super) fn compare(&self, copy: &Self) -> Parity {
        let mut parity = Parity {
            same_text: true,
            ..Parity::default()
        };
        let (mut divergence, mut same_top) = (0.0, 0);
        for (trained, exported) in self.0.iter().zip(&copy.0) {
            let mut largest = 0.0f64;
            let rows = |answer: &'_ Answer| answer.vocab_size;
            let trained_rows = trained.logits.chunks_exact(rows(trained));
            for (a, b) in trained_rows.zip(exported.logits.chunks_exact(rows(exported))) {
                largest = largest.max(largest_difference(a, b));
                divergence += kl_divergence(a, b);
                same_top += usize::from(most_likely(a) == most_likely(b));
                parity.num_positions += 1;
            }
            parity.max_logit_difference = parity.max_logit_difference.max(largest);
            parity.same_text &= trained.continuation == exported.continuation;
            parity.prompts.push(PromptParity {
                max_logit_difference: largest,
                tokens: trained.prompt.clone(),
                trained_logits: trained.best_behind_prompt(),
                trained_tokens: trained.continuation.clone(),
                exported_tokens: exported.continuation.clone(),
                trained_text: trained.text.clone(),
                exported_text: exported.text.clone(),
            });
        }
        let count = parity.num_positions.max(1) as f64;
        parity.mean_kl_divergence = divergence / count;
        parity.same_top_token = same_top as f64 / count;
        parity
    }
}

/// The index of the largest number; of equals, the first.
fn most_likely(logits: &[f32]) -> usize {
    let mut best = 0;
    for (index, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = index;
        }
    }
    best
}

/// Numbers that are not numbers differ infinitely.
fn largest_difference(a: &[f32], b: &[f32]) -> f64 {
    let differences = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs()));
    differences.fold(0.0, |largest, it| {
        if it.is_nan() {
            f64::INFINITY
        } else {
            largest.max(it)
        }
    })
}

/// Of the distribution of logits `b` from that of logits `a`.
fn kl_divergence(a: &[f32], b: &[f32]) -> f64 {
    let (log_sum_a, log_sum_b) = (log_sum_exp(a), log_sum_exp(b));
    a.iter()
        .zip(b)
        .map(|(a, b)| {
            let (log_p, log_q) = (f64::from(*a) - log_sum_a, f64::from(*b) - log_sum_b);
            log_p.exp() * (log_p - log_q)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(logits: &[f32], said: u32) -> Answers {
        Answers(vec![Answer {
            prompt: vec![1],
            continuation: vec![said],
            text: said.to_string(),
            logits: logits.to_vec(),
            vocab_size: 2,
        }])
    }

    #[test]
    fn equal_answers_do_not_differ() {
        let trained = answers(&[0.5, 1.0, 2.0, -3.0], 7);
        let parity = trained.compare(&answers(&[0.5, 1.0, 2.0, -3.0], 7));
        assert!(parity.same_text && parity.num_positions == 2);
        assert!(parity.max_logit_difference <= 0.0 && parity.mean_kl_divergence.abs() < 1e-12);
        assert!((parity.same_top_token - 1.0).abs() < 1e-12);
    }

    /// By hand: softmax is (1/4, 3/4) against (1/2, 1/2).
    #[test]
    fn the_largest_difference_and_the_divergence_are_found() {
        let trained = answers(&[0.0, 3f32.ln()], 7);
        let parity = trained.compare(&answers(&[0.0, 0.0], 8));
        assert!(!parity.same_text);
        assert!((parity.max_logit_difference - 3f64.ln()).abs() < 1e-6);
        let expected = 0.25 * 0.5f64.ln() + 0.75 * 1.5f64.ln();
        assert!((parity.mean_kl_divergence - expected).abs() < 1e-6);
        let broken = trained.compare(&answers(&[f32::NAN, 0.0], 7));
        assert!(broken.max_logit_difference.is_infinite());
    }
}
