//! An episode that begins in the middle of another one.

use anyhow::{Context as _, Result, ensure};

use lore_core::{Environment, LanguageModel, MemoryUse, Step, StopToken, Trajectory};

use super::{Episode, Play};
use crate::decide::{Decision, decide};
use crate::memory::{MemoryBlock, MemorySource};
use crate::together::Seat;

/// What an episode begins with: the first steps of one that was recorded.
#[derive(Clone, Debug)]
pub struct Opening<'a> {
    /// The one that was recorded.
    pub recorded: &'a Trajectory,
    /// Steps of it that are taken again; the next one is the agent's own.
    pub num_steps: usize,
    /// The system prompt of that step. Later ones are made anew where retrieval is dynamic.
    pub system_prompt: String,
    /// The memories in it, best first.
    pub memories: Vec<MemoryUse>,
    /// What the agent does in that step, whatever it would decide.
    pub action: Option<String>,
}

/// Brings the world to where the recorded episode stood and lets the agent play on to the end, telling
/// `watch` the number of steps after each of its own. `None` when `stop` was asked for before the end.
///
/// With the seed, the model and the prompts of the recorded episode, what follows is what followed.
///
/// # Errors
/// When the world answers otherwise than it did, since nothing could be learned from another game; and
/// when the model or the retrieval fails. A world that fails later on ends the episode.
pub fn play_on(
    seat: Seat<'_>,
    opening: &Opening<'_>,
    model: &mut dyn LanguageModel,
    watch: &mut dyn FnMut(usize),
    stop: &StopToken,
) -> Result<Option<Trajectory>> {
    let mut env = seat.env;
    let config = seat.play.config;
    let mut episode = Episode::resume(env.as_mut(), model, seat.memory, seat.play, opening)?;
    let mut chosen = opening.action.clone();
    while episode.is_open() {
        if stop.is_stopped() {
            return Ok(None);
        }
        let question = episode.ask(env.as_mut(), model)?;
        let decision = match chosen.take() {
            Some(action) => Decision {
                action,
                ..Decision::default()
            },
            None => decide(model, config, question.situation())?,
        };
        episode.act(env.as_mut(), question, decision);
        watch(episode.num_steps());
    }
    Ok(Some(episode.close()))
}

impl<'a, 'm> Episode<'a, 'm> {
    /// An episode after the steps of the opening.
    fn resume(
        env: &mut dyn Environment,
        model: &dyn LanguageModel,
        memory: Option<MemorySource<'m>>,
        play: Play<'a>,
        opening: &Opening<'_>,
    ) -> Result<Self> {
        let recorded = opening.recorded;
        ensure!(
            opening.num_steps <= recorded.steps.len(),
            "The episode has only {} steps.",
            recorded.steps.len()
        );
        let observation = env.reset().context("The world could not begin the task.")?;
        ensure!(
            observation == recorded.initial_observation,
            "The world begins this task differently than when the episode was played, so there is nothing \
             to play on from. It now begins with: {observation}"
        );
        let mut episode = Self::after(observation, env, model, memory, play);
        for step in &recorded.steps[..opening.num_steps] {
            episode.take_again(env, step)?;
        }
        episode.take_up(opening);
        Ok(episode)
    }

    /// Takes a recorded step again and keeps its record, if the world answers what it answered.
    fn take_again(&mut self, env: &mut dyn Environment, step: &Step) -> Result<()> {
        let number = self.num_steps() + 1;
        let outcome = env
            .step(&step.action)
            .with_context(|| format!("The world failed when step {number} was taken again."))?;
        ensure!(
            outcome.observation == step.observation && outcome.end.is_none(),
            "The world answers step {number} ({:?}) differently than when the episode was played, so there \
             is nothing to play on from. It now answers: {}",
            step.action,
            outcome.observation
        );
        self.loops.note(&step.action, &step.observation);
        if let Some(trace) = &step.trace {
            self.window.start = trace.history_start as usize;
        }
        self.record.steps.push(step.clone());
        Ok(())
    }

    /// Puts the opening's memory block in force.
    fn take_up(&mut self, opening: &Opening<'_>) {
        self.block = MemoryBlock {
            system_prompt: opening.system_prompt.clone(),
            memories: opening.memories.clone(),
        };
        self.first_own = opening.num_steps;
        let Some(last) = opening.num_steps.checked_sub(1) else {
            self.trace.system_prompt = self.block.system_prompt.clone();
            self.trace.memories = self.block.memories.clone();
            return;
        };
        // The steps that were taken again keep the prompts they had.
        let recorded = opening.recorded;
        if let Some(trace) = &recorded.trace {
            self.trace.system_prompt.clone_from(&trace.system_prompt);
            self.trace.memories.clone_from(&trace.memories);
        }
        self.untold = recorded.system_prompt_at(last) != Some(&self.block.system_prompt)
            || recorded.memories_at(last) != self.block.memories;
    }
}
