//! From a trajectory and its memories to tokens with a loss mask.

use anyhow::{Context as _, Result, ensure};

use lore_core::{Hit, LeakGuard, Message, RetrievalConfig, Trajectory, TrajectoryId, prompt};
use lore_llm::{BaseModel, EncodedChat};

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
    /// The memories of its system prompt, best first; empty for plain LoRA.
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
    for source in sources {
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
    let mut hits = affordable(recipe, source.memories)?.to_vec();
    loop {
        let chat = encode(recipe, source.trajectory, &hits).with_context(|| {
            format!(
                "Could not turn the trajectory {:?} into tokens",
                source.trajectory.id.as_str()
            )
        })?;
        if chat.ids.len() <= recipe.max_tokens || hits.pop().is_none() {
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

/// The best memories that stay within the token budget of the retrieval.
fn affordable<'a>(recipe: &ExampleRecipe<'_>, hits: &'a [Hit]) -> Result<&'a [Hit]> {
    let Some(retrieval) = recipe.retrieval else {
        return Ok(&[]);
    };
    if retrieval.token_budget == 0 {
        return Ok(hits);
    }
    let mut spent = 0;
    for (index, hit) in hits.iter().enumerate() {
        let text = prompt::memory(&hit.experience.trajectory, retrieval.format);
        spent += recipe.tokens.count_tokens(&text)?;
        if spent > retrieval.token_budget {
            return Ok(&hits[..index]);
        }
    }
    Ok(hits)
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

#[cfg(test)]
mod tests {
    use lore_core::testing::{experience, task, trajectory};
    use lore_core::{EpisodeEnd, Role};

    use super::*;
    use crate::testing::{WordTokens, hit};

    const STEPS: [(&str, &str); 2] = [("go desk", "You see a lamp."), ("use lamp", "It shines.")];

    fn recipe<'a>(
        tokens: &'a WordTokens,
        retrieval: Option<&'a RetrievalConfig>,
        max_tokens: usize,
    ) -> ExampleRecipe<'a> {
        ExampleRecipe {
            tokens,
            action_templates: &[],
            retrieval,
            max_tokens,
        }
    }

    fn learned_text(tokens: &WordTokens, example: &Example) -> String {
        let learned = example.ids.iter().zip(&example.loss_mask);
        let words = learned.filter(|(_, mask)| **mask);
        words.map(|(id, _)| tokens.token_text(*id) + " ").collect()
    }

    #[test]
    fn actions_and_the_ends_of_their_turns_are_learned() -> Result<()> {
        let tokens = WordTokens::default();
        let trajectory = trajectory(task("t"), &STEPS, EpisodeEnd::Success);
        let source = ExampleSource {
            trajectory: &trajectory,
            memories: &[],
        };
        let example = build_example(&recipe(&tokens, None, 500), source)?.expect("fits");
        assert_eq!(
            learned_text(&tokens, &example),
            "go desk <end> use lamp <end> "
        );
        assert_eq!(example.num_learned(), 6);
        Ok(())
    }

    #[test]
    fn the_worst_memory_goes_first_then_the_example() -> Result<()> {
        let tokens = WordTokens::default();
        let retrieval = RetrievalConfig::default();
        let trajectory = trajectory(task("t"), &STEPS, EpisodeEnd::Success);
        let hits: Vec<Hit> = ["first memory", "second memory"]
            .iter()
            .map(|goal| hit(experience(goal, EpisodeEnd::Success)))
            .collect();
        let source = ExampleSource {
            trajectory: &trajectory,
            memories: &hits,
        };
        let len = |memories| -> Result<usize> {
            let recipe = recipe(&tokens, Some(&retrieval), usize::MAX);
            Ok(fit(&recipe, ExampleSource { memories, ..source })?
                .chat
                .ids
                .len())
        };
        let (none, both) = (len(&[])?, len(&hits)?);
        assert!(none < both);

        let built = build_examples(&recipe(&tokens, Some(&retrieval), both - 1), [source])?;
        assert_eq!(built.num_dropped_memories, 1);
        let text: Vec<String> = built.examples[0]
            .ids
            .iter()
            .map(|id| tokens.token_text(*id))
            .collect();
        let text = text.join(" ");
        assert!(
            text.contains("first memory") && !text.contains("second memory"),
            "{text}"
        );

        let error = build_examples(&recipe(&tokens, Some(&retrieval), none - 1), [source])
            .expect_err("nothing is left");
        assert!(error.to_string().contains("nothing to learn"), "{error}");
        Ok(())
    }

    #[test]
    fn a_token_budget_limits_memories() -> Result<()> {
        let tokens = WordTokens::default();
        let hits = [hit(experience("a memory", EpisodeEnd::Success))];
        let trajectory = trajectory(task("t"), &STEPS, EpisodeEnd::Success);
        let source = ExampleSource {
            trajectory: &trajectory,
            memories: &hits,
        };
        for (token_budget, dropped) in [(0, 0), (2, 1), (1000, 0)] {
            let retrieval = RetrievalConfig {
                token_budget,
                ..RetrievalConfig::default()
            };
            let built = build_examples(&recipe(&tokens, Some(&retrieval), 1000), [source])?;
            assert_eq!(built.num_dropped_memories, dropped);
        }
        Ok(())
    }

    #[test]
    fn a_trajectory_never_sees_its_twin() {
        let tokens = WordTokens::default();
        let retrieval = RetrievalConfig::default();
        let experience = experience("the same", EpisodeEnd::Success);
        let trajectory = experience.trajectory.clone();
        let memories = [hit(experience)];
        let source = ExampleSource {
            trajectory: &trajectory,
            memories: &memories,
        };
        let error =
            build_examples(&recipe(&tokens, Some(&retrieval), 1000), [source]).expect_err("a leak");
        assert!(error.to_string().contains("twin"), "{error}");
    }

    #[test]
    fn an_episode_without_actions_is_counted_and_a_set_of_them_refused() -> Result<()> {
        let tokens = WordTokens::default();
        let empty = trajectory(task("e"), &[], EpisodeEnd::Truncated);
        let full = trajectory(task("f"), &STEPS, EpisodeEnd::Success);
        let source = |trajectory| ExampleSource {
            trajectory,
            memories: &[],
        };
        let recipe = recipe(&tokens, None, 1000);
        let built = build_examples(&recipe, [source(&empty), source(&full)])?;
        assert_eq!((built.examples.len(), built.num_without_actions), (1, 1));
        assert!(build_examples(&recipe, [source(&empty)]).is_err());
        let painted = crate::paint(&recipe, source(&full))?;
        assert_eq!(painted.num_learned, 6);
        let learned = painted.tokens.iter().filter(|token| token.learned);
        assert!(learned.clone().count() == 6 && learned.clone().all(|t| t.role == Role::Assistant));
        Ok(())
    }
}
