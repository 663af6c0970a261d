//! Everything that stays loaded while a run plays.

use std::cell::RefCell;

use anyhow::{Context as _, Error, Result};

use lore_agent::{MemorySource, Opening, Play, Played, Seat, play_on, run_episodes};
use lore_core::{
    AdapterId, BankAtTest, BankInfo, Change, DataDir, LanguageModel, LeakGuard, PlaySetup,
    RetrievalConfig, StopToken, Trajectory, TrajectoryId,
};
use lore_env::World;
use lore_llm::{ChatModel, MAX_LANES};
use lore_protocol::{ApiError, EvaluateWork};

use super::Watch;
use super::served::served;
use super::summary::{TestTask, episode_seed};
use crate::memories::{self, BankMemories, Shared};
use crate::served_model::ServedChat;
use crate::{LabOptions, models};

/// Who plays.
enum Actor {
    Here(Box<ChatModel>),
    OnServer(Box<ServedChat>),
}

impl Actor {
    fn model(&mut self) -> &mut dyn LanguageModel {
        match self {
            Self::Here(model) => model.as_mut(),
            Self::OnServer(model) => model.as_mut(),
        }
    }

    /// How many episodes it plays side by side.
    fn num_seats(&self) -> usize {
        match self {
            Self::Here(_) => MAX_LANES,
            Self::OnServer(model) => model.info().at_once,
        }
    }
}

/// Everything needed to play.
pub(crate) struct Player<'a> {
    work: &'a EvaluateWork,
    actor: Actor,
    memories: Option<(RefCell<BankMemories>, BankInfo)>,
}

impl<'a> Player<'a> {
    /// Loads the model, or gets ready to ask a server, and for arms that retrieve the bank and its embedder.
    pub(crate) fn load(
        data: &DataDir,
        options: &LabOptions,
        work: &'a EvaluateWork,
        stop: &StopToken,
    ) -> Result<Self> {
        let (id, adapter) = (&work.model, work.adapter.as_ref());
        if !id.is_served() {
            return Self::with_model(data, work, models::chat(data, id, adapter)?);
        }
        let key = options.server_key.as_ref();
        let model = ServedChat::open(data, id, adapter, key, stop)?;
        Self::with_actor(data, work, Actor::OnServer(Box::new(model)))
    }

    /// The same with a model at hand.
    pub(crate) fn with_model(
        data: &DataDir,
        work: &'a EvaluateWork,
        model: ChatModel,
    ) -> Result<Self> {
        Self::with_actor(data, work, Actor::Here(Box::new(model)))
    }

    fn with_actor(data: &DataDir, work: &'a EvaluateWork, actor: Actor) -> Result<Self> {
        let memories = retrieves(work)
            .then(|| {
                let bank = work.bank.as_ref().context(
                    "This arm uses past episodes, but no experience bank was chosen for it.",
                )?;
                let memories = memories::open(data, bank)?;
                let info = memories.bank().info()?;
                anyhow::Ok((RefCell::new(memories), info))
            })
            .transpose()?;
        Ok(Self {
            work,
            actor,
            memories,
        })
    }

    /// What is worth knowing about how it was played, in sentences.
    pub(crate) fn notes(&self) -> Vec<String> {
        match &self.actor {
            Actor::Here(_) => Vec::new(),
            Actor::OnServer(model) => model.notes(),
        }
    }

    /// Plays the tasks side by side and hands over each episode as it ends; false when a stop was
    /// asked for before all had ended.
    pub(crate) fn play(
        &mut self,
        world: &dyn World,
        tests: &[&TestTask],
        watch: &mut Watch<'_>,
        stop: &StopToken,
    ) -> Result<bool> {
        let Self {
            work,
            actor,
            memories,
        } = self;
        // Each episode asks the one bank in its turn.
        let mut retrievers: Vec<Option<Shared<'_>>> = tests
            .iter()
            .map(|_| memories.as_ref().map(|(memories, _)| Shared(memories)))
            .collect();
        let info = memories.as_ref().map(|(_, info)| info);
        let mut waiting = tests.iter().zip(&mut retrievers);
        let mut next = || {
            let Some((test, retriever)) = waiting.next() else {
                return Ok(None);
            };
            let memory = retriever
                .as_mut()
                .zip(info)
                .and_then(|(retriever, info)| memory_source(work, test, retriever, info));
            let env = world
                .open(&test.task.id)
                .with_context(|| format!("Could not open the game {:?}.", test.task.goal))?;
            let play = Play {
                config: &work.agent,
                seed: episode_seed(work.seed, &test.task.id),
                source: &work.arm.name,
                adapter: work.adapter.as_ref().map(AdapterId::as_str),
            };
            Ok(Some(Seat {
                env,
                memory,
                play,
                script: Vec::new(),
            }))
        };
        let setup = setup(work);
        let mut watch = |mut played: Played| {
            if let Played::Episode(trajectory) = &mut played {
                note(trajectory, &setup);
            }
            watch(played)
        };
        let (num_seats, model) = (actor.num_seats(), actor.model());
        match run_episodes(&mut next, num_seats, model, &mut watch, stop) {
            // Whoever waited for a server was woken up to stop.
            Err(_) if stop.is_stopped() => Ok(false),
            played => played.map_err(to_the_point),
        }
    }

    /// Plays an episode on, and tells `watch` its steps so far; `None` when a stop was asked for before
    /// it had ended.
    pub(crate) fn play_on(
        &mut self,
        world: &dyn World,
        opening: &Opening<'_>,
        change: &Change,
        watch: &mut dyn FnMut(usize),
        stop: &StopToken,
    ) -> Result<Option<Trajectory>> {
        let work = self.work;
        let recorded = opening.recorded;
        let test = TestTask::of(recorded.task.clone(), work);
        let (mut retriever, info) = match &self.memories {
            Some((memories, info)) => (Some(Shared(memories)), Some(info)),
            None => (None, None),
        };
        let memory = retriever.as_mut().zip(info);
        let mut memory = memory.and_then(|(it, info)| memory_source(work, &test, it, info));
        if let (Some(memory), Change::WithoutMemory { experience }) = (&mut memory, change) {
            memory.guard.trajectory = Some(TrajectoryId(experience.0.clone()));
        }
        let env = world
            .open(&recorded.task.id)
            .with_context(|| format!("Could not open the game {:?}.", recorded.task.goal))?;
        let play = Play {
            config: &work.agent,
            seed: recorded
                .trace
                .as_ref()
                .map_or(work.seed, |trace| trace.seed),
            source: &work.arm.name,
            adapter: work.adapter.as_ref().map(AdapterId::as_str),
        };
        let seat = Seat {
            env,
            memory,
            play,
            script: Vec::new(),
        };
        let model = self.actor.model();
        let mut branch = match play_on(seat, opening, model, watch, stop) {
            Err(_) if stop.is_stopped() => None,
            played => played.map_err(to_the_point)?,
        };
        if let Some(branch) = &mut branch {
            note(branch, &setup(work));
        }
        Ok(branch)
    }
}

/// What a server did wrong says more than what it was asked for.
fn to_the_point(error: Error) -> Error {
    match error.downcast_ref::<ApiError>().cloned() {
        Some(sentence) => error.context(sentence),
        None => error,
    }
}

/// True for work that looks for memories.
fn retrieves(work: &EvaluateWork) -> bool {
    work.arm.retrieval && work.retrieval.k > 0 && work.bank_at_test != BankAtTest::Empty
}

/// What of the work is needed to play an episode on.
fn setup(work: &EvaluateWork) -> PlaySetup {
    PlaySetup {
        model: work.model.clone(),
        bank: work.bank.clone().filter(|_| work.arm.retrieval),
        retrieval: work.retrieval.clone(),
        bank_at_test: work.bank_at_test,
        agent: work.agent.clone(),
        world: work.world.clone(),
        unseen_types: work.unseen_types.clone(),
    }
}

/// Notes on an episode's record how it was played.
fn note(trajectory: &mut Trajectory, setup: &PlaySetup) {
    if let Some(trace) = &mut trajectory.trace {
        trace.setup = Some(Box::new(setup.clone()));
    }
}

/// What a task may retrieve, if anything.
fn memory_source<'a>(
    work: &'a EvaluateWork,
    test: &TestTask,
    retriever: &'a mut Shared<'_>,
    info: &BankInfo,
) -> Option<MemorySource<'a>> {
    let config: &RetrievalConfig = &work.retrieval;
    let filter = served(
        work.bank_at_test,
        test.split,
        &info.task_types,
        &work.unseen_types,
        &config.filter,
    )?;
    Some(MemorySource {
        retriever,
        config,
        filter,
        guard: LeakGuard::for_task(&test.task),
    })
}
