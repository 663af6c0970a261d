//! How the memories of training examples are mixed, so that an adapter does not lean on good ones.

use serde::{Deserialize, Serialize};

use crate::{Arm, ExperimentSpec};

/// What becomes of the memories that retrieval found for an example.
///
/// A model that saw good memories in every example learns to lean on them, and fails where a bank has none
/// to give. So a share of examples can go without, with fewer, with shuffled or with unrelated memories.
/// What an example shows is drawn anew in every pass over the data, from the seed of the training: over
/// the passes a model sees the same episode with and without help. The default is the paper's recipe: every
/// example shows all that was found for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryMix {
    /// Share of examples that show no memory (memory dropout), from 0 to 1.
    pub without: f64,
    /// How many of the memories that were found the other examples show.
    pub count: MemoryCount,
    /// Memories stand in random order instead of the best first.
    pub shuffled: bool,
    /// Share of memories, from 0 to 1, whose place is taken by a random one of another task type. It is
    /// one that was found for some other example, so every filter of the retrieval holds for it, too.
    pub unrelated: f64,
}

/// How many of the memories that were found an example shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryCount {
    /// Every one.
    #[default]
    All,
    /// The best few: one to all, each number as often as the others.
    FromOne,
    /// The same, and none as often as any other number.
    FromNone,
}

impl MemoryCount {
    /// Every choice, for forms.
    pub const ALL: [Self; 3] = [Self::All, Self::FromOne, Self::FromNone];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "all that were found",
            Self::FromOne => "one to all of those found",
            Self::FromNone => "none to all of those found",
        }
    }
}

impl MemoryMix {
    /// True for the paper's recipe.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Why no training can follow it.
    pub fn problem(&self) -> Option<&'static str> {
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        if !is_share(self.without) {
            Some("The share of examples without memories must be at least 0 and at most 1")
        } else if !is_share(self.unrelated) {
            Some("The share of unrelated memories must be at least 0 and at most 1")
        } else {
            None
        }
    }

    /// Memories of a typical example for which `k` were found.
    pub fn mean_count(&self, k: usize) -> f64 {
        let k = k as f64;
        let shown = match self.count {
            MemoryCount::All => k,
            MemoryCount::FromOne if k > 0.0 => f64::midpoint(k, 1.0),
            MemoryCount::FromOne | MemoryCount::FromNone => k / 2.0,
        };
        shown * (1.0 - self.without)
    }

    /// The mix in words, for reports.
    pub fn summary(&self) -> String {
        let order = if self.shuffled {
            "in random order"
        } else {
            "best first"
        };
        let mut words = vec![self.count.label().to_owned(), order.to_owned()];
        if self.without > 0.0 {
            words.push(format!("none in {} of examples", percent(self.without)));
        }
        if self.unrelated > 0.0 {
            let share = percent(self.unrelated);
            words.push(format!("{share} replaced by unrelated ones"));
        }
        let drawn = if self.is_default() {
            ""
        } else {
            "; drawn anew in every pass"
        };
        words.join(", ") + drawn
    }
}

impl ExperimentSpec {
    /// How memories are mixed in the training of an arm.
    pub fn memory_mix_of<'a>(&'a self, arm: &'a Arm) -> &'a MemoryMix {
        let own = arm.variation.memory_mix.as_ref();
        own.unwrap_or(&self.train.memory_mix)
    }

    /// Why its trainings cannot mix memories as they are told to.
    pub fn mix_problem(&self) -> Option<&'static str> {
        let mixes = || {
            let arms = self.arms.iter();
            let trained = arms.filter(|arm| arm.lora_with_memory == Some(true));
            trained.map(|arm| self.memory_mix_of(arm))
        };
        let allowed = &self.retrieval.filter.task_types;
        let may_stand_in_memories = |name: &&&str| {
            let is_allowed = allowed.is_empty() || allowed.iter().any(|other| other == *name);
            is_allowed && !self.is_unseen(name)
        };
        let types = self.world.task_types();
        let is_short_of_types =
            !types.is_empty() && types.iter().filter(may_stand_in_memories).count() < 2;
        if mixes().any(|mix| mix.unrelated > 0.0) && is_short_of_types {
            return Some(
                "Unrelated memories are of another task type; let at least two types be learned",
            );
        }
        mixes().find_map(MemoryMix::problem)
    }
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1000.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainConfig;

    #[test]
    fn recipes_from_before_there_was_a_mix_stay_the_same_text() {
        let text = serde_json::to_string(&TrainConfig::default()).unwrap();
        assert!(!text.contains("memory_mix"), "{text}");
        let read: TrainConfig = serde_json::from_str(&text).unwrap();
        assert!(read.memory_mix.is_default());
    }

    #[test]
    fn a_mix_is_read_as_it_was_written() {
        let config = TrainConfig {
            memory_mix: MemoryMix {
                without: 0.25,
                count: MemoryCount::FromNone,
                shuffled: true,
                unrelated: 0.1,
            },
            ..TrainConfig::default()
        };
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<TrainConfig>(&text).unwrap(), config);
    }

    #[test]
    fn the_mean_count_follows_from_the_mix() {
        let mean = |without, count, k| {
            let mix = MemoryMix {
                without,
                count,
                ..MemoryMix::default()
            };
            mix.mean_count(k)
        };
        for (mean, expected) in [
            (mean(0.0, MemoryCount::All, 4), 4.0),
            (mean(0.0, MemoryCount::FromOne, 4), 2.5),
            (mean(0.0, MemoryCount::FromNone, 4), 2.0),
            (mean(0.5, MemoryCount::All, 4), 2.0),
            (mean(0.0, MemoryCount::FromOne, 0), 0.0),
        ] {
            assert!((mean - expected).abs() < 1e-12, "{mean}, not {expected}");
        }
    }

    #[test]
    fn a_summary_names_what_is_mixed() {
        let plain = MemoryMix::default();
        assert_eq!(plain.summary(), "all that were found, best first");
        let mixed = MemoryMix {
            without: 0.3,
            count: MemoryCount::FromOne,
            shuffled: true,
            unrelated: 0.125,
        };
        assert_eq!(
            mixed.summary(),
            "one to all of those found, in random order, none in 30 % of examples, 12.5 % replaced by \
             unrelated ones; drawn anew in every pass"
        );
    }

    #[test]
    fn unrelated_memories_need_a_second_type_that_may_be_learned() {
        let mut spec = ExperimentSpec::default();
        spec.train.memory_mix.unrelated = 0.2;
        assert_eq!(spec.mix_problem(), None);
        let types = spec.world.task_types();
        spec.unseen_types = types[1..].iter().map(|name| (*name).to_owned()).collect();
        assert!(spec.mix_problem().is_some());
        spec.unseen_types.clear();
        spec.retrieval.filter.task_types = vec![types[0].to_owned()];
        assert!(spec.mix_problem().is_some());
        spec.arms.retain(|arm| arm.lora_with_memory != Some(true));
        assert_eq!(spec.mix_problem(), None, "no training shows memories");
    }

    #[test]
    fn shares_beyond_the_whole_are_a_problem() {
        for share in [-0.1, 1.1, f64::NAN] {
            let without = MemoryMix {
                without: share,
                ..MemoryMix::default()
            };
            let unrelated = MemoryMix {
                unrelated: share,
                ..MemoryMix::default()
            };
            assert!(without.problem().is_some() && unrelated.problem().is_some());
        }
        assert_eq!(MemoryMix::default().problem(), None);
    }
}
