//! The memory block: what is retrieved, what fits, and what it costs.

use anyhow::{Context as _, Result};

use lore_core::{
    Filter, Hit, LanguageModel, LeakGuard, MemoryUse, Message, RetrievalConfig, RetrievalMode,
    Retriever, Trajectory, prompt,
};

/// Where the memories of an episode come from.
pub struct MemorySource<'a> {
    /// Finds them.
    pub retriever: &'a mut dyn Retriever,
    /// How many, when, how they are written, and how much they may cost.
    pub config: &'a RetrievalConfig,
    /// What may be retrieved; replaces [`RetrievalConfig::filter`], because only the caller knows
    /// which part of the bank serves the tested task.
    pub filter: Filter,
    /// What must not be retrieved.
    pub guard: LeakGuard,
}

impl MemorySource<'_> {
    /// True when the memories must be looked for again before every action.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.config.mode == RetrievalMode::Dynamic
    }

    /// The best experiences for the situation, best first.
    fn retrieve(&mut self, so_far: &Trajectory) -> Result<Vec<Hit>> {
        if self.config.k == 0 {
            return Ok(Vec::new());
        }
        let query = self
            .config
            .query(so_far, self.filter.clone(), self.guard.clone());
        let mut hits = self
            .retriever
            .retrieve(&query)
            .context("Could not look for similar past episodes in the experience bank.")?;
        hits.retain(|hit| !self.guard.blocks(&hit.experience.trajectory));
        hits.truncate(self.config.k);
        Ok(hits)
    }
}

/// A system prompt and the memories that stand in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MemoryBlock {
    /// The system prompt as sent.
    pub system_prompt: String,
    /// The memories, best first.
    pub memories: Vec<MemoryUse>,
}

impl MemoryBlock {
    /// The block for the situation `so_far`: retrieved, cut to the token budget of the retrieval, then to
    /// `room` tokens of system prompt and first observation together. The worst memories go first.
    pub(crate) fn build(
        source: Option<&mut MemorySource<'_>>,
        model: &dyn LanguageModel,
        templates: &[String],
        so_far: &Trajectory,
        room: usize,
    ) -> Result<Self> {
        let Some(source) = source else {
            return Ok(Self {
                system_prompt: prompt::instructions(templates),
                memories: Vec::new(),
            });
        };
        let mut hits = source.retrieve(so_far)?;
        let format = source.config.format;
        let mut costs: Vec<usize> = hits
            .iter()
            .map(|hit| model.count_tokens(&prompt::memory(&hit.experience.trajectory, format)))
            .collect();
        cut_to_budget(&mut hits, &mut costs, source.config.token_budget);
        loop {
            let system_prompt = prompt::system_prompt(templates, &hits, format);
            let head = [
                Message::system(system_prompt.clone()),
                Message::user(so_far.initial_observation.clone()),
            ];
            if hits.is_empty() || model.count_chat_tokens(&head)? <= room {
                let memories = hits
                    .iter()
                    .zip(&costs)
                    .map(|(hit, cost)| MemoryUse::of(hit, *cost))
                    .collect();
                return Ok(Self {
                    system_prompt,
                    memories,
                });
            }
            hits.pop();
            costs.pop();
        }
    }
}

/// Drops memories from the worst up until `costs` add up to no more than `budget`; 0 means no limit.
fn cut_to_budget(hits: &mut Vec<Hit>, costs: &mut Vec<usize>, budget: usize) {
    if budget == 0 {
        return;
    }
    while costs.iter().sum::<usize>() > budget {
        hits.pop();
        costs.pop();
    }
}
