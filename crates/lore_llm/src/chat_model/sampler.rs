//! Picking the next token.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use lore_core::Sampling;

/// How far below the largest logit tokens are looked for at first, in units of the temperature.
const FIRST_REACH: f64 = 8.0;

/// Picks tokens for one completion. Its random numbers depend on the seed of the request alone, so
/// a completion does not change with what else is computed beside it.
#[derive(Debug)]
pub(super) struct Sampler {
    temperature: f64,
    top_p: f64,
    random: ChaCha8Rng,
}

impl Sampler {
    pub(super) fn new(sampling: &Sampling) -> Self {
        Self {
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            random: ChaCha8Rng::seed_from_u64(sampling.seed),
        }
    }

    /// The next token: the most likely one, or one drawn from the most likely ones.
    pub(super) fn pick(&mut self, logits: &[f32]) -> u32 {
        let best = most_likely(logits);
        if self.temperature <= 0.0 {
            return best as u32;
        }
        let weights = self.weights(logits, logits[best]);
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let mut left = self.random.random::<f64>() * total;
        for (token, weight) in &weights {
            left -= weight;
            if left < 0.0 {
                return *token;
            }
        }
        best as u32
    }

    /// The tokens that may be drawn, with their share of the probability: all of them in order, or the
    /// smallest set that has `top_p` of it (Holtzman et al. 2020), most likely first.
    fn weights(&self, logits: &[f32], max: f32) -> Vec<(u32, f64)> {
        let weight = |logit: f32| (f64::from(logit - max) / self.temperature).exp();
        let all = || (0u32..).zip(logits.iter().map(|logit| weight(*logit)));
        if self.top_p >= 1.0 {
            return all().collect();
        }
        let total: f64 = all().map(|(_, weight)| weight).sum();
        // Few tokens are likely: those that are sorted at first are mostly enough.
        for reach in [FIRST_REACH, f64::INFINITY] {
            let least = max - (reach * self.temperature) as f32;
            let likely = (0u32..).zip(logits).filter(|(_, logit)| **logit >= least);
            let mut likely: Vec<(u32, f64)> = likely
                .map(|(token, logit)| (token, weight(*logit)))
                .collect();
            likely.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let mut sum = 0.0;
            let last = likely.iter().position(|(_, weight)| {
                sum += weight;
                sum >= self.top_p * total
            });
            if let Some(last) = last {
                likely.truncate(last + 1);
                return likely;
            }
        }
        // Not even the sum of all reaches it, for rounding.
        all().collect()
    }
}

/// The first of the largest logits.
fn most_likely(logits: &[f32]) -> usize {
    let mut best = 0;
    for (index, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(temperature: f64, top_p: f64, seed: u64) -> Sampler {
        Sampler::new(&Sampling {
            temperature,
            top_p,
            seed,
            ..Sampling::default()
        })
    }

    #[test]
    fn zero_temperature_takes_the_first_of_the_best() {
        assert_eq!(sampler(0.0, 1.0, 1).pick(&[0.0, 3.0, 3.0]), 1);
    }

    #[test]
    fn the_nucleus_leaves_unlikely_tokens_out() {
        let mut narrow = sampler(1.0, 0.9, 7);
        let logits = [5.0, 4.9, -5.0];
        assert!((0..200).all(|_| narrow.pick(&logits) != 2));
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let mut sampler = sampler(2.0, 1.0, 3);
        let logits = [0.0, 2.0 * 3f32.ln()];
        let ones = (0..4000).filter(|_| sampler.pick(&logits) == 1).count();
        assert!(
            (2880..3120).contains(&ones),
            "{ones} of 4000, 3000 expected"
        );
    }
}
