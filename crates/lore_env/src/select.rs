//! Which tasks of a world an experiment plays.

use std::collections::BTreeMap;

use lore_core::{Split, Task};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use crate::World;

/// How many tasks are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumTasks {
    /// So many of each type, or all there are.
    PerType(usize),
    /// So many in all, spread over the types as evenly as their sizes allow.
    Total(usize),
}

/// Picks tasks of `split` at random, of the types in `types` (all when empty). Types take turns, so
/// that every beginning of the list is spread evenly too. The same arguments give the same tasks.
pub fn select_tasks(
    world: &dyn World,
    split: Split,
    types: &[String],
    count: NumTasks,
    seed: u64,
) -> Vec<Task> {
    let mut by_type: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
    for task in world.tasks() {
        if task.split == split && (types.is_empty() || types.contains(&task.task_type)) {
            by_type.entry(&task.task_type).or_default().push(task);
        }
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for tasks in by_type.values_mut() {
        // The order of a data set must not matter.
        tasks.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        tasks.shuffle(&mut random);
    }
    let (rounds, total) = match count {
        NumTasks::PerType(count) => (count, usize::MAX),
        NumTasks::Total(count) => (usize::MAX, count),
    };
    let longest = by_type.values().map(Vec::len).max().unwrap_or(0);
    (0..longest.min(rounds))
        .flat_map(|round| by_type.values().filter_map(move |tasks| tasks.get(round)))
        .take(total)
        .map(|task| (*task).clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GeneratedWorld;

    #[test]
    fn types_take_turns_and_the_seed_decides() {
        let world = GeneratedWorld::new(3, true);
        let some = |count, seed| select_tasks(&world, Split::Test, &[], count, seed);
        let picked = some(NumTasks::Total(20), 1);
        assert_eq!(picked, some(NumTasks::Total(20), 1));
        assert_ne!(picked, some(NumTasks::Total(20), 2));
        assert_eq!(picked.len(), 20);
        for (index, task) in picked.iter().enumerate() {
            assert_eq!(task.split, Split::Test);
            assert_eq!(task.task_type, picked[index % 6].task_type);
        }
        assert_eq!(some(NumTasks::PerType(7), 1).len(), 42);
        let types = ["look_at_obj_in_light".to_owned()];
        let all = select_tasks(&world, Split::Test, &types, NumTasks::PerType(9999), 1);
        assert_eq!(all.len(), 120);
    }
}
