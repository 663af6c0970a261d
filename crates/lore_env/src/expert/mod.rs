//! A scripted expert: where the experience of the bank comes from when nobody has any yet.
//!
//! **Invariant:** it acts on what an agent could act on. It never sees the state of a game.

mod goal;
mod memory;
mod policy;

use anyhow::{Context as _, Result};
use lore_core::{Environment, EpisodeEnd, Step, Trajectory};

pub use policy::Expert;

/// Plays the task of `environment` from its start, for at most `max_steps` actions. The steps hold
/// the admissible actions they were chosen from.
pub fn play_expert(environment: &mut dyn Environment, max_steps: usize) -> Result<Trajectory> {
    let task = environment.task().clone();
    let context = || format!("Could not play the task {}", task.id);
    let mut expert = Expert::new(&task);
    let initial = environment.reset().with_context(context)?;
    let mut observation = initial.clone();
    let mut steps = Vec::new();
    let mut end = EpisodeEnd::Truncated;
    while steps.len() < max_steps {
        let admissible = environment.admissible_actions();
        let Some(action) = expert.act(&observation, &admissible) else {
            break;
        };
        let outcome = environment.step(&action).with_context(context)?;
        observation.clone_from(&outcome.observation);
        steps.push(Step {
            action,
            observation: outcome.observation,
            reward: outcome.reward,
            admissible,
            trace: None,
        });
        if let Some(reached) = outcome.end {
            end = reached;
            break;
        }
    }
    Ok(Trajectory::new(task, "expert", initial, steps, end))
}
