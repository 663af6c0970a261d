//! The episodes of a run so far.

use lore_core::{EpisodeSummary, Trajectory};

use super::summary::{TestTask, summarise};

/// A place for each test task, and the episodes that were played.
pub(super) struct Record<'a> {
    tasks: &'a [TestTask],
    episodes: Vec<Option<Trajectory>>,
}

impl<'a> Record<'a> {
    /// Puts what was played in its places. Episodes of tasks that are not in the plan are left out.
    pub(super) fn new(tasks: &'a [TestTask], played: Vec<Trajectory>) -> Self {
        let mut record = Self {
            tasks,
            episodes: vec![None; tasks.len()],
        };
        for trajectory in played {
            record.add(trajectory);
        }
        record
    }

    /// Puts one episode in its place.
    pub(super) fn add(&mut self, trajectory: Trajectory) {
        let place = self
            .tasks
            .iter()
            .position(|test| test.task.id == trajectory.task.id);
        if let Some(place) = place {
            self.episodes[place] = Some(trajectory);
        }
    }

    /// The episode of a task.
    pub(super) fn find(&self, test: &TestTask) -> Option<&Trajectory> {
        let place = self.tasks.iter().position(|other| other == test)?;
        self.episodes[place].as_ref()
    }

    /// Episodes so far.
    pub(super) fn num_played(&self) -> u64 {
        self.episodes.iter().flatten().count() as u64
    }

    /// Episodes that reached their goal.
    pub(super) fn num_successes(&self) -> usize {
        let episodes = self.episodes.iter().flatten();
        episodes.filter(|episode| episode.is_success()).count()
    }

    /// What was played, in the order of the tasks.
    pub(super) fn summaries(&self) -> Vec<EpisodeSummary> {
        let places = self.tasks.iter().zip(&self.episodes);
        places
            .filter_map(|(test, episode)| Some(summarise(episode.as_ref()?, test.split)))
            .collect()
    }
}
