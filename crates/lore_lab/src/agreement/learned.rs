//! What an adapter learned from, so that it is not asked about what it knows by heart.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};

use lore_core::{AdapterId, DataDir, TaskId, Trajectory};
use lore_protocol::{JobSpec, Work};

use crate::files::read_json;
use crate::models;
use crate::train::learnable;

/// Tasks and texts that were learned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Learned {
    /// By world and task: another attempt at a task gives it away.
    tasks: BTreeSet<(String, TaskId)>,
    texts: BTreeSet<String>,
}

impl Learned {
    /// What the adapter's training learned from; nothing for a model as it is. An error when nobody knows
    /// any more: the job or its data set was deleted.
    pub(super) fn by(data: &DataDir, adapter: Option<&AdapterId>) -> Result<Self> {
        let Some(adapter) = adapter else {
            return Ok(Self::default());
        };
        let origin = models::adapter_info(data, adapter)?.origin;
        let job = origin.job.context("The adapter was not trained here.")?;
        let folder = data.job(origin.experiment.as_ref(), &job);
        let spec: JobSpec = read_json(&folder.join("job.json"))?;
        let Work::Train(work) = &spec.work else {
            bail!("The job {job} made no adapter.");
        };
        Ok(Self::of(&learnable(data, work)?))
    }

    pub(super) fn of(trajectories: &[Trajectory]) -> Self {
        let task = |one: &Trajectory| (one.task.environment.clone(), one.task.id.clone());
        Self {
            tasks: trajectories.iter().map(task).collect(),
            texts: trajectories.iter().map(Trajectory::text_hash).collect(),
        }
    }

    /// True when the trajectory, its text, or another attempt at its task was learned.
    pub(super) fn knows(&self, trajectory: &Trajectory) -> bool {
        let task = &trajectory.task;
        let task = (task.environment.clone(), task.id.clone());
        self.tasks.contains(&task) || self.texts.contains(&trajectory.text_hash())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::EpisodeEnd;
    use lore_core::testing::{task, trajectory};

    #[test]
    fn another_attempt_and_the_same_text_are_known_too() {
        let episode = |id: &str, action| {
            let mut task = task(id);
            task.goal = "find the pen".into();
            trajectory(task, &[(action, "so")], EpisodeEnd::Success)
        };
        let learned = Learned::of(&[episode("a", "look")]);
        assert!(learned.knows(&episode("a", "go")), "another attempt");
        assert!(learned.knows(&episode("b", "look")), "the same text");
        assert!(!learned.knows(&episode("b", "go")));
        let mut elsewhere = episode("a", "go");
        elsewhere.task.environment = "another world".into();
        assert!(!learned.knows(&elsewhere), "names are unique in a world");
        assert!(!Learned::default().knows(&episode("a", "look")));
    }
}
