//! Trying an adapter in the middle of its training.

use serde::{Deserialize, Serialize};

/// When an adapter is tried while it is trained: on tasks of the kinds it learns, which it does not
/// learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrialPlan {
    /// Tasks that are played each time; 0 tries nothing.
    pub num_tasks: usize,
    /// Optimiser steps from one trial to the next. The last step is tried, too.
    pub every_steps: u64,
    /// The adapter of the most successful trial is kept instead of the last one.
    pub keep_best: bool,
}

impl Default for TrialPlan {
    /// No trials, as in the paper.
    fn default() -> Self {
        Self {
            num_tasks: 0,
            every_steps: 20,
            keep_best: true,
        }
    }
}

impl TrialPlan {
    /// Tasks of a trial when nobody chose a number.
    pub const NUM_TASKS: usize = 6;

    /// True when nothing is tried.
    pub fn is_off(&self) -> bool {
        self.num_tasks == 0
    }

    /// True when the adapter is tried after `step` of `num_steps`.
    pub fn is_due(&self, step: u64, num_steps: u64) -> bool {
        let is_last = step == num_steps;
        !self.is_off() && step > 0 && (is_last || step.is_multiple_of(self.every_steps.max(1)))
    }

    /// Trials of a training of so many steps.
    pub fn count(&self, num_steps: u64) -> u64 {
        if self.is_off() {
            0
        } else {
            num_steps.div_ceil(self.every_steps.max(1))
        }
    }
}

/// How an adapter did in the middle of its training.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// After this many optimiser steps.
    pub step: u64,
    /// Tasks that were played.
    pub num_tasks: u32,
    /// Tasks whose goal was reached.
    pub num_successes: u32,
    /// The goal of the first task, the same in every trial of a training.
    pub goal: String,
    /// What it did there: actions and what they led to.
    pub steps: Vec<(String, String)>,
}

impl Trial {
    /// The most successful one; of equals the latest, which has learned longest.
    pub fn best(trials: &[Self]) -> Option<&Self> {
        trials.iter().max_by(|a, b| {
            // Shares, in case a world has fewer tasks one day: a/b < c/d as a·d < c·b.
            let share = |it: &Self, other: &Self| {
                u64::from(it.num_successes) * u64::from(other.num_tasks.max(1))
            };
            (share(a, b), a.step).cmp(&(share(b, a), b.step))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_is_tried_whatever_the_distance() {
        let plan = TrialPlan {
            num_tasks: 2,
            every_steps: 15,
            keep_best: true,
        };
        let due: Vec<u64> = (0..=40).filter(|step| plan.is_due(*step, 40)).collect();
        assert_eq!(due, [15, 30, 40]);
        assert_eq!(plan.count(40), 3);
        assert_eq!(plan.count(30), 2);
        assert!(!TrialPlan::default().is_due(40, 40));
    }

    #[test]
    fn the_best_trial_is_the_latest_of_the_most_successful() {
        let trials = [(10, 1), (20, 3), (30, 3), (40, 2)].map(|(step, num_successes)| Trial {
            step,
            num_successes,
            num_tasks: 6,
            ..Trial::default()
        });
        assert_eq!(Trial::best(&trials).map(|trial| trial.step), Some(30));
        assert_eq!(Trial::best(&[]), None);
    }
}
