//! Counting what goes into a data set.

use std::collections::BTreeMap;

use lore_core::{DatasetInfo, LengthCount, TypeCount, content_hash};

use crate::format::Item;
use crate::twins::{Twin, TwinFinder};

/// Shorter trajectories are counted with those of this many tokens.
const MIN_TOKENS: u64 = 128;

/// The counts of a data set that is being written.
#[derive(Default)]
pub(crate) struct Tally {
    types: BTreeMap<String, TypeCount>,
    environments: BTreeMap<String, TypeCount>,
    tokens: BTreeMap<u64, u64>,
    num_steps: u64,
    texts: BTreeMap<String, u64>,
    twins: TwinFinder,
    item_hashes: Vec<String>,
}

impl Tally {
    /// Counts an item; `hash` names its content.
    pub(crate) fn add(&mut self, item: &Item, hash: String) {
        self.twins.add(item);
        let (task, is_success) = match item {
            Item::Trajectory(trajectory) => {
                self.num_steps += trajectory.num_steps() as u64;
                *self.texts.entry(trajectory.text_hash()).or_default() += 1;
                let num_tokens = u64::from(trajectory.estimated_tokens());
                let size = num_tokens.max(MIN_TOKENS).next_power_of_two();
                *self.tokens.entry(size).or_default() += 1;
                (trajectory.task.clone(), trajectory.is_success())
            }
            Item::Game(game) => (game.to_task(), false),
        };
        for (counts, name) in [
            (&mut self.types, task.task_type),
            (&mut self.environments, task.environment),
        ] {
            let count = counts.entry(name.clone()).or_default();
            count.name = name;
            count.count += 1;
            count.successes += u64::from(is_success);
        }
        self.item_hashes.push(hash);
    }

    /// Items.
    pub(crate) fn num_items(&self) -> u64 {
        self.item_hashes.len() as u64
    }

    /// True when there is an item of this task type.
    pub(crate) fn has_type(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }

    /// Names the items.
    pub(crate) fn content_hash(&self) -> String {
        content_hash(self.item_hashes.iter().map(String::as_str))
    }

    /// Writes the counts into `info`, and returns the near-twins of different task types.
    pub(crate) fn fill(self, info: &mut DatasetInfo) -> Vec<Twin> {
        info.content_hash = self.content_hash();
        info.num_items = self.num_items();
        info.num_successes = self.types.values().map(|count| count.successes).sum();
        info.types = self.types.into_values().collect();
        info.environments = self.environments.keys().cloned().collect();
        info.by_environment = self.environments.into_values().collect();
        let lengths = self.tokens.into_iter();
        info.tokens = lengths
            .map(|(length, count)| LengthCount { length, count })
            .collect();
        info.num_steps = self.num_steps;
        info.num_duplicates = self.texts.values().filter(|count| **count > 1).sum();
        let (num_near_duplicates, twins) = self.twins.find();
        info.num_near_duplicates = num_near_duplicates;
        twins
    }
}
