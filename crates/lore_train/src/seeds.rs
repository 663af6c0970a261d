//! One seed for everything random, and a seed of its own for every use.

use lore_core::mix;

/// Keeps uses of one seed apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Values of a matrix before the first step; by layer and module.
    Initialisation = 1,
    /// Order of examples; by epoch.
    Order = 2,
    /// Dropped inputs; by step and place in the batch, and below that by layer and module.
    Dropout = 3,
    /// Memories that an example shows; by pass and example.
    Memories = 4,
}

/// A seed for `purpose`, further told apart by `path`. Equal inputs give equal seeds on every machine.
pub(crate) fn derive(seed: u64, purpose: Purpose, path: &[u64]) -> u64 {
    below(mix(seed ^ mix(purpose as u64)), path)
}

/// A seed of its own for each `path` below a seed.
pub(crate) fn below(seed: u64, path: &[u64]) -> u64 {
    path.iter()
        .fold(seed, |seed, part| mix(seed ^ mix(part.wrapping_add(1))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_use_has_its_own_seed() {
        let mut seen = BTreeSet::new();
        for seed in 0..5 {
            for purpose in [
                Purpose::Initialisation,
                Purpose::Order,
                Purpose::Dropout,
                Purpose::Memories,
            ] {
                for a in 0..10 {
                    assert!(seen.insert(derive(seed, purpose, &[a])));
                    for b in 0..10 {
                        assert!(seen.insert(derive(seed, purpose, &[a, b])));
                    }
                }
            }
        }
    }
}
