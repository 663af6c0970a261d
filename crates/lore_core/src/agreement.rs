//! How often an agent would have done what a record says it should: a measure for episodes whose world is
//! not at hand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stats::{self, Cluster, Estimate, PairedTask};
use crate::{Proportion, SplitKind, TrajectoryId};

/// The file in the job's folder that holds what came out.
pub const AGREEMENT_FILE: &str = "agreement.json";

/// True when two actions are the same but for capital letters and white space.
pub fn same_action(a: &str, b: &str) -> bool {
    let words =
        |text: &'_ str| -> Vec<String> { text.split_whitespace().map(str::to_lowercase).collect() };
    words(a) == words(b)
}

/// One recorded episode, and in how many of its steps the agent would have done the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrajectoryAgreement {
    /// The record.
    pub id: TrajectoryId,
    /// The type of its task.
    pub task_type: String,
    /// Whether training may see the type, by the split of the data set.
    pub split: SplitKind,
    /// Steps in which the agent was asked: all of them.
    pub num_steps: u32,
    /// Steps in which it would have done what the record says.
    pub num_agreed: u32,
    /// Steps whose recorded action has several lines: an agent acts in one, so the first was compared.
    #[serde(default)]
    pub num_first_lines: u32,
}

/// What came of asking an agent in every step of recorded episodes (`agreement.json`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Every episode it was asked about.
    pub trajectories: Vec<TrajectoryAgreement>,
    /// Steps of all of them. As in the rates below, steps of one episode count as far as they are
    /// independent ([`stats::pooled_wilson`]).
    pub all: Proportion,
    /// Steps of task types that training may see.
    pub seen: Proportion,
    /// Steps of task types that training must not see.
    pub unseen: Proportion,
    /// Steps by task type, in alphabetical order.
    pub by_type: Vec<(String, Proportion)>,
    /// What it was not asked about, and why.
    pub left_out: LeftOut,
}

/// Successful episodes that an agent was not asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Those that its adapter learned from, other attempts at the same task included; `None` when nobody
    /// knows any more what it learned from.
    pub learned: Option<u64>,
    /// Those with a step that the model cannot take in at once.
    pub too_long: u64,
}

/// What one agent is ahead of another on the episodes that both were asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgreementLead {
    /// Those episodes.
    pub num_trajectories: u32,
    /// Their steps.
    pub num_steps: u32,
    /// The share of steps in which the one agrees minus that of the other, with an interval from drawing
    /// whole episodes anew ([`stats::clustered_bootstrap`]).
    pub lead: Estimate,
}

impl Agreement {
    /// Pools the episodes.
    pub fn of(trajectories: Vec<TrajectoryAgreement>, left_out: LeftOut) -> Self {
        let of_split = |split| rate(trajectories.iter().filter(|one| one.split == split));
        let mut types: BTreeMap<&str, Vec<&TrajectoryAgreement>> = BTreeMap::new();
        for one in &trajectories {
            types.entry(&one.task_type).or_default().push(one);
        }
        let by_type = types.into_iter();
        Self {
            all: rate(&trajectories),
            seen: of_split(SplitKind::Seen),
            unseen: of_split(SplitKind::Unseen),
            by_type: by_type
                .map(|(name, of_type)| (name.to_owned(), rate(of_type)))
                .collect(),
            left_out,
            trajectories,
        }
    }

    /// What this agent is ahead of another; `None` when they were asked about no common episode.
    pub fn lead_over(&self, other: &Self) -> Option<AgreementLead> {
        let others: BTreeMap<&TrajectoryId, &TrajectoryAgreement> = other
            .trajectories
            .iter()
            .map(|one| (&one.id, one))
            .collect();
        let pairs: Vec<PairedTask> = self
            .trajectories
            .iter()
            .filter_map(|one| Some(paired(others.get(&one.id)?, one)))
            .collect();
        Some(AgreementLead {
            num_trajectories: pairs.len() as u32,
            num_steps: pairs.iter().map(|pair| pair.n).sum(),
            lead: stats::clustered_bootstrap(&pairs)?,
        })
    }
}

fn rate<'a>(trajectories: impl IntoIterator<Item = &'a TrajectoryAgreement>) -> Proportion {
    let steps: Vec<Cluster> = trajectories
        .into_iter()
        .map(|one| Cluster {
            successes: one.num_agreed,
            n: one.num_steps,
        })
        .collect();
    Proportion::of_clusters(&steps)
}

/// The steps of one episode. Which of them both got right plays no part in the lead, so it is not kept.
fn paired(a: &TrajectoryAgreement, b: &TrajectoryAgreement) -> PairedTask {
    PairedTask {
        n: b.num_steps,
        only_a: a.num_agreed.saturating_sub(b.num_agreed),
        only_b: b.num_agreed.saturating_sub(a.num_agreed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An episode of ten steps.
    fn episode(id: &str, task_type: &str, num_agreed: u32) -> TrajectoryAgreement {
        TrajectoryAgreement {
            id: id.into(),
            task_type: task_type.into(),
            split: if task_type == "heat" {
                SplitKind::Unseen
            } else {
                SplitKind::Seen
            },
            num_steps: 10,
            num_agreed,
            num_first_lines: 0,
        }
    }

    fn agreement(episodes: &[(&str, &str, u32)]) -> Agreement {
        let episodes = episodes
            .iter()
            .map(|(id, task_type, num_agreed)| episode(id, task_type, *num_agreed));
        Agreement::of(episodes.collect(), LeftOut::default())
    }

    #[test]
    fn case_and_space_do_not_make_another_action() {
        assert!(same_action("Go to  desk 1 ", "go to desk 1"));
        assert!(same_action("", " \n"));
        assert!(!same_action("go to desk 1", "go to desk 11"));
        assert!(!same_action("go to desk 1", "goto desk 1"));
    }

    #[test]
    fn steps_are_pooled_by_kind_and_by_split() {
        let pooled = agreement(&[("a", "look", 9), ("b", "heat", 2), ("c", "look", 5)]);
        let counts = |rate: &Proportion| (rate.successes, rate.n);
        assert_eq!(counts(&pooled.all), (16, 30));
        assert_eq!(counts(&pooled.seen), (14, 20));
        assert_eq!(counts(&pooled.unseen), (2, 10));
        let types: Vec<_> = pooled
            .by_type
            .iter()
            .map(|(name, rate)| (name.as_str(), counts(rate)))
            .collect();
        assert_eq!(types, [("heat", (2, 10)), ("look", (14, 20))]);
        assert_eq!(agreement(&[]).all.rate(), None);
    }

    /// Ten steps of an episode that goes all right or all wrong are worth little more than one.
    #[test]
    fn steps_of_one_episode_are_not_taken_for_independent() {
        let spread: Vec<_> = ["a", "b", "c", "d"].map(|id| (id, "look", 5)).to_vec();
        let lumped = [("a", 10), ("b", 0), ("c", 10), ("d", 0)].map(|(id, n)| (id, "look", n));
        let width = |rate: Proportion| rate.high - rate.low;
        let (spread, lumped) = (agreement(&spread).all, agreement(&lumped).all);
        assert_eq!(spread.rate(), lumped.rate());
        assert!(width(lumped) > 2.0 * width(spread), "{lumped:?} {spread:?}");
    }

    #[test]
    fn agents_are_compared_on_the_episodes_both_were_asked_about() {
        let base = agreement(&[("a", "look", 2), ("b", "look", 4), ("x", "look", 9)]);
        let tuned = agreement(&[("b", "look", 6), ("a", "look", 5), ("y", "look", 0)]);
        let lead = tuned.lead_over(&base).expect("two are common");
        assert_eq!((lead.num_trajectories, lead.num_steps), (2, 20));
        assert!((lead.lead.value - 0.25).abs() < 1e-12);
        assert!(lead.lead.low >= 0.2 - 1e-12 && lead.lead.high <= 0.3 + 1e-12);
        let back = base.lead_over(&tuned).expect("two are common");
        assert!((back.lead.value + 0.25).abs() < 1e-12);
        assert_eq!(agreement(&[]).lead_over(&base), None);
    }
}
