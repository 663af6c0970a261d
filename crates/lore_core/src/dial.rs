//! Success as a function of one number that some arms of an experiment turn.

use serde::{Deserialize, Serialize};

use crate::{ArmSummary, BankAtTest, ExperimentResults, ExperimentSpec, Variation};

/// A number that an arm may turn while everything else stays as the experiment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dial {
    /// Memories that are shown to an agent.
    Memories,
    /// The share of the bank that they come from.
    BankSize,
}

impl Dial {
    /// Every dial.
    pub const ALL: [Self; 2] = [Self::Memories, Self::BankSize];

    /// What is asked by turning it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Memories => "Fewer or more memories",
            Self::BankSize => "A smaller bank",
        }
    }

    /// The number that an arm turns it to; `None` when the arm turns something else.
    fn value(self, spec: &ExperimentSpec, variation: Variation) -> Option<u64> {
        let Variation {
            bank_at_test,
            k,
            bank_percent,
            memory_mix: None,
        } = variation
        else {
            return None;
        };
        match (self, bank_at_test, k, bank_percent) {
            (_, Some(BankAtTest::Empty), None, None) => Some(0),
            (Self::Memories, None, k, None) => Some(k.unwrap_or(spec.retrieval.k) as u64),
            (Self::BankSize, None, None, percent) => Some(u64::from(percent.unwrap_or(100))),
            _ => None,
        }
    }

    fn label(self, value: u64) -> String {
        match (self, value) {
            (Self::Memories, 0) => "no memory".to_owned(),
            (Self::Memories, 1) => "1 memory".to_owned(),
            (Self::Memories, value) => format!("{value} memories"),
            (Self::BankSize, 0) => "empty bank".to_owned(),
            (Self::BankSize, 100) => "whole bank".to_owned(),
            (Self::BankSize, value) => format!("{value} % of the bank"),
        }
    }
}

/// One setting of a dial and how the arm did that has it.
#[derive(Clone, Debug, PartialEq)]
pub struct DialPoint<'a> {
    /// The setting.
    pub value: u64,
    /// The setting for people.
    pub label: String,
    /// The arm.
    pub arm: &'a ArmSummary,
}

impl ExperimentResults {
    /// The arms of the reference's recipe that differ from it by this dial alone, the smallest setting first;
    /// nothing when fewer than three were played: two are a comparison of two arms.
    pub fn turned(&self, spec: &ExperimentSpec, dial: Dial) -> Vec<DialPoint<'_>> {
        let Some(reference) = self.reference() else {
            return Vec::new();
        };
        let is_like = |it: &&ArmSummary| {
            let same = it.arm.lora_with_memory == reference.arm.lora_with_memory
                && it.arm.model == reference.arm.model;
            same && it.arm.retrieval == reference.arm.retrieval && it.num_seeds > 0
        };
        let mut points: Vec<DialPoint<'_>> = self
            .arms
            .iter()
            .filter(is_like)
            .filter_map(|arm| {
                let value = dial.value(spec, arm.arm.variation)?;
                let label = dial.label(value);
                Some(DialPoint { value, label, arm })
            })
            .collect();
        points.sort_by_key(|point| point.value);
        if points.len() < 3 {
            points.clear();
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arm, EpisodeSummary, JobId, Preset, RunSummary};

    #[test]
    fn arms_that_turn_one_dial_stand_in_its_order() {
        let mut spec = ExperimentSpec::preset(Preset::Smoke);
        spec.arms.extend(Arm::variants());
        let run = |arm: &Arm| RunSummary {
            job: JobId::default(),
            arm: arm.clone(),
            seed: 1,
            episodes: vec![EpisodeSummary::default()],
            prices: None,
        };
        let runs: Vec<RunSummary> = spec.arms.iter().map(run).collect();
        let results = ExperimentResults::from_runs(&spec, runs);
        let labels = |dial| {
            let points = results.turned(&spec, dial).into_iter();
            points.map(|point| point.label).collect::<Vec<_>>()
        };
        assert_eq!(
            labels(Dial::Memories),
            ["no memory", "1 memory", "2 memories", "4 memories"]
        );
        assert_eq!(
            labels(Dial::BankSize),
            [
                "empty bank",
                "10 % of the bank",
                "33 % of the bank",
                "whole bank"
            ]
        );
        let paper = ExperimentSpec::preset(Preset::Smoke);
        let runs: Vec<RunSummary> = paper.arms.iter().map(run).collect();
        let results = ExperimentResults::from_runs(&paper, runs);
        assert_eq!(results.turned(&paper, Dial::Memories), []);
    }
}
