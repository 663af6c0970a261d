//! Everything that stays loaded while a run plays.

use std::cell::RefCell;

use anyhow::{Context as _, Result};

use lore_agent::{MemorySource, Play, Seat, run_episodes};
use lore_core::{AdapterId, BankAtTest, BankInfo, DataDir, LeakGuard, RetrievalConfig, StopToken};
use lore_env::World;
use lore_llm::{ChatModel, MAX_LANES};
use lore_protocol::EvaluateWork;

use super::Watch;
use super::served::served;
use super::summary::{TestTask, episode_seed};
use crate::memories::{self, BankMemories, Shared};
use crate::models;

/// Everything needed to play.
pub(crate) struct Player<'a> {
    work: &'a EvaluateWork,
    model: ChatModel,
    memories: Option<(RefCell<BankMemories>, BankInfo)>,
}

impl<'a> Player<'a> {
    /// Loads the model, and for arms that retrieve the bank and its embedder.
    pub(crate) fn load(data: &DataDir, work: &'a EvaluateWork) -> Result<Self> {
        let model = models::chat(data, &work.model, work.adapter.as_ref())?;
        Self::with_model(data, work, model)
    }

    /// The same with a model at hand.
    pub(crate) fn with_model(
        data: &DataDir,
        work: &'a EvaluateWork,
        model: ChatModel,
    ) -> Result<Self> {
        let retrieves =
            work.arm.retrieval && work.retrieval.k > 0 && work.bank_at_test != BankAtTest::Empty;
        let memories = retrieves
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
            model,
            memories,
        })
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
            model,
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
        run_episodes(&mut next, MAX_LANES, model, watch, stop)
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
