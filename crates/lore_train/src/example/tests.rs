//! Examples from chats in words.

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

#[test]
fn the_worst_memory_goes_first_wherever_it_stands() -> Result<()> {
    let tokens = WordTokens::default();
    let retrieval = RetrievalConfig::default();
    let trajectory = trajectory(task("t"), &STEPS, EpisodeEnd::Success);
    let hits = [1, 0].map(|rank| Hit {
        rank,
        ..hit(experience(&format!("memory-{rank}"), EpisodeEnd::Success))
    });
    let source = ExampleSource {
        trajectory: &trajectory,
        memories: &hits,
    };
    let all = fit(&recipe(&tokens, Some(&retrieval), usize::MAX), source)?;
    let shorter = recipe(&tokens, Some(&retrieval), all.chat.ids.len() - 1);
    let budget = RetrievalConfig {
        token_budget: tokens.count_tokens(&prompt::memory(
            &hits[0].experience.trajectory,
            retrieval.format,
        ))?,
        ..retrieval.clone()
    };
    for recipe in [shorter, recipe(&tokens, Some(&budget), usize::MAX)] {
        let fitted = fit(&recipe, source)?;
        assert_eq!(fitted.num_dropped_memories, 1);
        let words = fitted.chat.ids.iter().map(|id| tokens.token_text(*id));
        let text: Vec<String> = words.collect();
        let text = text.join(" ");
        assert!(
            text.contains("memory-0") && !text.contains("memory-1"),
            "{text}"
        );
    }
    Ok(())
}
