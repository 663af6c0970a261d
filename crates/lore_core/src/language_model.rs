//! Language models as agents see them.

use serde::{Deserialize, Serialize};

use crate::Message;

/// A chat model. Calls take several requests at once; results do not depend on how requests are
/// grouped.
pub trait LanguageModel {
    /// Name of the model, for records.
    fn name(&self) -> String;

    /// The longest prompt plus completion the model accepts, in tokens.
    fn context_length(&self) -> usize;

    /// Tokens in a piece of text, without any template around it.
    fn count_tokens(&self, text: &str) -> usize;

    /// Tokens of a chat rendered with the model's own template, generation prompt included.
    fn count_chat_tokens(&self, messages: &[Message]) -> anyhow::Result<usize>;

    /// Continues each chat with one assistant turn.
    fn generate(&mut self, requests: &[GenerateRequest]) -> anyhow::Result<Vec<Completion>>;

    /// True when it can tell how likely a given turn is: [`LanguageModel::score`] and
    /// [`LanguageModel::choose`]. One that cannot only writes.
    fn rates(&self) -> bool {
        true
    }

    /// Log-likelihood (natural logarithm, summed over tokens, end of turn included) of each
    /// candidate as the next assistant turn, in the order given.
    fn score(
        &mut self,
        messages: &[Message],
        candidates: &[String],
    ) -> anyhow::Result<Vec<ScoredAction>>;

    /// The likeliest candidate of each question by [`LanguageModel::score`], the first of equals; a
    /// model may find it without rating all of them.
    fn choose(&mut self, questions: &[ChoiceRequest]) -> anyhow::Result<Vec<Choice>> {
        let mut choices = Vec::with_capacity(questions.len());
        for question in questions {
            let rated = self.score(&question.messages, &question.candidates)?;
            let prompt_tokens = self.count_chat_tokens(&question.messages)? as u32;
            choices.push(Choice {
                read_tokens: rated.iter().map(|one| one.num_tokens).sum(),
                best: best_of(rated),
                prompt_tokens,
                cached_tokens: 0,
            });
        }
        Ok(choices)
    }
}

/// The likeliest action, the first of equals.
fn best_of(rated: Vec<ScoredAction>) -> Option<ScoredAction> {
    rated.into_iter().reduce(|best, one| {
        if one.log_likelihood > best.log_likelihood {
            one
        } else {
            best
        }
    })
}

/// One chat to continue with one of several possible turns.
#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceRequest {
    /// The chat so far; ends with a user turn.
    pub messages: Vec<Message>,
    /// The possible turns.
    pub candidates: Vec<String>,
}

/// Which of the possible turns is the likeliest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// The likeliest; `None` when there was nothing to choose from.
    pub best: Option<ScoredAction>,
    /// Tokens in the prompt.
    pub prompt_tokens: u32,
    /// Tokens of the prompt that were found in the cache.
    pub cached_tokens: u32,
    /// Tokens of candidates that were read to find it.
    pub read_tokens: u32,
}

/// One chat to continue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    /// The chat so far; ends with a user turn.
    pub messages: Vec<Message>,
    /// How to pick tokens.
    pub sampling: Sampling,
}

/// How tokens are picked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// 0 picks the most likely token every time.
    pub temperature: f64,
    /// Keeps the smallest set of tokens with this much probability; 1 keeps all.
    pub top_p: f64,
    /// The longest completion, in tokens.
    pub max_new_tokens: usize,
    /// The seed of random choices.
    pub seed: u64,
    /// Texts that end the completion and are not part of it.
    pub stop: Vec<String>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_p: 1.0,
            max_new_tokens: 32,
            seed: 0,
            stop: Vec::new(),
        }
    }
}

/// What a model said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The text, special tokens removed.
    pub text: String,
    /// Tokens in the prompt.
    pub prompt_tokens: u32,
    /// Tokens of the prompt that were found in the cache.
    pub cached_tokens: u32,
    /// Tokens produced, end of turn included.
    pub completion_tokens: u32,
    /// Why the completion ended.
    pub finish: FinishReason,
}

/// Why a completion ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its turn, or a stop text came.
    #[default]
    Stop,
    /// `max_new_tokens` was reached.
    Length,
}

/// A candidate action and how likely the model finds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredAction {
    /// The candidate.
    pub action: String,
    /// Natural logarithm of its probability.
    pub log_likelihood: f64,
    /// Tokens the candidate has, end of turn included.
    pub num_tokens: u32,
}
