//! A bank in memory: the plainest correct retrieval, which the real one is compared with. It searches by
//! meaning, takes the best scores, and has keys of tasks and whole trajectories only.

use crate::{EmbedKind, Embedder, Experience, Hit, KeyKind, Query, Retriever, dot};

/// Experiences, their keys, and exact search over them.
pub struct InMemoryBank {
    embedder: Box<dyn Embedder + Send>,
    entries: Vec<Entry>,
}

struct Entry {
    experience: Experience,
    task_key: Vec<f32>,
    trajectory_key: Vec<f32>,
}

impl InMemoryBank {
    /// An empty bank.
    pub fn new(embedder: impl Embedder + Send + 'static) -> Self {
        Self {
            embedder: Box::new(embedder),
            entries: Vec::new(),
        }
    }

    /// A bank of `experiences`.
    pub fn holding(
        embedder: impl Embedder + Send + 'static,
        experiences: impl IntoIterator<Item = Experience>,
    ) -> anyhow::Result<Self> {
        let mut bank = Self::new(embedder);
        for experience in experiences {
            bank.add(experience)?;
        }
        Ok(bank)
    }

    /// Adds one experience.
    pub fn add(&mut self, experience: Experience) -> anyhow::Result<()> {
        let task_key = self.key(&experience.trajectory.task_key(), EmbedKind::Key)?;
        let trajectory_key = self.key(&experience.trajectory.trajectory_key(), EmbedKind::Key)?;
        self.entries.push(Entry {
            experience,
            task_key,
            trajectory_key,
        });
        Ok(())
    }

    fn key(&mut self, text: &str, kind: EmbedKind) -> anyhow::Result<Vec<f32>> {
        let mut keys = self.embedder.embed(&[text.to_owned()], kind)?;
        Ok(keys.pop().unwrap_or_default())
    }
}

impl Retriever for InMemoryBank {
    fn retrieve(&mut self, query: &Query) -> anyhow::Result<Vec<Hit>> {
        let vector = self.key(&query.text, EmbedKind::Query)?;
        let mut found: Vec<(f32, &Experience)> = self
            .entries
            .iter()
            .filter(|entry| {
                let trajectory = &entry.experience.trajectory;
                !entry.experience.never_use
                    && query.filter.accepts(trajectory)
                    && !query.guard.blocks(trajectory)
            })
            .map(|entry| {
                let key = match query.key() {
                    KeyKind::Task | KeyKind::TaskAndOutcome => &entry.task_key,
                    KeyKind::Whole | KeyKind::Window => &entry.trajectory_key,
                };
                (dot(&vector, key), &entry.experience)
            })
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
        let hits = found.into_iter().take(query.k).zip(0..);
        Ok(hits
            .map(|((score, experience), rank)| Hit {
                experience: experience.clone(),
                score,
                rank,
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{HashEmbedder, experience};
    use crate::{EpisodeEnd, LeakGuard, OutcomeFilter};

    fn bank() -> InMemoryBank {
        let mut shunned = experience("heat the mug", EpisodeEnd::Success);
        shunned.never_use = true;
        InMemoryBank::holding(
            HashEmbedder::default(),
            [
                shunned,
                experience("heat the cup", EpisodeEnd::Success),
                experience("heat the mug now", EpisodeEnd::Failure),
            ],
        )
        .unwrap()
    }

    fn goals(query: &Query) -> Vec<String> {
        let hits = bank().retrieve(query).unwrap();
        hits.into_iter()
            .map(|hit| hit.experience.trajectory.task.goal)
            .collect()
    }

    #[test]
    fn filter_guard_and_never_use_are_honoured() {
        let mut query = Query {
            text: "heat the mug".into(),
            k: 5,
            ..Query::default()
        };
        assert_eq!(goals(&query), ["heat the mug now", "heat the cup"]);
        query.filter.outcome = OutcomeFilter::Successes;
        assert_eq!(goals(&query), ["heat the cup"]);
        let twin = experience("heat the cup", EpisodeEnd::Success);
        query.guard = LeakGuard::for_training(&twin.trajectory);
        assert!(goals(&query).is_empty());
    }
}
