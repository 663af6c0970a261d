//! How one action is picked.

use anyhow::{Context as _, Result};

use lore_core::{
    ActionMode, AgentConfig, Choice, ChoiceRequest, Completion, GenerateRequest, LanguageModel,
    Message, ScoredAction, same_action,
};

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

impl Decision {
    /// The same when something else is done; what the model wrote stays.
    pub(crate) fn doing(self, action: &str) -> Self {
        let written = self.raw.unwrap_or(self.action);
        Self {
            raw: (written != action).then_some(written),
            action: action.to_owned(),
            ..self
        }
    }
}

/// What an action is picked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation<'a> {
    /// The chat so far.
    pub messages: &'a [Message],
    /// What the world allows, where it says so.
    pub admissible: &'a [String],
    /// The seed of sampling.
    pub seed: u64,
}

/// Picks the next action. It is written whatever the mode where the world cannot list its actions, or the
/// model cannot rate them.
pub(crate) fn decide(
    model: &mut dyn LanguageModel,
    config: &AgentConfig,
    situation: Situation<'_>,
) -> Result<Decision> {
    let decision = decide_all(model, &[(config, situation)])?.pop();
    decision.context("The model returned nothing for the prompt.")
}

/// [`decide`] for several situations; the model writes all of its answers side by side.
pub(crate) fn decide_all(
    model: &mut dyn LanguageModel,
    situations: &[(&AgentConfig, Situation<'_>)],
) -> Result<Vec<Decision>> {
    let mut requests = Vec::new();
    let mut questions = Vec::new();
    let rates = model.rates();
    for (config, situation) in situations {
        match Way::of(rates, config, situation) {
            Way::Write => requests.push(request(config, situation)),
            Way::Pick => questions.push(ChoiceRequest {
                messages: situation.messages.to_vec(),
                candidates: situation.admissible.to_vec(),
            }),
            Way::Rate => {}
        }
    }
    let (mut completions, mut choices) = (Vec::new(), Vec::new());
    if !requests.is_empty() {
        completions = model
            .generate(&requests)
            .context("The model could not write the next action.")?;
    }
    if !questions.is_empty() {
        choices = model
            .choose(&questions)
            .context("The model could not pick one of the possible actions.")?;
    }
    let (mut completions, mut choices) = (completions.into_iter(), choices.into_iter());
    let mut decisions = Vec::with_capacity(situations.len());
    for (config, situation) in situations {
        decisions.push(match Way::of(rates, config, situation) {
            Way::Write => {
                let completion = completions.next();
                let completion =
                    completion.context("The model returned nothing for the prompt.")?;
                let decision = written(completion);
                match config.action_mode {
                    ActionMode::Generate => decision,
                    ActionMode::Choose => as_listed(decision, situation.admissible),
                }
            }
            Way::Pick => {
                let choice = choices.next();
                picked(choice.context("The model picked nothing for the prompt.")?)?
            }
            Way::Rate => rated(model, situation.messages, situation.admissible)?,
        });
    }
    Ok(decisions)
}

/// How an action comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The model writes it.
    Write,
    /// The likeliest of the possible ones is found.
    Pick,
    /// Every possible one is rated.
    Rate,
}

impl Way {
    fn of(rates: bool, config: &AgentConfig, situation: &Situation<'_>) -> Self {
        let may_pick = rates && config.action_mode == ActionMode::Choose;
        if !may_pick || situation.admissible.is_empty() {
            Self::Write
        } else if config.rates_all {
            Self::Rate
        } else {
            Self::Pick
        }
    }
}

/// What the model is to write.
fn request(config: &AgentConfig, situation: &Situation<'_>) -> GenerateRequest {
    let mut sampling = config.sampling.clone();
    sampling.seed = situation.seed;
    // An action is one line; what a model rambles after it would only cost time.
    if !sampling.stop.iter().any(|stop| stop == "\n") {
        sampling.stop.push("\n".to_owned());
    }
    GenerateRequest {
        messages: situation.messages.to_vec(),
        sampling,
    }
}

/// The action that the model wrote.
fn written(completion: Completion) -> Decision {
    let action = parse_action(&completion.text);
    Decision {
        raw: (completion.text != action).then_some(completion.text),
        action,
        scored: Vec::new(),
        prompt_tokens: completion.prompt_tokens,
        cached_tokens: completion.cached_tokens,
        completion_tokens: completion.completion_tokens,
    }
}

/// The same with the listed action that the written one is, but for capital letters and white space; for
/// agents that are to pick and whose model only writes.
fn as_listed(decision: Decision, listed: &[String]) -> Decision {
    let is_meant = |action: &&String| same_action(action, &decision.action);
    match listed.iter().find(is_meant).cloned() {
        Some(action) if action != decision.action => decision.doing(&action),
        _ => decision,
    }
}

/// The action that the model found the likeliest.
fn picked(choice: Choice) -> Result<Decision> {
    let best = choice
        .best
        .context("The model rated none of the possible actions.")?;
    Ok(Decision {
        action: best.action,
        prompt_tokens: choice.prompt_tokens,
        cached_tokens: choice.cached_tokens,
        completion_tokens: choice.read_tokens,
        ..Decision::default()
    })
}

/// The most likely of the admissible actions, the first of equals, and how likely all of them are.
fn rated(
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
