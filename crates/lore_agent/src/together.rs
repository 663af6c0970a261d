//! Episodes side by side.
//!
//! A model that answers several prompts at once reads its weights once for all of them: sixteen
//! episodes take a fraction of the time that they take one after the other. What happens in an
//! episode does not depend on those beside it.

use anyhow::Result;

use lore_core::{Environment, LanguageModel, Step, StopToken, Trajectory};

use crate::decide::decide_all;
use crate::episode::Episode;
use crate::recording::Recording;
use crate::{MemorySource, Play, parse_action};

/// An episode that is about to be played.
pub struct Seat<'a> {
    /// The world, with its task.
    pub env: Box<dyn Environment>,
    /// Where its memories come from.
    pub memory: Option<MemorySource<'a>>,
    /// How it is played.
    pub play: Play<'a>,
    /// What is done, step by step, whatever the agent decides; empty for an agent that acts itself. See
    /// [`Seat::along`].
    pub script: Vec<String>,
}

impl<'a> Seat<'a> {
    /// An agent that is led along a recorded episode: in each step it sees what it would have seen, and
    /// [`decided`] tells what it would have done. Then goes on what was recorded.
    pub fn along(
        recorded: Trajectory,
        templates: Vec<String>,
        memory: Option<MemorySource<'a>>,
        play: Play<'a>,
    ) -> Self {
        let steps = recorded.steps.iter();
        Self {
            script: steps.map(|step| step.action.clone()).collect(),
            env: Box::new(Recording::new(recorded, templates)),
            memory,
            play,
        }
    }
}

/// What the agent would have done in a step of an episode that it was led along.
pub fn decided(step: &Step) -> String {
    let written = step.trace.as_ref().and_then(|trace| trace.raw.as_deref());
    parse_action(written.unwrap_or(&step.action))
}

/// An episode that is being played.
struct Table<'a> {
    env: Box<dyn Environment>,
    episode: Episode<'a, 'a>,
    script: Vec<String>,
}

/// What is told while episodes are played.
#[derive(Clone, Debug, PartialEq)]
pub enum Played {
    /// Every open episode went a step further; together they have this many now.
    Round {
        /// Steps of the episodes that are still open.
        num_steps: usize,
    },
    /// An episode ended.
    Episode(Box<Trajectory>),
}

/// Plays every episode that `next` gives, up to `num_seats` of them side by side, and tells `watch` of
/// every round and of each that ends. False when `stop` was asked for before all had ended; half an episode is no
/// result.
///
/// # Errors
/// When the model or a retrieval fails, or `next` or `watch` does.
pub fn run_episodes<'a>(
    next: &mut dyn FnMut() -> Result<Option<Seat<'a>>>,
    num_seats: usize,
    model: &mut dyn LanguageModel,
    watch: &mut dyn FnMut(Played) -> Result<()>,
    stop: &StopToken,
) -> Result<bool> {
    let mut tables: Vec<Table<'a>> = Vec::new();
    let mut are_more = true;
    loop {
        while are_more && tables.len() < num_seats.max(1) {
            match next()? {
                Some(seat) => tables.push(Table::open(seat, model)?),
                None => are_more = false,
            }
        }
        for table in tables.extract_if(.., |table| !table.episode.is_open()) {
            watch(Played::Episode(Box::new(table.episode.close())))?;
        }
        if stop.is_stopped() {
            return Ok(tables.is_empty() && !are_more);
        }
        if !tables.is_empty() {
            step(&mut tables, model)?;
            let num_steps = tables.iter().map(|table| table.episode.num_steps()).sum();
            watch(Played::Round { num_steps })?;
        } else if !are_more {
            return Ok(true);
        }
    }
}

impl<'a> Table<'a> {
    fn open(seat: Seat<'a>, model: &dyn LanguageModel) -> Result<Self> {
        let mut env = seat.env;
        let episode = Episode::begin(env.as_mut(), model, seat.memory, seat.play)?;
        Ok(Self {
            env,
            episode,
            script: seat.script,
        })
    }
}

/// One step of every episode.
fn step(tables: &mut [Table<'_>], model: &mut dyn LanguageModel) -> Result<()> {
    let mut questions = Vec::with_capacity(tables.len());
    for table in tables.iter_mut() {
        questions.push(table.episode.ask(table.env.as_mut(), model)?);
    }
    let situations: Vec<_> = tables
        .iter()
        .zip(&questions)
        .map(|(table, question)| (table.episode.config(), question.situation()))
        .collect();
    let decisions = decide_all(model, &situations)?;
    for (table, (question, decision)) in tables.iter_mut().zip(questions.into_iter().zip(decisions))
    {
        let decision = match table.script.get(table.episode.num_steps()) {
            Some(action) => decision.doing(action),
            None => decision,
        };
        table.episode.act(table.env.as_mut(), question, decision);
    }
    Ok(())
}
