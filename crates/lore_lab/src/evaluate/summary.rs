//! From episodes to the numbers of a run.

use lore_core::{EpisodeSummary, SplitKind, Task, TaskId, Trajectory, content_hash};
use lore_protocol::EvaluateWork;

/// One test task and whether training saw its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TestTask {
    pub(crate) task: Task,
    pub(crate) split: SplitKind,
}

impl TestTask {
    /// A task, wherever it comes from.
    pub(crate) fn of(task: Task, work: &EvaluateWork) -> Self {
        let split = if work.unseen_types.contains(&task.task_type) {
            SplitKind::Unseen
        } else {
            SplitKind::Seen
        };
        Self { task, split }
    }
}

/// An episode without its text.
pub(crate) fn summarise(trajectory: &Trajectory, split: SplitKind) -> EpisodeSummary {
    let traces = || {
        trajectory
            .steps
            .iter()
            .filter_map(|step| step.trace.as_ref())
    };
    EpisodeSummary {
        trajectory: trajectory.id.clone(),
        task: trajectory.task.id.clone(),
        task_type: trajectory.task.task_type.clone(),
        split,
        goal: trajectory.task.goal.clone(),
        end: trajectory.end,
        num_steps: trajectory.num_steps() as u32,
        prompt_tokens: traces().map(|trace| u64::from(trace.prompt_tokens)).sum(),
        completion_tokens: traces()
            .map(|trace| u64::from(trace.completion_tokens))
            .sum(),
        millis: traces().map(|trace| trace.millis).sum(),
        num_memories: trajectory
            .trace
            .as_ref()
            .map_or(0, |trace| trace.memories.len() as u32),
    }
}

/// The seed of one episode: of the run's seed and the task alone, so that neither the order of the tasks
/// nor a resume changes it.
pub(super) fn episode_seed(seed: u64, task: &TaskId) -> u64 {
    let hash = content_hash([seed.to_string().as_str(), task.as_str()]);
    u64::from_str_radix(&hash[..16], 16).expect("a content hash is 64 hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn episodes_have_seeds_of_their_own() {
        let (a, b) = (TaskId::from("a"), TaskId::from("b"));
        assert_eq!(episode_seed(1, &a), episode_seed(1, &a));
        assert_ne!(episode_seed(1, &a), episode_seed(1, &b));
        assert_ne!(episode_seed(1, &a), episode_seed(2, &a));
    }
}
