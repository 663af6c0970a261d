//! Episodes that were played on from a step of another one.

use serde::{Deserialize, Serialize};

use lore_core::{
    AdapterId, Arm, BankAtTest, BranchOrigin, Change, EpisodeEnd, JobId, RetrievalMode, TaskPlan,
    Trajectory, TrajectoryId, Variation,
};

use crate::{EvaluateWork, Source};

/// See [`crate::Work::Branch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchWork {
    /// Where the other episode stands.
    pub source: Source,
    /// From where on, and what is different.
    pub origin: BranchOrigin,
    /// How it is played on, the change included. Of its tasks and its seed nothing is used: both are
    /// the other episode's.
    pub play: EvaluateWork,
}

/// Stands after the name of who acted in a branch.
const BRANCH: &str = " (branch)";

impl BranchWork {
    /// Plays on what was played as `played` says.
    pub fn new(source: Source, origin: BranchOrigin, played: EvaluateWork) -> Self {
        let mut play = played;
        if !play.arm.name.ends_with(BRANCH) {
            play.arm.name.push_str(BRANCH);
        }
        if let Change::Adapter { adapter } = &origin.change {
            play.adapter.clone_from(adapter);
        }
        // Memories that are looked for once stand in the episode's prompt; no bank is needed for them.
        let looks_again = play.retrieval.mode == RetrievalMode::Dynamic;
        if !looks_again || origin.change == Change::NoMemories {
            play.bank_at_test = BankAtTest::Empty;
        }
        Self {
            source,
            origin,
            play,
        }
    }
}

impl EvaluateWork {
    /// How an episode was played, by its own record; `None` for those that no model played here.
    pub fn of_episode(episode: &Trajectory) -> Option<Self> {
        let trace = episode.trace.as_ref()?;
        let setup = trace.setup.as_deref()?;
        Some(Self {
            arm: Arm {
                id: "episode".to_owned(),
                name: episode.source.clone(),
                lora_with_memory: None,
                retrieval: setup.bank.is_some(),
                variation: Variation::default(),
                model: None,
            },
            seed: trace.seed,
            model: setup.model.clone(),
            adapter: trace.adapter.clone().map(AdapterId),
            bank: setup.bank.clone(),
            retrieval: setup.retrieval.clone(),
            bank_at_test: setup.bank_at_test,
            agent: setup.agent.clone(),
            world: setup.world.clone(),
            unseen_types: setup.unseen_types.clone(),
            tasks: TaskPlan::default(),
        })
    }
}

/// A branch, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchInfo {
    /// The job that played it; it stands there, as in [`Source::Run`].
    pub job: JobId,
    /// Which trajectory it is.
    pub trajectory: TrajectoryId,
    /// From where on, and what is different.
    pub origin: BranchOrigin,
    /// How it ended.
    pub end: EpisodeEnd,
    /// Its steps, those before the branch included.
    pub num_steps: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::ExperimentSpec;

    fn work(mode: RetrievalMode, change: Change) -> BranchWork {
        let spec = ExperimentSpec::default();
        let mut played = EvaluateWork {
            arm: spec.arms[4].clone(),
            seed: 1,
            model: spec.model,
            adapter: Some("own".into()),
            bank: Some("bank".into()),
            retrieval: spec.retrieval,
            bank_at_test: BankAtTest::All,
            agent: spec.agent,
            world: spec.world,
            unseen_types: Vec::new(),
            tasks: spec.tasks,
        };
        played.retrieval.mode = mode;
        let origin = BranchOrigin {
            trajectory: "t".into(),
            step: 2,
            change,
            action: None,
        };
        let source = Source::Bank { id: "bank".into() };
        BranchWork::new(source, origin, played)
    }

    #[test]
    fn a_branch_looks_for_memories_only_where_they_may_change() {
        let served = |mode, change| work(mode, change).play.bank_at_test;
        let (once, again) = (RetrievalMode::Static, RetrievalMode::Dynamic);
        assert_eq!(served(once, Change::Nothing), BankAtTest::Empty);
        assert_eq!(served(again, Change::Nothing), BankAtTest::All);
        assert_eq!(served(again, Change::NoMemories), BankAtTest::Empty);
    }

    #[test]
    fn a_branch_is_played_with_the_adapter_of_its_change() {
        let adapter = |change| work(RetrievalMode::Static, change).play.adapter;
        assert_eq!(adapter(Change::NoMemories), Some("own".into()));
        assert_eq!(adapter(Change::Adapter { adapter: None }), None);
        let other = Some(AdapterId::from("other"));
        let change = Change::Adapter {
            adapter: other.clone(),
        };
        assert_eq!(adapter(change), other);
    }

    #[test]
    fn a_branch_of_a_branch_is_named_once() {
        let first = work(RetrievalMode::Static, Change::Nothing);
        assert_eq!(first.play.arm.name, "ExpRAG-LoRA (branch)");
        let again = BranchWork::new(first.source, first.origin, first.play);
        assert_eq!(again.play.arm.name, "ExpRAG-LoRA (branch)");
    }
}
