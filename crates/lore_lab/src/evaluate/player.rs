//! Everything that stays loaded while a run plays.

use anyhow::{Context as _, Result};

use lore_agent::{MemorySource, Play, run_episode};
use lore_core::{AdapterId, BankAtTest, BankInfo, LeakGuard, RetrievalConfig, Trajectory};
use lore_env::World;
use lore_llm::ChatModel;
use lore_protocol::EvaluateWork;

use super::served::served;
use super::summary::{TestTask, episode_seed};
use crate::memories::{self, BankMemories};
use crate::{Job, models};

/// Everything needed to play.
pub(super) struct Player<'a> {
    work: &'a EvaluateWork,
    model: ChatModel,
    memories: Option<(BankMemories, BankInfo)>,
}

impl<'a> Player<'a> {
    /// Loads the model, and for arms that retrieve the bank and its embedder.
    pub(super) fn load(job: &Job<'_>, work: &'a EvaluateWork) -> Result<Self> {
        let model = models::chat(job.data, &work.model, work.adapter.as_ref())?;
        let retrieves =
            work.arm.retrieval && work.retrieval.k > 0 && work.bank_at_test != BankAtTest::Empty;
        let memories = retrieves
            .then(|| {
                let bank = work.bank.as_ref().context(
                    "This arm uses past episodes, but no experience bank was chosen for it.",
                )?;
                let memories = memories::open(job.data, bank)?;
                let info = memories.bank().info()?;
                anyhow::Ok((memories, info))
            })
            .transpose()?;
        Ok(Self {
            work,
            model,
            memories,
        })
    }

    /// Plays one task; `None` when a stop was asked for.
    pub(super) fn play(
        &mut self,
        job: &Job<'_>,
        world: &dyn World,
        test: &TestTask,
    ) -> Result<Option<Trajectory>> {
        let work = self.work;
        let mut env = world
            .open(&test.task.id)
            .with_context(|| format!("Could not open the game {:?}.", test.task.goal))?;
        let play = Play {
            config: &work.agent,
            seed: episode_seed(work.seed, &test.task.id),
            source: &work.arm.name,
            adapter: work.adapter.as_ref().map(AdapterId::as_str),
        };
        let retrieval: &RetrievalConfig = &work.retrieval;
        let memory = self.memories.as_mut().and_then(|(memories, info)| {
            let filter = served(
                work.bank_at_test,
                test.split,
                &info.task_types,
                &work.unseen_types,
                &retrieval.filter,
            )?;
            Some(MemorySource {
                retriever: memories,
                config: retrieval,
                filter,
                guard: LeakGuard::for_task(&test.task),
            })
        });
        run_episode(env.as_mut(), &mut self.model, memory, &play, job.stop)
    }
}
