//! How good a retrieved set is, without anybody acting on it.

use std::collections::{BTreeMap, BTreeSet};

use lore_core::{Experience, ExperienceRow, GridScore, Hit};

/// What is known about a whole bank: how many relevant experiences there are for a question.
pub(super) struct Relevance {
    /// Successes by task type.
    successes: BTreeMap<String, usize>,
    /// Words that most goals of a task type have: they name the kind of task, not its object.
    common_words: BTreeMap<String, BTreeSet<String>>,
}

impl Relevance {
    /// Learns from every row of a bank.
    pub(super) fn of(rows: &[ExperienceRow]) -> Self {
        let mut successes: BTreeMap<String, usize> = BTreeMap::new();
        let mut words_of: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
        let mut num_of: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            *successes.entry(row.task_type.clone()).or_default() += usize::from(row.success);
            *num_of.entry(&row.task_type).or_default() += 1;
            let counts = words_of.entry(&row.task_type).or_default();
            for word in words(&row.goal) {
                *counts.entry(word).or_default() += 1;
            }
        }
        let common = |task_type: &str, counts: BTreeMap<String, usize>| -> BTreeSet<String> {
            let num_goals = num_of.get(task_type).copied().unwrap_or_default();
            let is_common = |count: usize| 2 * count > num_goals;
            counts
                .into_iter()
                .filter(|(_, count)| is_common(*count))
                .map(|(word, _)| word)
                .collect()
        };
        let common_words = words_of
            .into_iter()
            .map(|(task_type, counts)| (task_type.to_owned(), common(task_type, counts)))
            .collect();
        Self {
            successes,
            common_words,
        }
    }

    /// How well `hits` serve somebody who faces the task of `probe`.
    pub(super) fn score(&self, probe: &Experience, hits: &[Hit], k: usize) -> GridScore {
        let task = &probe.trajectory.task;
        let is_relevant = |hit: &Hit| {
            let found = &hit.experience.trajectory;
            found.is_success() && found.task.task_type == task.task_type
        };
        let objects = self.objects(&task.task_type, &task.goal);
        let is_same_object = |hit: &Hit| {
            let found = &hit.experience.trajectory;
            let others = self.objects(&found.task.task_type, &found.task.goal);
            found.is_success() && !others.is_disjoint(&objects)
        };
        let num_relevant = hits.iter().filter(|hit| is_relevant(hit)).count();
        let others = self
            .successes
            .get(&task.task_type)
            .copied()
            .unwrap_or_default();
        // The probe itself may not be found.
        let findable = others.saturating_sub(usize::from(probe.trajectory.is_success()));
        let num_wanted = findable.min(k);
        let num_tokens: u32 = hits.iter().map(|hit| hit.experience.num_tokens).sum();
        GridScore {
            success_of_type: f64::from(num_relevant > 0),
            same_object: f64::from(hits.iter().any(is_same_object)),
            reciprocal_rank: hits
                .iter()
                .position(is_relevant)
                .map_or(0.0, |place| 1.0 / (place + 1) as f64),
            recall: if num_wanted == 0 {
                0.0
            } else {
                num_relevant as f64 / num_wanted as f64
            },
            num_tokens: f64::from(num_tokens),
        }
    }

    /// The words of a goal that most goals of its type do not have.
    fn objects(&self, task_type: &str, goal: &str) -> BTreeSet<String> {
        let common = self.common_words.get(task_type);
        words(goal)
            .into_iter()
            .filter(|word| common.is_none_or(|common| !common.contains(word)))
            .collect()
    }
}

/// The mean of each score; zero for none.
pub(super) fn mean(scores: &[GridScore]) -> GridScore {
    let mean = |of: fn(&GridScore) -> f64| match scores.len() {
        0 => 0.0,
        n => scores.iter().map(of).sum::<f64>() / n as f64,
    };
    GridScore {
        success_of_type: mean(|score| score.success_of_type),
        same_object: mean(|score| score.same_object),
        reciprocal_rank: mean(|score| score.reciprocal_rank),
        recall: mean(|score| score.recall),
        num_tokens: mean(|score| score.num_tokens),
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::EpisodeEnd;
    use lore_core::testing::experience;

    fn hit(goal: &str, task_type: &str, end: EpisodeEnd, rank: u32) -> Hit {
        let mut experience = experience(goal, end);
        task_type.clone_into(&mut experience.trajectory.task.task_type);
        Hit {
            experience,
            score: 0.0,
            rank,
        }
    }

    fn row(goal: &str) -> ExperienceRow {
        ExperienceRow {
            goal: goal.into(),
            task_type: "put".into(),
            success: true,
            ..ExperienceRow::default()
        }
    }

    #[test]
    fn relevant_is_a_success_of_the_same_type() {
        let relevance = Relevance::of(&[
            row("put a mug in desk"),
            row("put a cup in shelf"),
            row("put a pen in drawer"),
        ]);
        let probe = hit("put a mug in desk", "put", EpisodeEnd::Success, 0).experience;
        let hits = [
            hit("put a pen in shelf", "put", EpisodeEnd::Truncated, 0),
            hit("put a pen in drawer", "put", EpisodeEnd::Success, 1),
            hit("heat a mug", "heat", EpisodeEnd::Success, 2),
        ];
        let score = relevance.score(&probe, &hits, 3);
        assert!((score.reciprocal_rank - 0.5).abs() < 1e-9);
        assert!(
            (score.recall - 0.5).abs() < 1e-9,
            "one of the two that could be found"
        );
        assert!((score.success_of_type - 1.0).abs() < 1e-9);
        assert!(
            (score.same_object - 1.0).abs() < 1e-9,
            "the mug, in another type"
        );
        let score = relevance.score(&probe, &hits[..2], 2);
        assert!(score.same_object.abs() < 1e-9, "put, a and in do not count");
    }

    #[test]
    fn means_of_nothing_are_zero() {
        assert_eq!(mean(&[]), GridScore::default());
    }
}
