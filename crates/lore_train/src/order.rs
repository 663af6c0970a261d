//! Which examples a step sees.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use lore_core::TrainConfig;

use crate::seeds::{Purpose, derive};

/// The order of examples: epochs, each shuffled on its own, one after the other, cut into batches.
/// A batch may reach into the next epoch; only the last one of a training is smaller.
///
/// The order is a function of the seed: a resumed training needs to know its step and nothing else.
#[derive(Clone, Debug)]
pub struct Order {
    num_examples: u64,
    batch_size: u64,
    /// Examples that are seen in all, repeats included.
    num_positions: u64,
    seed: u64,
}

/// An example as a pass over the data shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which pass, counted from 0.
    pub pass: u64,
    /// Which example.
    pub index: usize,
}

impl Order {
    /// The order for `num_examples` examples.
    pub fn new(config: &TrainConfig, num_examples: usize) -> Self {
        let batch_size = config.batch_size.max(1) as u64;
        let by_epochs = (config.epochs.max(0.0) * num_examples as f64).ceil() as u64;
        let num_positions = match config.max_steps {
            0 => by_epochs,
            limit => by_epochs.min(limit.saturating_mul(batch_size)),
        };
        Self {
            num_examples: num_examples as u64,
            batch_size,
            num_positions,
            seed: config.seed,
        }
    }

    /// Optimiser steps in all.
    pub fn num_steps(&self) -> u64 {
        self.num_positions.div_ceil(self.batch_size)
    }

    /// The examples of step `step`, counted from 1.
    pub fn batch(&self, step: u64) -> Vec<Place> {
        let start = (step - 1) * self.batch_size;
        let end = (start + self.batch_size).min(self.num_positions);
        let mut batch = Vec::with_capacity(self.batch_size as usize);
        let mut shuffled: Option<(u64, Vec<usize>)> = None;
        for position in start..end {
            let pass = position / self.num_examples;
            let order = match shuffled.take() {
                Some((of, order)) if of == pass => order,
                _ => self.epoch(pass),
            };
            let index = order[(position % self.num_examples) as usize];
            batch.push(Place { pass, index });
            shuffled = Some((pass, order));
        }
        batch
    }

    /// Passes over the data after `step` steps.
    pub fn epochs_done(&self, step: u64) -> f64 {
        let positions = (step * self.batch_size).min(self.num_positions);
        positions as f64 / self.num_examples.max(1) as f64
    }

    /// All examples in the order of an epoch (Fisher and Yates).
    fn epoch(&self, epoch: u64) -> Vec<usize> {
        let seed = derive(self.seed, Purpose::Order, &[epoch]);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..self.num_examples as usize).collect();
        for last in (1..order.len()).rev() {
            // The bias of the remainder is below 2^-40 for any number of examples.
            let other = rng.next_u64() % (last as u64 + 1);
            order.swap(last, other as usize);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(epochs: f64, max_steps: u64, batch_size: usize, num_examples: usize) -> Order {
        let config = TrainConfig {
            epochs,
            max_steps,
            batch_size,
            ..TrainConfig::default()
        };
        Order::new(&config, num_examples)
    }

    #[test]
    fn every_epoch_sees_every_example_once_in_an_order_of_its_own() {
        let order = order(3.0, 0, 2, 5);
        assert_eq!(order.num_steps(), 8);
        let places: Vec<Place> = (1..=8).flat_map(|step| order.batch(step)).collect();
        let passes: Vec<u64> = places.iter().map(|place| place.pass).collect();
        assert_eq!(passes, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
        let seen: Vec<usize> = places.iter().map(|place| place.index).collect();
        for epoch in seen.chunks(5) {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
        }
        assert!(seen[..5] != seen[5..10] || seen[5..10] != seen[10..]);
        assert!((order.epochs_done(8) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_limit_of_steps_and_parts_of_epochs_hold() {
        assert_eq!(order(9.0, 4, 2, 5).num_steps(), 4);
        assert_eq!(order(0.5, 0, 2, 6).num_steps(), 2);
        assert_eq!(order(0.5, 0, 2, 6).batch(2).len(), 1);
        assert_eq!(order(1.0, 0, 4, 0).num_steps(), 0);
    }
}
