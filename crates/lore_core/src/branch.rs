//! Counterfactuals: what an agent would have done in a step, and where that would have led.

use serde::{Deserialize, Serialize};

use crate::{
    AdapterId, AgentConfig, BankAtTest, BankId, ExperienceId, MemoryUse, ModelId, RetrievalConfig,
    TrajectoryId, WorldSpec, prompt,
};

/// What is different from how an episode was played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Nothing.
    #[default]
    Nothing,
    /// The agent is not reminded of anything.
    NoMemories,
    /// One memory is missing.
    WithoutMemory {
        /// The experience.
        experience: ExperienceId,
    },
    /// Another adapter of the same model acts.
    Adapter {
        /// Which; the model as it is when absent.
        adapter: Option<AdapterId>,
    },
}

impl Change {
    /// The system prompt of a step with the change. `remembered` gives an experience as
    /// [`prompt::remembered`] writes it; `None` when it has none, or the prompt does not hold it.
    pub fn system_prompt(
        &self,
        system: &str,
        remembered: impl FnOnce(&ExperienceId) -> Option<String>,
    ) -> Option<String> {
        match self {
            Self::Nothing | Self::Adapter { .. } => Some(system.to_owned()),
            Self::NoMemories => Some(prompt::without_memories(system).to_owned()),
            Self::WithoutMemory { experience } => {
                prompt::without_memory(system, &remembered(experience)?)
            }
        }
    }

    /// Those memories of a step that are left.
    pub fn memories(&self, memories: &[MemoryUse]) -> Vec<MemoryUse> {
        let stays = |memory: &&MemoryUse| match self {
            Self::Nothing | Self::Adapter { .. } => true,
            Self::NoMemories => false,
            Self::WithoutMemory { experience } => memory.experience != *experience,
        };
        memories.iter().filter(stays).cloned().collect()
    }
}

/// Where an episode that was played on from a step of another one comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchOrigin {
    /// The other one.
    pub trajectory: TrajectoryId,
    /// The first step that is the branch's own, counted from 0; the steps before it are the other's.
    pub step: u32,
    /// What is different from that step on.
    pub change: Change,
    /// What a person had the agent do in that step, if it did not decide itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

/// How an episode was played, beside its task, its seed and its adapter: with these it can be played
/// on, wherever its record was copied to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaySetup {
    /// The model, by its name in this program.
    pub model: ModelId,
    /// The bank that memories came from; absent for agents that are not reminded of anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<BankId>,
    /// How memories were found and written.
    pub retrieval: RetrievalConfig,
    /// What of the bank served the episode.
    pub bank_at_test: BankAtTest,
    /// The rules.
    pub agent: AgentConfig,
    /// Whose task it was.
    pub world: WorldSpec,
    /// Task types that training never saw.
    pub unseen_types: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(id: &str) -> MemoryUse {
        MemoryUse {
            experience: id.into(),
            goal: String::new(),
            task_type: String::new(),
            success: true,
            score: 0.0,
            rank: 0,
            num_tokens: 1,
        }
    }

    #[test]
    fn a_change_says_what_is_left_of_a_prompt() {
        let system = "Act.\n\n# Past episodes that reached their goal\n\na\n\nb";
        let memories = [memory("a"), memory("b")];
        let check = |change: &Change, prompt: &str, left: &[&str]| {
            let changed = change.system_prompt(system, |id| Some(id.to_string()));
            assert_eq!(changed.as_deref(), Some(prompt));
            let kept = change.memories(&memories);
            let kept: Vec<&str> = kept.iter().map(|one| one.experience.as_str()).collect();
            assert_eq!(kept, left);
        };
        let without = |id: &str| Change::WithoutMemory {
            experience: id.into(),
        };
        check(&Change::Nothing, system, &["a", "b"]);
        check(&Change::Adapter { adapter: None }, system, &["a", "b"]);
        check(&Change::NoMemories, "Act.", &[]);
        let one = "Act.\n\n# Past episodes that reached their goal\n\nb";
        check(&without("a"), one, &["b"]);
        let gone = without("a").system_prompt(system, |_| None);
        assert_eq!(gone, None, "the bank does not have it any more");
        let other = without("c").system_prompt(system, |id| Some(id.to_string()));
        assert_eq!(other, None, "it does not stand in the prompt");
    }
}
