//! Asking an agent what it would have done, where the world of the records is not at hand.

use serde::{Deserialize, Serialize};

use lore_core::{AdapterId, BankId, DatasetId, ModelId, RetrievalConfig};

use crate::MachineSpeed;
use crate::estimate::SIDE_BY_SIDE;

/// See [`crate::Work::Agreement`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgreementWork {
    /// The base model.
    pub model: ModelId,
    /// The adapter, if the agent has one.
    pub adapter: Option<AdapterId>,
    /// The bank, if the agent is reminded of anything.
    pub bank: Option<BankId>,
    /// Retrieval, for agents with a bank.
    pub retrieval: RetrievalConfig,
    /// Whose successful episodes; those that the adapter learned from are left out.
    pub dataset: DatasetId,
    /// Episodes at most, spread evenly over the task types.
    pub max_trajectories: usize,
    /// The seed that picks them: the same one picks the same for every agent that learned from none.
    pub seed: u64,
}

/// Tokens of the instructions of a text world.
const TOKENS_OF_INSTRUCTIONS: f64 = 150.0;

/// Tokens of an action.
const TOKENS_OF_ACTION: f64 = 8.0;

/// Seconds it takes to ask in every step of an episode of so many tokens, with so many tokens of memories
/// in the prompt. Nothing is read twice: a prompt begins with the one of the step before.
pub fn estimate_agreement(
    num_steps: f64,
    tokens_of_episode: f64,
    memories: f64,
    speed: MachineSpeed,
) -> f64 {
    let read = TOKENS_OF_INSTRUCTIONS + memories + tokens_of_episode;
    let written = num_steps * TOKENS_OF_ACTION / SIDE_BY_SIDE;
    read / speed.prefill_tokens_per_sec + written / speed.decode_tokens_per_sec
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_episodes_and_memories_take_longer() {
        let speed = MachineSpeed::guess(135_000_000, 4);
        let plain = estimate_agreement(10.0, 400.0, 0.0, speed);
        assert!(plain > 0.0);
        assert!(estimate_agreement(10.0, 400.0, 500.0, speed) > plain);
        assert!(estimate_agreement(20.0, 400.0, 0.0, speed) > plain);
        assert!(
            estimate_agreement(10.0, 400.0, 0.0, MachineSpeed::guess(1_700_000_000, 4)) > plain
        );
    }
}
