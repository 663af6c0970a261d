//! Which memories an example shows: a function of the seed, the pass and the example, and of nothing else.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use lore_core::{Experience, Hit, LeakGuard, MemoryCount, MemoryMix, Trajectory};

#[cfg(test)]
mod tests;

/// The memories of an example of `trajectory`, in the order in which they stand in its prompt.
///
/// `found` is what retrieval found for it, best first; `others` is what unrelated memories are taken from.
/// Of these none is of the trajectory's own task type, none stands there twice, and none is the
/// trajectory itself or a twin of it. A memory for which there is no such replacement stays.
pub(crate) fn shown(
    mix: &MemoryMix,
    seed: u64,
    trajectory: &Trajectory,
    found: &[Hit],
    others: &[&Experience],
) -> Vec<Hit> {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    // What is drawn first does not depend on what is drawn later: trainings that differ in one choice have
    // the draws before it in common.
    if dice.chance(mix.without) {
        return Vec::new();
    }
    let mut memories = found[..dice.count(mix.count, found.len())].to_vec();
    if mix.shuffled {
        dice.shuffle(&mut memories);
    }
    replace_some(mix.unrelated, &mut dice, trajectory, &mut memories, others);
    memories
}

/// Puts unrelated experiences in the places of a share of `memories`; each keeps the rank of the place.
fn replace_some(
    share: f64,
    dice: &mut Dice,
    trajectory: &Trajectory,
    memories: &mut [Hit],
    others: &[&Experience],
) {
    if share <= 0.0 {
        return;
    }
    let guard = LeakGuard::for_training(trajectory);
    let own_type = &trajectory.task.task_type;
    let unrelated: Vec<&Experience> = others
        .iter()
        .copied()
        .filter(|other| other.trajectory.task.task_type != *own_type)
        .collect();
    let mut taken: BTreeSet<_> = memories
        .iter()
        .map(|hit| hit.experience.id.clone())
        .collect();
    for memory in memories {
        if !dice.chance(share) {
            continue;
        }
        // From a random place on, because almost every experience will do.
        let (before, after) = unrelated.split_at(dice.below(unrelated.len()));
        let fits =
            |other: &&&Experience| !taken.contains(&other.id) && !guard.blocks(&other.trajectory);
        if let Some(other) = after.iter().chain(before).find(fits) {
            taken.insert(other.id.clone());
            memory.experience = (*other).clone();
            // Nothing compared it with the task.
            memory.score = 0.0;
        }
    }
}

/// Chance, the same on every machine.
struct Dice(ChaCha8Rng);

impl Dice {
    /// True for this share of calls.
    fn chance(&mut self, share: f64) -> bool {
        // The 53 bits that a number between 0 and 1 holds.
        ((self.0.next_u64() >> 11) as f64) < share * (1u64 << 53) as f64
    }

    /// A number below `end`; 0 when there is none.
    fn below(&mut self, end: usize) -> usize {
        // The bias of the remainder is below 2^-40 for any number of memories.
        (self.0.next_u64() % end.max(1) as u64) as usize
    }

    fn count(&mut self, count: MemoryCount, num_found: usize) -> usize {
        match count {
            MemoryCount::All => num_found,
            MemoryCount::FromOne => num_found.min(1 + self.below(num_found)),
            MemoryCount::FromNone => self.below(num_found + 1),
        }
    }

    /// Every order is as likely as any other (Fisher and Yates).
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
