//! How one action is picked.

use anyhow::{Context as _, Result};

use lore_core::{ActionMode, AgentConfig, GenerateRequest, LanguageModel, Message, ScoredAction};

use crate::parse_action;

/// An action and how it came about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decision {
    /// What the agent does.
    pub action: String,
    /// The model's own text, when the action is not exactly that.
    pub raw: Option<String>,
    /// The candidates, when the action was chosen among them.
    pub scored: Vec<ScoredAction>,
    /// Tokens in the prompt.
    pub prompt_tokens: u32,
    /// Tokens of the prompt found in the cache.
    pub cached_tokens: u32,
    /// Tokens produced.
    pub completion_tokens: u32,
}

/// Picks the next action for the chat. A world that cannot list its actions is answered in words
/// whatever the mode.
pub(crate) fn decide(
    model: &mut dyn LanguageModel,
    config: &AgentConfig,
    messages: Vec<Message>,
    admissible: &[String],
    seed: u64,
) -> Result<Decision> {
    match config.action_mode {
        ActionMode::Choose if !admissible.is_empty() => choose(model, &messages, admissible),
        ActionMode::Choose | ActionMode::Generate => write(model, config, messages, seed),
    }
}

/// The model writes the action.
fn write(
    model: &mut dyn LanguageModel,
    config: &AgentConfig,
    messages: Vec<Message>,
    seed: u64,
) -> Result<Decision> {
    let mut sampling = config.sampling.clone();
    sampling.seed = seed;
    // An action is one line; what a model rambles after it would only cost time.
    if !sampling.stop.iter().any(|stop| stop == "\n") {
        sampling.stop.push("\n".to_owned());
    }
    let completion = model
        .generate(&[GenerateRequest { messages, sampling }])
        .context("The model could not write the next action.")?
        .pop()
        .context("The model returned nothing for the prompt.")?;
    let action = parse_action(&completion.text);
    Ok(Decision {
        raw: (completion.text != action).then_some(completion.text),
        action,
        scored: Vec::new(),
        prompt_tokens: completion.prompt_tokens,
        cached_tokens: completion.cached_tokens,
        completion_tokens: completion.completion_tokens,
    })
}

/// The most likely of the admissible actions; the first of equals.
fn choose(
    model: &mut dyn LanguageModel,
    messages: &[Message],
    admissible: &[String],
) -> Result<Decision> {
    let prompt_tokens = model.count_chat_tokens(messages)? as u32;
    let scored = model
        .score(messages, admissible)
        .context("The model could not rate the possible actions.")?;
    let mut best: Option<&ScoredAction> = None;
    for candidate in &scored {
        if best.is_none_or(|best| candidate.log_likelihood > best.log_likelihood) {
            best = Some(candidate);
        }
    }
    let action = best
        .context("The model rated none of the possible actions.")?
        .action
        .clone();
    let completion_tokens = scored.iter().map(|candidate| candidate.num_tokens).sum();
    Ok(Decision {
        action,
        scored,
        prompt_tokens,
        completion_tokens,
        ..Decision::default()
    })
}
