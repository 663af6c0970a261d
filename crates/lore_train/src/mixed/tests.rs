//! Examples of a mix, in words.

use std::collections::BTreeSet;

use lore_core::testing::experience;
use lore_core::{EpisodeEnd, Hit, MemoryCount, Message, RetrievalConfig, StopToken, Trajectory};
use lore_llm::{EncodedChat, Weights};

use super::*;
use crate::example::{ChatTokens, build_examples};
use crate::testing::{Listener, WordTokens, hit, tiny_config, tiny_weights};
use crate::train::{TrainJob, TrainOutcome, train};

fn of_type(task_type: &str, goal: &str) -> Experience {
    let mut experience = experience(goal, EpisodeEnd::Success);
    task_type.clone_into(&mut experience.trajectory.task.task_type);
    experience
}

/// Two episodes of two types, two memories each.
fn episodes() -> Vec<(Trajectory, Vec<Hit>)> {
    let episode = |kind: &str| {
        let memory = |rank: u32| Hit {
            rank,
            ..hit(of_type(kind, &format!("{kind}-memory-{rank}")))
        };
        let own = of_type(kind, &format!("{kind} it"));
        (own.trajectory, (0..2).map(memory).collect())
    };
    vec![episode("pick"), episode("heat")]
}

fn config(memory_mix: MemoryMix) -> TrainConfig {
    TrainConfig {
        retrieval: Some(RetrievalConfig::default()),
        memory_mix,
        ..TrainConfig::default()
    }
}

fn sources<'a>(
    tokens: &'a dyn ChatTokens,
    config: &'a TrainConfig,
    episodes: &'a [(Trajectory, Vec<Hit>)],
) -> Vec<MixedSource<'a>> {
    let recipe = ExampleRecipe {
        tokens,
        action_templates: &[],
        retrieval: config.retrieval.as_ref(),
        max_tokens: 1000,
    };
    let of = |(trajectory, memories): &'a (Trajectory, Vec<Hit>)| MixedSource {
        recipe,
        source: ExampleSource {
            trajectory,
            memories,
        },
    };
    episodes.iter().map(of).collect()
}

/// The memories that stand in the prompt of example `index` in each of the first passes.
fn goals(mix: MemoryMix, index: usize) -> Vec<Vec<String>> {
    let (tokens, config, episodes) = (WordTokens::default(), config(mix), episodes());
    let sources = sources(&tokens, &config, &episodes);
    let mixed = MixedExamples::new(&config, sources).expect("sound");
    let mixed = mixed.expect("not the default");
    let of_pass = |pass| {
        let example = mixed.example(Place { pass, index }).expect("fits");
        let words = example.ids.iter().map(|id| tokens.token_text(*id));
        let is_goal = |word: &str| word.contains("-memory-");
        let mut goals: Vec<String> = Vec::new();
        for word in words.filter(|word| is_goal(word)) {
            let start = word.find("pick-").or_else(|| word.find("heat-"));
            let goal: String = word[start.expect("a goal")..].chars().take(13).collect();
            if goals.last() != Some(&goal) {
                goals.push(goal);
            }
        }
        goals
    };
    (0..40).map(of_pass).collect()
}

#[test]
fn without_a_mix_or_memories_there_is_nothing_to_render_anew() -> Result<()> {
    let (tokens, episodes) = (WordTokens::default(), episodes());
    let plain = config(MemoryMix::default());
    assert!(MixedExamples::new(&plain, sources(&tokens, &plain, &episodes))?.is_none());
    let mut without_memories = config(MemoryMix {
        without: 0.5,
        ..MemoryMix::default()
    });
    without_memories.retrieval = None;
    let sources = sources(&tokens, &without_memories, &episodes);
    assert!(MixedExamples::new(&without_memories, sources)?.is_none());
    Ok(())
}

#[test]
fn passes_differ_in_what_they_show() {
    let mix = MemoryMix {
        without: 0.3,
        shuffled: true,
        ..MemoryMix::default()
    };
    let passes = goals(mix, 0);
    let distinct: BTreeSet<Vec<String>> = passes.iter().cloned().collect();
    let (first, second) = ("pick-memory-0".to_owned(), "pick-memory-1".to_owned());
    let expected = [
        vec![],
        vec![first.clone(), second.clone()],
        vec![second, first],
    ];
    assert_eq!(distinct, expected.into_iter().collect());
    assert_eq!(passes, goals(mix, 0), "the same seed draws the same");
}

#[test]
fn unrelated_memories_are_those_of_other_examples() {
    let mix = MemoryMix {
        unrelated: 1.0,
        ..MemoryMix::default()
    };
    for pass in goals(mix, 1) {
        assert_eq!(pass.len(), 2);
        assert!(
            pass.iter().all(|goal| goal.starts_with("pick-")),
            "{pass:?}"
        );
    }
}

#[test]
fn unrelated_memories_need_a_second_task_type() {
    let (tokens, episodes) = (WordTokens::default(), episodes());
    let config = config(MemoryMix {
        unrelated: 0.1,
        ..MemoryMix::default()
    });
    let of_one_type = sources(&tokens, &config, &episodes[..1]);
    let error = MixedExamples::new(&config, of_one_type).expect_err("nothing is unrelated");
    assert!(error.to_string().contains("one task type"), "{error}");
}

#[test]
fn the_fingerprint_follows_what_was_found() -> Result<()> {
    let (tokens, mut episodes) = (WordTokens::default(), episodes());
    let config = config(MemoryMix {
        shuffled: true,
        ..MemoryMix::default()
    });
    let of = |episodes: &[(Trajectory, Vec<Hit>)]| -> Result<String> {
        let mixed = MixedExamples::new(&config, sources(&tokens, &config, episodes))?;
        Ok(mixed.expect("a mix").fingerprint())
    };
    let before = of(&episodes)?;
    assert_eq!(before, of(&episodes)?);
    episodes[1].1.pop();
    assert_ne!(before, of(&episodes)?);
    Ok(())
}

/// Words as tokens of a model that knows few: some share one.
struct Folded(WordTokens, usize);

impl ChatTokens for Folded {
    fn encode_chat(&self, messages: &[Message]) -> Result<EncodedChat> {
        let mut chat = self.0.encode_chat(messages)?;
        for id in &mut chat.ids {
            *id %= self.1 as u32;
        }
        Ok(chat)
    }

    fn count_tokens(&self, text: &str) -> Result<usize> {
        self.0.count_tokens(text)
    }

    fn token_text(&self, id: u32) -> String {
        self.0.token_text(id)
    }
}

/// Trains on the episodes, once without a stop and once with; both must end the same.
fn trained(weights: &Weights, config: &TrainConfig) -> Result<TrainOutcome> {
    let tokens = Folded(WordTokens::default(), weights.config.vocab_size);
    let episodes = episodes();
    let sources = sources(&tokens, config, &episodes);
    let recipe = sources[0].recipe;
    let built = build_examples(&recipe, sources.iter().map(|source| source.source))?;
    assert_eq!(built.places, [0, 1]);
    let mixed = MixedExamples::new(config, sources)?;
    let (straight, broken) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut job = TrainJob {
        weights,
        base_name: "tiny",
        examples: &built.examples,
        mixed: mixed.as_ref(),
        config,
        checkpoints: straight.path(),
        memory_budget: u64::MAX,
        crew: None,
    };
    let outcome = train(&job, &mut Listener::default(), &StopToken::new())?;
    job.checkpoints = broken.path();
    let stop = StopToken::new();
    train(&job, &mut Listener::stopping_at(3, &stop), &stop)?;
    let resumed = train(&job, &mut Listener::default(), &StopToken::new())?;
    assert_eq!(resumed, outcome, "a stop changes nothing");
    Ok(outcome)
}

#[test]
fn a_mixed_training_is_another_one_and_a_stop_does_not_change_it() -> Result<()> {
    let weights = tiny_weights();
    let mix = MemoryMix {
        without: 0.3,
        count: MemoryCount::FromNone,
        shuffled: true,
        unrelated: 0.5,
    };
    let config = |memory_mix| TrainConfig {
        retrieval: Some(RetrievalConfig::default()),
        memory_mix,
        ..tiny_config()
    };
    let (plain, mixed) = (config(MemoryMix::default()), config(mix));
    let outcome = trained(&weights, &mixed)?;
    assert_ne!(outcome, trained(&weights, &plain)?);
    let other_seed = TrainConfig { seed: 1, ..mixed };
    assert_ne!(outcome, trained(&weights, &other_seed)?);
    Ok(())
}
