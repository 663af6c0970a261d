//! From a trajectory and its memories to tokens with a loss mask.

use anyhow::{Context as _, Result, ensure};

use lore_core::{Hit, LeakGuard, Message, RetrievalConfig, Trajectory, TrajectoryId, prompt};
use lore_llm::{BaseModel, EncodedChat};

#[cfg(test)]
mod tests;

/// What examples need of a model: its tokenizer and chat template.
pub trait ChatTokens {
    /// The tokens of a finished chat, with turns and learned tokens marked.
    fn encode_chat(&self, messages: &[Message]) -> Result<EncodedChat>;

    /// Tokens in a piece of text, without any template around it.
    fn count_tokens(&self, text: &str) -> Result<usize>;

    /// How a token looks on its own.
    fn token_text(&self, id: u32) -> String;
}

impl ChatTokens for BaseModel {
    fn encode_chat(&self, messages: &[Message]) -> Result<EncodedChat> {
        self.encoder().encode_chat(messages)
    }

    fn count_tokens(&self, text: &str) -> Result<usize> {
        Ok(self.tokenizer.encode(text)?.len())
    }

    fn token_text(&self, id: u32) -> String {
        self.tokenizer.token_text(id)
    }
}

/// A trajectory to learn, and what is shown ahead of it.
#[derive(Clone, Copy, Debug)]
pub struct ExampleSource<'a> {
    /// What is learned: its actions.
    pub trajectory: &'a Trajectory,
    /// The memories of its system prompt, in the order in which they stand there; empty for plain LoRA.
    pub memories: &'a [Hit],
}

/// How examples are made from trajectories.
#[derive(Clone, Copy)]
pub struct ExampleRecipe<'a> {
    /// Makes tokens.
    pub tokens: &'a dyn ChatTokens,
    /// The actions that the system prompt lists.
    pub action_templates: &'a [String],
    /// How memories are written and how much room they get; `None` for plain LoRA.
    pub retrieval: Option<&'a RetrievalConfig>,
    /// The longest example.
    pub max_tokens: usize,
}

/// A chat to train on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Example {
    /// The trajectory it was made from.
    pub trajectory: TrajectoryId,
    /// The tokens.
    pub ids: Vec<u32>,
    /// True where a token is learned: actions, and the tokens that end their turns.
    pub loss_mask: Vec<bool>,
}

impl Example {
    /// Tokens that are learned. The first token of a chat is not: nothing predicts it.
    pub fn num_learned(&self) -> usize {
        self.loss_mask.iter().skip(1).filter(|mask| **mask).count()
    }
}

/// Examples, and what became of the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuiltExamples {
    /// In the order of their sources.
    pub examples: Vec<Example>,
    /// For each example, which source it was made from.
    pub places: Vec<usize>,
    /// Trajectories left out because they are too long without any memory.
    pub num_too_long: usize,
    /// Trajectories left out because they hold no action to learn.
    pub num_without_actions: usize,
    /// Memories that did not fit.
    pub num_dropped_memories: usize,
}

/// What one source gave.
pub(crate) struct Fitted {
    /// The tokens of the chat with the memories that fit.
    pub(crate) chat: EncodedChat,
    /// Memories that did not.
    pub(crate) num_dropped_memories: usize,
}

/// Makes an example of every source.
///
/// Fails when not one token of the whole set would be learned, and when a memory of an example is
/// its own trajectory or a twin of it.
pub fn build_examples<'a>(
    recipe: &ExampleRecipe<'_>,
    sources: impl IntoIterator<Item = ExampleSource<'a>>,
) -> Result<BuiltExamples> {
    let mut built = BuiltExamples::default();
    for (place, source) in sources.into_iter().enumerate() {
        let fitted = fit(recipe, source)?;
        if fitted.chat.ids.len() > recipe.max_tokens {
            built.num_too_long += 1;
            continue;
        }
        built.num_dropped_memories += fitted.num_dropped_memories;
        let example = Example {
            trajectory: source.trajectory.id.clone(),
            ids: fitted.chat.ids,
            loss_mask: fitted.chat.learned,
        };
        if example.num_learned() == 0 {
            built.num_without_actions += 1;
        } else {
            built.examples.push(example);
            built.places.push(place);
        }
    }
    ensure!(
        !built.examples.is_empty(),
        "There is nothing to learn from these trajectories: {} are longer than {} tokens and {} \
         hold no action. Choose other trajectories or allow longer examples",
        built.num_too_long,
        recipe.max_tokens,
        built.num_without_actions,
    );
    Ok(built)
}

/// Makes one example; `None` when it is too long or holds no action to learn.
pub fn build_example(
    recipe: &ExampleRecipe<'_>,
    source: ExampleSource<'_>,
) -> Result<Option<Example>> {
    let chat = fit(recipe, source)?.chat;
    let example = Example {
        trajectory: source.trajectory.id.clone(),
        ids: chat.ids,
        loss_mask: chat.learned,
    };
    let is_usable = example.ids.len() <= recipe.max_tokens && example.num_learned() > 0;
    Ok(is_usable.then_some(example))
}

/// The chat with as many of the best memories as fit. It may be too long even with none.
pub(crate) fn fit(recipe: &ExampleRecipe<'_>, source: ExampleSource<'_>) -> Result<Fitted> {
    check_leaks(source)?;
    let mut hits = affordable(recipe, source.memories)?;
    loop {
        let chat = encode(recipe, source.trajectory, &hits).with_context(|| {
            format!(
                "Could not turn the trajectory {:?} into tokens",
                source.trajectory.id.as_str()
            )
        })?;
        if chat.ids.len() <= recipe.max_tokens || !forget_worst(&mut hits) {
            return Ok(Fitted {
                chat,
                num_dropped_memories: source.memories.len() - hits.len(),
            });
        }
    }
}

/// An adapter that saw the answer while it trained learns to copy, and its scores mean nothing.
fn check_leaks(source: ExampleSource<'_>) -> Result<()> {
    let guard = LeakGuard::for_training(source.trajectory);
    for hit in source.memories {
        ensure!(
            !guard.blocks(&hit.experience.trajectory),
            "The trajectory {:?} would have seen itself or a twin, {:?}, among its memories. \
             Training was not started; rebuild the memories with the leak guard on",
            source.trajectory.id.as_str(),
            hit.experience.id.as_str(),
        );
    }
    Ok(())
}

/// The best memories that together stay within the token budget of the retrieval.
fn affordable(recipe: &ExampleRecipe<'_>, hits: &[Hit]) -> Result<Vec<Hit>> {
    let Some(retrieval) = recipe.retrieval else {
        return Ok(Vec::new());
    };
    let mut hits = hits.to_vec();
    if retrieval.token_budget == 0 {
        return Ok(hits);
    }
    let num_tokens = |hits: &[Hit]| -> Result<usize> {
        hits.iter()
            .map(|hit| prompt::memory(&hit.experience.trajectory, retrieval.format))
            .map(|text| recipe.tokens.count_tokens(&text))
            .sum()
    };
    while num_tokens(&hits)? > retrieval.token_budget && forget_worst(&mut hits) {}
    Ok(hits)
}

/// Takes out the memory with the worst rank, wherever it stands; `false` when there is none.
fn forget_worst(hits: &mut Vec<Hit>) -> bool {
    let worst = hits.iter().enumerate().max_by_key(|(_, hit)| hit.rank);
    let worst = worst.map(|(place, _)| place);
    worst.map(|place| hits.remove(place)).is_some()
}

fn encode(
    recipe: &ExampleRecipe<'_>,
    trajectory: &Trajectory,
    hits: &[Hit],
) -> Result<EncodedChat> {
    let format = recipe.retrieval.map(|r| r.format).unwrap_or_default();
    let system = prompt::system_prompt(recipe.action_templates, hits, format);
    let messages = prompt::chat(&system, trajectory, 0, trajectory.num_steps());
    let chat = recipe.tokens.encode_chat(&messages)?;
    ensure!(
        chat.ids.len() == chat.learned.len(),
        "The loss mask does not cover the chat"
    );
    Ok(chat)
}
