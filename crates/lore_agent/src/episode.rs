//! One episode, from reset to end.

mod opening;

use std::time::Instant;

use anyhow::Result;

use lore_core::{
    AgentConfig, Environment, EpisodeEnd, EpisodeTrace, LanguageModel, Message, Step, StepMemory,
    StepOutcome, StepTrace, StopToken, Trajectory,
};

use crate::decide::{Decision, Situation, decide};
use crate::loops::Loops;
use crate::memory::{MemoryBlock, MemorySource};
use crate::window::HistoryWindow;

pub use opening::{Opening, play_on};

/// How an episode is played and recorded.
#[derive(Clone, Debug)]
pub struct Play<'a> {
    /// The rules.
    pub config: &'a AgentConfig,
    /// The seed of sampling; each step draws its own from it.
    pub seed: u64,
    /// Who acts, for the record: an arm's name.
    pub source: &'a str,
    /// The adapter on the model, for the record.
    pub adapter: Option<&'a str>,
}

/// Plays the task of `env` to its end; `None` when `stop` was asked for in the middle, because half an
/// episode is no result.
///
/// # Errors
/// When the model or the retrieval fails. A world that fails ends the episode as
/// [`EpisodeEnd::EnvironmentError`], with what was played before.
pub fn run_episode(
    env: &mut dyn Environment,
    model: &mut dyn LanguageModel,
    memory: Option<MemorySource<'_>>,
    play: &Play<'_>,
    stop: &StopToken,
) -> Result<Option<Trajectory>> {
    let mut episode = Episode::begin(env, model, memory, play.clone())?;
    while episode.is_open() {
        if stop.is_stopped() {
            return Ok(None);
        }
        let question = episode.ask(env, model)?;
        let decision = decide(model, play.config, question.situation())?;
        episode.act(env, question, decision);
    }
    Ok(Some(episode.close()))
}

/// What the model is asked in a step.
pub(crate) struct Question {
    messages: Vec<Message>,
    /// What the world allows.
    admissible: Vec<String>,
    /// What the agent may pick from.
    candidates: Vec<String>,
    /// The seed of the step.
    seed: u64,
    new_memory: Option<Box<StepMemory>>,
    began: Instant,
}

impl Question {
    /// What a decision is made from.
    pub(crate) fn situation(&self) -> Situation<'_> {
        Situation {
            messages: &self.messages,
            admissible: &self.candidates,
            seed: self.seed,
        }
    }
}

/// An episode in the making.
pub(crate) struct Episode<'a, 'm> {
    play: Play<'a>,
    memory: Option<MemorySource<'m>>,
    templates: Vec<String>,
    /// The memory block in force.
    block: MemoryBlock,
    /// True while no step tells of the block, which is not the one before it.
    untold: bool,
    /// The first step that is the agent's own, and uses the block it finds.
    first_own: usize,
    window: HistoryWindow,
    loops: Loops,
    trace: EpisodeTrace,
    record: Trajectory,
    end: Option<EpisodeEnd>,
}

impl<'a, 'm> Episode<'a, 'm> {
    pub(crate) fn begin(
        env: &mut dyn Environment,
        model: &dyn LanguageModel,
        memory: Option<MemorySource<'m>>,
        play: Play<'a>,
    ) -> Result<Self> {
        let (observation, end) = match env.reset() {
            Ok(observation) => (observation, None),
            Err(error) => (world_failure(&error), Some(EpisodeEnd::EnvironmentError)),
        };
        let mut episode = Self::after(observation, env, model, memory, play);
        episode.end = end;
        if episode.end.is_none() {
            episode.remember(model)?;
            episode.trace.system_prompt = episode.block.system_prompt.clone();
            episode.trace.memories = episode.block.memories.clone();
        }
        Ok(episode)
    }

    /// An episode of which only the first observation is known.
    fn after(
        observation: String,
        env: &dyn Environment,
        model: &dyn LanguageModel,
        memory: Option<MemorySource<'m>>,
        play: Play<'a>,
    ) -> Self {
        Self {
            memory,
            templates: env.action_templates(),
            block: MemoryBlock::default(),
            untold: false,
            first_own: 0,
            window: HistoryWindow {
                start: 0,
                limit: prompt_limit(model, play.config),
            },
            loops: Loops::default(),
            trace: EpisodeTrace {
                seed: play.seed,
                model: model.name(),
                adapter: play.adapter.map(str::to_owned),
                ..EpisodeTrace::default()
            },
            record: Trajectory::new(
                env.task().clone(),
                play.source,
                observation,
                Vec::new(),
                EpisodeEnd::default(),
            ),
            end: None,
            play,
        }
    }

    /// The rules.
    pub(crate) fn config(&self) -> &'a AgentConfig {
        self.play.config
    }

    /// Steps so far.
    pub(crate) fn num_steps(&self) -> usize {
        self.record.num_steps()
    }

    /// True until the episode has ended or its steps are used up.
    pub(crate) fn is_open(&self) -> bool {
        self.end.is_none() && self.record.num_steps() < self.play.config.max_steps
    }

    /// Makes the memory block for the situation; true when it differs from the one in force.
    fn remember(&mut self, model: &dyn LanguageModel) -> Result<bool> {
        // A quarter of the prompt stays free for what happens after the first observation.
        let room = self.window.limit / 4 * 3;
        let block = MemoryBlock::build(
            self.memory.as_mut(),
            model,
            &self.templates,
            &self.record,
            room,
        )?;
        let differs = block != self.block;
        self.block = block;
        Ok(differs)
    }

    /// What the model is to decide next.
    pub(crate) fn ask(
        &mut self,
        env: &mut dyn Environment,
        model: &dyn LanguageModel,
    ) -> Result<Question> {
        let began = Instant::now();
        let new_memory = self.remember_anew(model)?;
        let messages = self
            .window
            .chat(model, &self.block.system_prompt, &self.record)?;
        let admissible = env.admissible_actions();
        let candidates = if self.play.config.leaves_loops {
            self.loops.leaving(&admissible)
        } else {
            admissible.clone()
        };
        Ok(Question {
            messages,
            admissible,
            candidates,
            seed: step_seed(self.play.seed, self.record.num_steps()),
            new_memory,
            began,
        })
    }

    /// Does what was decided.
    pub(crate) fn act(
        &mut self,
        env: &mut dyn Environment,
        question: Question,
        decision: Decision,
    ) {
        let outcome = env
            .step(&decision.action)
            .unwrap_or_else(|error| StepOutcome {
                observation: world_failure(&error),
                reward: 0.0,
                end: Some(EpisodeEnd::EnvironmentError),
            });
        self.end = outcome.end;
        self.loops.note(&decision.action, &outcome.observation);
        let trace = self.step_trace(&decision, question.new_memory, question.began);
        self.record.steps.push(Step {
            action: decision.action,
            observation: outcome.observation,
            reward: outcome.reward,
            admissible: question.admissible,
            trace: Some(trace),
        });
    }

    /// The memory block of this step if it is a new one: with dynamic retrieval, except in the first
    /// step that is the agent's own, which uses the block that was made before it.
    fn remember_anew(&mut self, model: &dyn LanguageModel) -> Result<Option<Box<StepMemory>>> {
        let mut is_new = std::mem::take(&mut self.untold);
        let dynamic = self.memory.as_ref().is_some_and(MemorySource::is_dynamic);
        if dynamic && self.record.steps.len() > self.first_own {
            is_new |= self.remember(model)?;
        }
        Ok(is_new.then(|| {
            Box::new(StepMemory {
                system_prompt: self.block.system_prompt.clone(),
                memories: self.block.memories.clone(),
            })
        }))
    }

    fn step_trace(
        &self,
        decision: &Decision,
        memory: Option<Box<StepMemory>>,
        began: Instant,
    ) -> StepTrace {
        StepTrace {
            prompt_tokens: decision.prompt_tokens,
            cached_tokens: decision.cached_tokens,
            completion_tokens: decision.completion_tokens,
            millis: began.elapsed().as_millis() as u64,
            raw: decision.raw.clone(),
            scored: decision.scored.clone(),
            history_start: self.window.start as u32,
            memory,
        }
    }

    /// The record.
    pub(crate) fn close(self) -> Trajectory {
        let Self {
            mut record,
            trace,
            end,
            play: _,
            memory: _,
            templates: _,
            block: _,
            untold: _,
            first_own: _,
            window: _,
            loops: _,
        } = self;
        record.end = end.unwrap_or(EpisodeEnd::Truncated);
        record.id = record.content_id();
        record.trace = Some(trace);
        record
    }
}

/// The longest prompt that leaves the model room to answer.
fn prompt_limit(model: &dyn LanguageModel, config: &AgentConfig) -> usize {
    let accepted = model
        .context_length()
        .saturating_sub(config.sampling.max_new_tokens);
    config.max_prompt_tokens.min(accepted)
}

fn world_failure(error: &anyhow::Error) -> String {
    format!("The world failed: {error:#}")
}

/// A seed of its own for every step (the finaliser of `SplitMix64`, Steele et al. 2014), so that equal
/// situations in one episode do not repeat one draw.
fn step_seed(seed: u64, step: usize) -> u64 {
    let mut z = seed.wrapping_add((step as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
