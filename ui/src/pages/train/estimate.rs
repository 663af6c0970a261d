//! What a training will take, said before it starts.

use lore_core::{DatasetInfo, ModelInfo};
use lore_protocol::{
    MachineSpeed, MetricPoint, estimate_episode, estimate_training, estimate_training_memory,
    num_training_steps, tokens_of_memories, tokens_per_pass,
};

use super::form::Form;

/// Tokens of a step of a text world, action and observation, and of the first observation with the
/// instructions; means over the generator's expert episodes.
const TOKENS_PER_STEP: f64 = 34.0;
const TOKENS_OF_PROMPT: f64 = 260.0;

/// What a training will take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    /// Trajectories that are trained on.
    pub(super) num_examples: u64,
    /// Optimiser steps.
    pub(super) num_steps: u64,
    /// Tokens of a typical example, memories included.
    pub(super) tokens_per_example: f64,
    /// Seconds.
    pub(super) secs: f64,
    /// The most memory, in bytes.
    pub(super) memory_bytes: u64,
    /// True when the speed was measured on this machine.
    pub(super) measured: bool,
}

/// The machine that a training would run on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    /// Threads that work.
    pub(super) threads: usize,
    /// Bytes of memory that are free.
    pub(super) free_memory: u64,
    /// Tokens trained on in a second, where it was measured.
    pub(super) speed: Option<f64>,
}

impl Machine {
    /// What a training may take: it leaves a fifth of what is free to everything else.
    fn memory_budget(self) -> u64 {
        self.free_memory / 5 * 4
    }
}

/// What `form` would take on `dataset`. `tokens` is the length of a real example, where one was cut into tokens.
pub(super) fn cost(
    form: &Form,
    dataset: &DatasetInfo,
    model: &ModelInfo,
    machine: Machine,
    tokens: Option<usize>,
) -> Cost {
    let num_examples = form.num_examples(dataset);
    let own = tokens.map_or_else(|| guess_tokens(dataset), |tokens| tokens as f64);
    let (mean, most) = num_memories(form);
    let tokens = |num| (own + tokens_of_memories(num, own)).min(form.config.max_tokens as f64);
    let (tokens_per_example, longest) = (tokens(mean), tokens(most));
    let mut speed = MachineSpeed::guess(model.num_parameters, machine.threads);
    if let Some(measured) = machine.speed {
        speed.train_tokens_per_sec = measured;
        speed.measured = true;
    }
    let num_steps = num_training_steps(&form.config, num_examples);
    let shown = tokens_of_memories(most, own);
    Cost {
        num_examples,
        num_steps,
        tokens_per_example,
        secs: estimate_training(&form.config, num_examples, tokens_per_example, speed)
            + secs_of_trials(form, num_steps, shown, speed),
        memory_bytes: estimate_training_memory(
            model.num_parameters,
            form.config.base.base_bytes(model, machine.memory_budget()),
            tokens_per_pass(&form.config, longest),
        ),
        measured: speed.measured,
    }
}

/// Memories of a typical example, and of one that shows all.
fn num_memories(form: &Form) -> (f64, f64) {
    if !form.with_memory {
        return (0.0, 0.0);
    }
    let most = form.retrieval.k;
    (form.config.memory_mix.mean_count(most), most as f64)
}

/// Seconds that trials on the way take.
fn secs_of_trials(form: &Form, num_steps: u64, memories: f64, speed: MachineSpeed) -> f64 {
    let trials = form.trials;
    let episodes = trials.count(num_steps) * trials.num_tasks as u64;
    episodes as f64 * estimate_episode(&form.trial_agent(), memories, speed)
}

fn guess_tokens(dataset: &DatasetInfo) -> f64 {
    let steps = dataset.num_steps as f64 / dataset.num_items.max(1) as f64;
    TOKENS_OF_PROMPT + steps * TOKENS_PER_STEP
}

/// The middle of a series: robust against a slow first step.
pub(super) fn median(points: &[MetricPoint]) -> Option<f64> {
    let mut values: Vec<f64> = points.iter().map(|point| point.value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::{BaseForm, TypeCount};

    fn dataset() -> DatasetInfo {
        DatasetInfo {
            num_items: 10,
            num_steps: 100,
            types: vec![TypeCount {
                name: "heat".into(),
                count: 10,
                successes: 10,
            }],
            ..DatasetInfo::default()
        }
    }

    #[test]
    fn memories_and_slower_machines_cost_time() {
        let model = ModelInfo {
            num_parameters: 135_000_000,
            ..ModelInfo::default()
        };
        let mut form = Form::default();
        let on = |speed| Machine {
            threads: 2,
            free_memory: u64::MAX,
            speed: Some(speed),
        };
        let fast = cost(&form, &dataset(), &model, on(400.0), None);
        let slow = cost(&form, &dataset(), &model, on(200.0), None);
        assert!((slow.secs / fast.secs - 2.0).abs() < 1e-9);
        form.with_memory = true;
        let memory = cost(&form, &dataset(), &model, on(400.0), None);
        assert!(memory.secs > fast.secs && memory.memory_bytes > fast.memory_bytes);
        form.trials.num_tasks = 4;
        let tried = cost(&form, &dataset(), &model, on(400.0), None);
        assert!(tried.secs > memory.secs && tried.num_steps == memory.num_steps);
        form.trials.num_tasks = 0;
        form.config.memory_mix.without = 0.5;
        let mixed = cost(&form, &dataset(), &model, on(400.0), None);
        assert!(mixed.secs < memory.secs && mixed.secs > fast.secs);
        assert_eq!(mixed.memory_bytes, memory.memory_bytes);
        form.config.base = BaseForm::Stored;
        let stored = cost(&form, &dataset(), &model, on(400.0), None);
        assert!(stored.memory_bytes < memory.memory_bytes);
        form.config.packing = true;
        let packed = cost(&form, &dataset(), &model, on(400.0), None);
        assert_eq!(packed.memory_bytes, stored.memory_bytes, "one a batch");
        form.config.batch_size = 4;
        let packed = cost(&form, &dataset(), &model, on(400.0), None);
        assert!(packed.memory_bytes > stored.memory_bytes);
    }

    #[test]
    fn one_slow_step_does_not_move_the_median() {
        let points: Vec<MetricPoint> = [5.0, 400.0, 410.0, 405.0]
            .into_iter()
            .map(|value| MetricPoint { step: 0, value })
            .collect();
        assert_eq!(median(&points), Some(405.0));
        assert_eq!(median(&[]), None);
    }
}
