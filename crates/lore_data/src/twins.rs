//! Near-twins: trajectories whose texts are nearly the same.
//!
//! One-permutation `MinHash` (Li, Owen, Zhang 2012) with rotation densification (Shrivastava, Li 2014)
//! over word triples; items that agree in a band of their signatures are compared. At a similarity of
//! 0.85 a pair is missed less than once in a hundred times, at 0.9 once in ten thousand.

mod signature;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use lore_core::{SplitLeak, Task};
use serde::{Deserialize, Serialize};

use crate::disk::{WRITE_FAILED, write_whole};
use crate::format::Item;
use signature::Signature;

/// From this share of common word triples on, two texts are near-twins.
const MIN_SIMILARITY: f32 = 0.85;

/// Items of a band that one more is compared with, besides the last of each other task type.
const MAX_COMPARED: usize = 32;

/// Pairs that are kept: nobody reads more, and one is enough for a warning.
const MAX_KEPT: usize = 10_000;

/// Where the pairs stand in a data set's folder.
const FILE: &str = "twins.json";

/// What is said when they cannot be read.
const DAMAGED: &str = "Which episodes of the data set are nearly the same cannot be read any more. Import \
                       it again to have it checked for leaks.";

/// Two items of different task types that are one game or nearly one text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Twin {
    /// The two.
    sides: [Side; 2],
    /// Share of common word triples, estimated.
    similarity: f32,
    same_game: bool,
}

/// One of two twins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Side {
    id: String,
    task_type: String,
    goal: String,
}

impl Twin {
    /// The pair as a leak, when training sees one side only.
    fn leak(&self, is_unseen: impl Fn(&str) -> bool) -> Option<SplitLeak> {
        let [a, b] = &self.sides;
        let (seen, unseen) = match (is_unseen(&a.task_type), is_unseen(&b.task_type)) {
            (false, true) => (a, b),
            (true, false) => (b, a),
            _ => return None,
        };
        Some(SplitLeak {
            seen: seen.id.clone(),
            unseen: unseen.id.clone(),
            goals: [seen.goal.clone(), unseen.goal.clone()],
            task_types: [seen.task_type.clone(), unseen.task_type.clone()],
            similarity: self.similarity,
            same_game: self.same_game,
        })
    }
}

/// Collects items, then finds the twins among them.
#[derive(Default)]
pub(crate) struct TwinFinder {
    items: Vec<Candidate>,
    types: Vec<String>,
}

struct Candidate {
    id: String,
    task_id: String,
    goal: String,
    /// An index into [`TwinFinder::types`].
    task_type: usize,
    signature: Signature,
}

impl TwinFinder {
    /// Remembers an item. Games are left out: those of one scene share nearly all of their text whatever
    /// is to be done, and equal ones do not come in twice.
    pub(crate) fn add(&mut self, item: &Item) {
        let Item::Trajectory(trajectory) = item else {
            return;
        };
        let task_type = self.type_index(&trajectory.task);
        self.items.push(Candidate {
            id: trajectory.id.0.clone(),
            task_id: trajectory.task.id.0.clone(),
            goal: trajectory.task.goal.clone(),
            task_type,
            signature: Signature::of(&trajectory.text()),
        });
    }

    fn type_index(&mut self, task: &Task) -> usize {
        let known = self.types.iter().position(|name| *name == task.task_type);
        known.unwrap_or_else(|| {
            self.types.push(task.task_type.clone());
            self.types.len() - 1
        })
    }

    /// How many items have a near-twin that is not quite their equal, and the pairs of different task
    /// types, most similar first.
    pub(crate) fn find(&self) -> (u64, Vec<Twin>) {
        let mut near = BTreeSet::new();
        let mut pairs = BTreeMap::new();
        for band in 0..Signature::NUM_BANDS {
            for run in self.runs(band) {
                self.compare(&run, &mut |a, b, similarity| {
                    if similarity < 1.0 {
                        near.extend([a, b]);
                    }
                    if self.items[a].task_type != self.items[b].task_type && pairs.len() < MAX_KEPT
                    {
                        pairs.insert((a.min(b), a.max(b)), (similarity, false));
                    }
                });
            }
        }
        self.same_games(&mut pairs);
        let mut twins: Vec<Twin> = pairs
            .into_iter()
            .map(|((a, b), (similarity, same_game))| Twin {
                sides: [self.side(a), self.side(b)],
                similarity,
                same_game,
            })
            .collect();
        twins.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        (near.len() as u64, twins)
    }

    /// Items that agree in `band`, as runs of at least two.
    fn runs(&self, band: usize) -> Vec<Vec<usize>> {
        let mut keyed: Vec<(u64, usize)> = self
            .items
            .iter()
            .enumerate()
            .map(|(index, item)| (item.signature.band(band), index))
            .collect();
        keyed.sort_unstable();
        keyed
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|run| run.len() > 1)
            .map(|run| run.iter().map(|(_, index)| *index).collect())
            .collect()
    }

    fn compare(&self, run: &[usize], on_pair: &mut dyn FnMut(usize, usize, f32)) {
        let mut last_of_type: BTreeMap<usize, usize> = BTreeMap::new();
        for (place, &index) in run.iter().enumerate() {
            let item = &self.items[index];
            let before = &run[place.saturating_sub(MAX_COMPARED)..place];
            let others = last_of_type
                .iter()
                .filter(|(task_type, _)| **task_type != item.task_type)
                .map(|(_, other)| other);
            for &other in before.iter().chain(others) {
                let similarity = item.signature.similarity(&self.items[other].signature);
                if similarity >= MIN_SIMILARITY {
                    on_pair(other, index, similarity);
                }
            }
            last_of_type.insert(item.task_type, index);
        }
    }

    /// Adds items of one task under different task types.
    fn same_games(&self, pairs: &mut BTreeMap<(usize, usize), (f32, bool)>) {
        let mut by_task: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, item) in self.items.iter().enumerate() {
            let first = *by_task.entry(&item.task_id).or_insert(index);
            if self.items[first].task_type != item.task_type && pairs.len() < MAX_KEPT {
                let similarity = item.signature.similarity(&self.items[first].signature);
                pairs.insert((first, index), (similarity, true));
            }
        }
    }

    fn side(&self, index: usize) -> Side {
        let item = &self.items[index];
        Side {
            id: item.id.clone(),
            task_type: self.types[item.task_type].clone(),
            goal: item.goal.clone(),
        }
    }
}

/// Writes the pairs beside a data set's items.
pub(crate) fn write_twins(folder: &Path, twins: &[Twin]) -> Result<()> {
    let text = serde_json::to_vec(twins).context(WRITE_FAILED)?;
    write_whole(&folder.join(FILE), &text)
}

/// The pairs that a split puts on different sides.
pub(crate) fn split_leaks(
    folder: &Path,
    is_unseen: impl Fn(&str) -> bool,
) -> Result<Vec<SplitLeak>> {
    let text = match std::fs::read(folder.join(FILE)) {
        Ok(text) => text,
        // Data sets made before twins were looked for have no such file.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context(DAMAGED),
    };
    let twins: Vec<Twin> = serde_json::from_slice(&text).context(DAMAGED)?;
    let leaks = twins.iter().filter_map(|twin| twin.leak(&is_unseen));
    Ok(leaks.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::EpisodeEnd;
    use lore_core::testing::{task, trajectory};

    fn episode(id: &str, task_type: &str, found: &str) -> Item {
        let mut task = task(id);
        task.task_type = task_type.to_owned();
        "put it away".clone_into(&mut task.goal);
        let shelves: Vec<String> = (0..40)
            .map(|i| format!("On the shelf {i} is a thing {i}."))
            .collect();
        let room = shelves.join(" ");
        trajectory(
            task,
            &[("look", &room), ("take it", found)],
            EpisodeEnd::Success,
        )
        .into()
    }

    #[test]
    fn near_twins_across_types_are_found_and_others_are_not() {
        let mut finder = TwinFinder::default();
        finder.add(&episode("a", "heat", "You have a mug."));
        finder.add(&episode("b", "cool", "You have a cup."));
        let mut other = task("c");
        other.task_type = "cool".into();
        let steps = [
            ("go north", "A dark wood."),
            ("go south", "A river with a bridge."),
        ];
        finder.add(&trajectory(other, &steps, EpisodeEnd::Success).into());
        let (num_near, twins) = finder.find();
        assert_eq!((num_near, twins.len()), (2, 1));
        assert!(twins[0].similarity >= MIN_SIMILARITY && twins[0].similarity < 1.0);
        let leak = twins[0].leak(|name| name == "cool").unwrap();
        assert_eq!(leak.task_types, ["heat", "cool"]);
        assert!(twins[0].leak(|_| false).is_none(), "nothing is held out");
    }

    #[test]
    fn one_game_under_two_types_is_told() {
        let mut finder = TwinFinder::default();
        finder.add(&episode("a", "heat", "Done."));
        let steps = [("sing", "Nobody hears you.")];
        let mut other = task("a");
        other.task_type = "cool".into();
        finder.add(&trajectory(other, &steps, EpisodeEnd::Failure).into());
        let (_, twins) = finder.find();
        assert!(twins.len() == 1 && twins[0].same_game);
    }
}
