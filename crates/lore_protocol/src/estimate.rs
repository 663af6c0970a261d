//! What a job will take, said before it starts.

use serde::{Deserialize, Serialize};

use lore_core::{ActionMode, AgentConfig, Arm, BankAtTest, ExperimentSpec, TrainConfig};

/// How fast this machine runs a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineSpeed {
    /// Prompt tokens read in a second.
    pub prefill_tokens_per_sec: f64,
    /// Tokens written in a second, one episode at a time.
    pub decode_tokens_per_sec: f64,
    /// Tokens trained on in a second, forward and backward.
    pub train_tokens_per_sec: f64,
    /// True when measured here, false when guessed from the model's size.
    pub measured: bool,
}

impl MachineSpeed {
    /// A guess from the size of the model and the number of threads, used until there is a
    /// measurement. A core is taken to do 60 GFLOP/s and to read 8 GB/s.
    pub fn guess(num_parameters: u64, threads: usize) -> Self {
        let parameters = (num_parameters as f64).max(1e6);
        let cores = threads.max(1) as f64;
        let flops = 60e9 * cores;
        Self {
            prefill_tokens_per_sec: flops / (2.0 * parameters),
            decode_tokens_per_sec: (8e9 * cores / (2.0 * parameters)).min(200.0),
            train_tokens_per_sec: flops / (5.0 * parameters),
            measured: false,
        }
    }
}

/// What something will take.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Seconds in all.
    pub secs: f64,
    /// Where the seconds go; empty while the model is missing, when nothing can be said.
    pub parts: Vec<EstimatePart>,
    /// The most memory at any time, in bytes.
    pub memory_bytes: u64,
    /// What it leaves on disk, in bytes.
    pub disk_bytes: u64,
    /// True when it rests on measurements of this machine.
    pub measured: bool,
    /// Reasons why it cannot or should not be started, one sentence each.
    pub problems: Vec<String>,
}

/// A part of an estimate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EstimatePart {
    /// What.
    pub title: String,
    /// How long, in seconds.
    pub secs: f64,
}

/// How much faster actions are written when many episodes are played side by side.
pub(crate) const SIDE_BY_SIDE: f64 = 3.0;

/// Tokens of all possible actions of a step together, as a mean over generated games in small rooms.
const CANDIDATE_TOKENS: f64 = 110.0;

/// Tokens of possible actions that are read to find the likeliest one: 12 to 20 in official games, where a
/// step has 28 possible actions.
const PICKED_TOKENS: f64 = 16.0;

/// Seconds of a step that a server decides: one for the answer, eight episodes side by side.
const SERVED_STEP_SECS: f64 = 1.0 / 8.0;

/// Tokens of a typical trajectory, system prompt without memories included. Small generated rooms
/// make shorter ones; the figures are means over the generator's expert episodes.
fn tokens_per_trajectory(spec: &ExperimentSpec) -> f64 {
    match spec.world {
        lore_core::WorldSpec::Generated { small: true, .. } => 420.0,
        _ => 1100.0,
    }
}

/// Tokens that `num` memories take beside a trajectory of so many: no instructions, but marks of a chat.
pub fn tokens_of_memories(num: f64, tokens_per_trajectory: f64) -> f64 {
    num * tokens_per_trajectory * 0.8
}

/// Optimiser steps of a training on so many examples.
pub fn num_training_steps(config: &TrainConfig, num_examples: u64) -> u64 {
    let batch = config.batch_size.max(1) as u64;
    let by_epochs = (config.epochs * num_examples as f64 / batch as f64).ceil() as u64;
    match config.max_steps {
        0 => by_epochs,
        limit => by_epochs.min(limit),
    }
}

/// Seconds of one training.
pub fn estimate_training(
    config: &TrainConfig,
    num_examples: u64,
    tokens_per_example: f64,
    speed: MachineSpeed,
) -> f64 {
    let batch = config.batch_size.max(1) as u64;
    let steps = num_training_steps(config, num_examples);
    let tokens = tokens_per_example.min(config.max_tokens as f64);
    steps as f64 * batch as f64 * tokens / speed.train_tokens_per_sec
}

/// Seconds of an episode whose prompt holds so many tokens of memories.
pub fn estimate_episode(agent: &AgentConfig, memories: f64, speed: MachineSpeed) -> f64 {
    // An untrained model rarely ends early, so the step limit is what to reckon with.
    let steps = agent.max_steps as f64;
    let prompt = 150.0 + memories + steps * 35.0;
    let acting = match agent.action_mode {
        ActionMode::Generate => 8.0 / (speed.decode_tokens_per_sec * SIDE_BY_SIDE),
        // Candidates are read like a prompt.
        ActionMode::Choose if agent.rates_all => CANDIDATE_TOKENS / speed.prefill_tokens_per_sec,
        ActionMode::Choose => PICKED_TOKENS / speed.prefill_tokens_per_sec,
    };
    prompt / speed.prefill_tokens_per_sec + steps * acting
}

/// Seconds, memory and disk of a whole experiment on a model of `num_parameters`.
pub fn estimate_experiment(
    spec: &ExperimentSpec,
    num_parameters: u64,
    speed: MachineSpeed,
) -> Estimate {
    let trajectory = tokens_per_trajectory(spec);
    let k = spec.retrieval.k;
    let memories = tokens_of_memories(k as f64, trajectory);
    let seeds = spec.seeds.len().max(1) as f64;
    let plays = |arm| spec.seeds_of(arm).len().max(1) as f64;
    let num_seen_types = 6usize.saturating_sub(spec.unseen_types.len()).max(1);
    // What a person typed need not make sense yet, and is reckoned all the same.
    let examples = spec.tasks.train_per_type.saturating_mul(num_seen_types) as u64;
    let mut parts = vec![EstimatePart {
        title: "Collect and remember".into(),
        secs: 15.0,
    }];
    for (index, arm) in spec.arms.iter().enumerate() {
        let earlier = &spec.arms[..index];
        let Some(with_memory) = arm.lora_with_memory else {
            continue;
        };
        if earlier.iter().any(|other| other.shares_adapter(arm)) {
            continue;
        }
        let (title, shown, in_training) = if with_memory {
            let mean = spec.memory_mix_of(arm).mean_count(k);
            let in_training = tokens_of_memories(mean, trajectory);
            ("Train ExpRAG-LoRA", memories, in_training)
        } else {
            ("Train LoRA", 0.0, 0.0)
        };
        let trials = spec.trials.count(num_training_steps(&spec.train, examples));
        let tried = trials as f64 * spec.trials.num_tasks as f64;
        let secs = estimate_training(&spec.train, examples, trajectory + in_training, speed)
            + tried * estimate_episode(&spec.agent, shown, speed);
        parts.push(EstimatePart {
            title: title.into(),
            secs: secs * seeds,
        });
    }
    let episodes = spec.tasks.seen_test as f64 + spec.tasks.unseen_test as f64;
    for arm in &spec.arms {
        let memory = tokens_of_memories(num_memories(spec, arm) as f64, trajectory);
        let secs = if arm.model.is_some() {
            spec.agent.max_steps as f64 * SERVED_STEP_SECS
        } else {
            estimate_episode(&spec.agent, memory, speed)
        };
        parts.push(EstimatePart {
            title: format!("Play with {}", arm.name),
            secs: episodes * secs * plays(arm),
        });
    }
    let runs: f64 = spec.arms.iter().map(plays).sum();
    let longest = (trajectory + memories).min(spec.train.max_tokens as f64);
    Estimate {
        secs: parts.iter().map(|part| part.secs).sum(),
        parts,
        memory_bytes: estimate_training_memory(
            num_parameters,
            // Playing takes the unpacked weights even where training does not.
            num_parameters.saturating_mul(4),
            tokens_per_pass(&spec.train, longest),
        ),
        disk_bytes: (20e6 + episodes * runs * 30e3) as u64,
        measured: speed.measured,
        problems: Vec::new(),
    }
}

/// Memories that an episode of an arm is shown.
fn num_memories(spec: &ExperimentSpec, arm: &Arm) -> usize {
    let bank = arm.variation.bank_at_test.unwrap_or(spec.bank_at_test);
    if !arm.retrieval || bank == BankAtTest::Empty {
        return 0;
    }
    arm.variation.k.unwrap_or(spec.retrieval.k)
}

/// Tokens that go through the model at once, for examples of so many tokens.
pub fn tokens_per_pass(config: &TrainConfig, tokens_per_example: f64) -> f64 {
    if config.packing {
        let batch = config.batch_size as f64 * tokens_per_example;
        batch.min(config.max_tokens as f64).max(tokens_per_example)
    } else {
        tokens_per_example
    }
}

/// The most memory of a training, in bytes: the base model's weights, activations of the longest pass (in
/// tokens), and what every process has.
pub fn estimate_training_memory(num_parameters: u64, base_bytes: u64, longest_pass: f64) -> u64 {
    let activations = longest_pass * (num_parameters as f64).sqrt() * 60.0;
    base_bytes
        .saturating_add(activations as u64)
        .saturating_add(300_000_000)
}

#[cfg(test)]
mod tests {
    use lore_core::{MemoryCount, Preset};

    use super::*;

    #[test]
    fn fewer_memories_make_a_training_shorter_and_its_longest_example_no_smaller() {
        let mut spec = ExperimentSpec::preset(Preset::Laptop);
        let speed = MachineSpeed::guess(135_000_000, 4);
        let all = estimate_experiment(&spec, 135_000_000, speed);
        spec.train.memory_mix.without = 0.5;
        spec.train.memory_mix.count = MemoryCount::FromNone;
        let mixed = estimate_experiment(&spec, 135_000_000, speed);
        let secs = |estimate: &Estimate, title: &str| {
            let part = estimate.parts.iter().find(|part| part.title == title);
            part.expect("an arm of every experiment").secs
        };
        let with_memories = "Train ExpRAG-LoRA";
        assert!(secs(&mixed, with_memories) < secs(&all, with_memories));
        assert!(secs(&mixed, with_memories) > secs(&mixed, "Train LoRA"));
        for same in ["Train LoRA", "Play with ExpRAG-LoRA"] {
            assert!(
                (secs(&mixed, same) - secs(&all, same)).abs() < 1e-9,
                "{same}"
            );
        }
        assert_eq!(mixed.memory_bytes, all.memory_bytes);
    }

    #[test]
    fn steps_follow_from_epochs_until_the_limit() {
        let mut config = TrainConfig {
            epochs: 3.0,
            batch_size: 4,
            max_steps: 0,
            ..TrainConfig::default()
        };
        assert_eq!(
            num_training_steps(&config, 10),
            8,
            "30 examples in batches of 4"
        );
        config.max_steps = 5;
        assert_eq!(num_training_steps(&config, 10), 5);
    }

    #[test]
    fn trials_take_their_time() {
        let mut spec = ExperimentSpec::preset(Preset::Smoke);
        let speed = MachineSpeed::guess(135_000_000, 4);
        let without = estimate_experiment(&spec, 135_000_000, speed);
        spec.trials.num_tasks = 6;
        let with = estimate_experiment(&spec, 135_000_000, speed);
        let steps = num_training_steps(&spec.train, 1000);
        let tried = (spec.trials.count(steps) * 6) as f64;
        let one = estimate_episode(&spec.agent, 0.0, speed);
        // Both recipes try their adapters, one of them with memories.
        assert!(with.secs - without.secs >= 2.0 * tried * one);
        assert!(with.secs - without.secs < 20.0 * tried * one);
    }
}
