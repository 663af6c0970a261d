//! What a training learns from: trajectories and the memories shown ahead of them.

use anyhow::{Context as _, Result, ensure};

use lore_core::{
    BankAtTest, DataDir, Filter, Hit, LeakGuard, RetrievalConfig, RetrievalMode, Retriever,
    SplitKind, StopToken, Trajectory, Watcher, content_hash,
};
use lore_data::Dataset;
use lore_protocol::TrainWork;

use crate::evaluate::served;
use crate::memories;

/// A trajectory to learn and its memories, best first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) trajectory: Trajectory,
    pub(super) memories: Vec<Hit>,
}

/// The successful episodes of seen types, in the order of the data set.
pub(crate) fn learnable(data: &DataDir, work: &TrainWork) -> Result<Vec<Trajectory>> {
    let dataset = Dataset::open(data, &work.dataset)?;
    let mut learnable = Vec::new();
    for trajectory in dataset.trajectories()?.read_all()? {
        let trajectory = trajectory.context("An episode of the data set is damaged.")?;
        let is_unseen = work.unseen_types.contains(&trajectory.task.task_type);
        if trajectory.is_success() && !is_unseen {
            learnable.push(trajectory);
        }
    }
    ensure!(
        !learnable.is_empty(),
        "There is nothing to learn from: {} holds no successful episode of a task type that training may \
         see.",
        dataset.info().name
    );
    Ok(learnable)
}

/// Hash of what is trained on, in its order.
pub(super) fn data_hash(trajectories: &[Trajectory]) -> String {
    content_hash(trajectories.iter().map(|trajectory| trajectory.id.as_str()))
}

/// Adds the memories that retrieval finds; without retrieval, none. `None` when a stop was asked for.
pub(super) fn with_memories(
    data: &DataDir,
    work: &TrainWork,
    trajectories: Vec<Trajectory>,
    watcher: &mut dyn Watcher,
    stop: &StopToken,
) -> Result<Option<Vec<Source>>> {
    let retrieval = work.config.retrieval.as_ref().filter(|config| config.k > 0);
    let Some(retrieval) = retrieval else {
        let plain = trajectories.into_iter().map(|trajectory| Source {
            trajectory,
            memories: Vec::new(),
        });
        return Ok(Some(plain.collect()));
    };
    let bank = work.bank.as_ref().context(
        "This recipe shows past episodes during training, but no experience bank was chosen for it.",
    )?;
    let mut memories = memories::open(data, bank)?;
    let task_types = memories.bank().info()?.task_types;
    let filter = served(
        BankAtTest::TrainingOnly,
        SplitKind::Seen,
        &task_types,
        &work.unseen_types,
        &retrieval.filter,
    )
    .context("The experience bank holds no episode of a task type that training may see.")?;
    let total = trajectories.len() as u64;
    let mut sources = Vec::with_capacity(trajectories.len());
    for trajectory in trajectories {
        if stop.is_stopped() {
            return Ok(None);
        }
        watcher.progress("Look for memories", sources.len() as u64, total, "episodes");
        let memories = retrieve(&mut memories, &trajectory, retrieval, &filter)?;
        sources.push(Source {
            trajectory,
            memories,
        });
    }
    Ok(Some(sources))
}

/// Retrieval as it was before the first action. Dynamic retrieval changes the system prompt at every
/// step, which one training example cannot show; it learns from what static retrieval finds.
fn retrieve(
    retriever: &mut dyn Retriever,
    trajectory: &Trajectory,
    config: &RetrievalConfig,
    filter: &Filter,
) -> Result<Vec<Hit>> {
    let before_acting = Trajectory {
        steps: Vec::new(),
        ..trajectory.clone()
    };
    let config = RetrievalConfig {
        mode: RetrievalMode::Static,
        ..config.clone()
    };
    let guard = LeakGuard::for_training(trajectory);
    let query = config.query(&before_acting, filter.clone(), guard);
    let hits = retriever.retrieve(&query)?;
    ensure!(
        hits.iter()
            .all(|hit| !query.guard.blocks(&hit.experience.trajectory)),
        "The bank returned the very episode that is to be learned. The training was not started, because it \
         would learn to copy."
    );
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::testing::{HashEmbedder, InMemoryBank, experience};
    use lore_core::{EpisodeEnd, Experience};

    #[test]
    fn an_episode_is_never_its_own_memory() {
        let goals = ["heat the mug", "heat the cup", "cool the mug"];
        let all: Vec<Experience> = goals
            .iter()
            .map(|goal| experience(goal, EpisodeEnd::Success))
            .collect();
        let mut bank = InMemoryBank::holding(HashEmbedder::default(), all.clone()).unwrap();
        for own in &all {
            let config = RetrievalConfig {
                k: 3,
                ..RetrievalConfig::default()
            };
            let hits = retrieve(&mut bank, &own.trajectory, &config, &Filter::default()).unwrap();
            assert_eq!(hits.len(), 2);
            assert!(hits.iter().all(|hit| hit.experience.id != own.id));
        }
    }
}
