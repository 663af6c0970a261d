//! Which rotations a model's queries and keys get.

use std::sync::Arc;

use crate::kernels::RopeTable;

/// Rotary position embedding of a group of layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotary {
    /// Base of the frequencies: that of pair `i` is `theta^(-2i / head_dim)`.
    pub theta: f32,
    /// Divisors of the frequencies, `head_dim / 2` of them; empty when they are not scaled.
    pub factors: Vec<f32>,
    /// Factor of rotated queries and keys; 1 unless the frequencies are scaled by `YaRN`.
    pub amplitude: f32,
    /// How queries grow with their position, if they do.
    pub growth: Option<QueryGrowth>,
}

/// Queries grow as `1 + rate · ln(1 + ⌊position / interval⌋)` (Llama 4 and Ministral 3), so that
/// attention stays as sharp over long texts as it was over short ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueryGrowth {
    /// The factor of the logarithm.
    pub rate: f32,
    /// Tokens over which queries stay the same.
    pub interval: usize,
}

impl QueryGrowth {
    fn factor(self, position: usize) -> f64 {
        let intervals = (position / self.interval) as f64;
        1.0 + f64::from(self.rate) * intervals.ln_1p()
    }
}

/// The rotations of a layer.
#[derive(Clone, Debug)]
pub struct Rotations {
    /// Of queries.
    pub queries: Arc<RopeTable>,
    /// Of keys.
    pub keys: Arc<RopeTable>,
}

impl Rotary {
    /// Rotations without any scaling.
    pub fn plain(theta: f32) -> Self {
        Self {
            theta,
            factors: Vec::new(),
            amplitude: 1.0,
            growth: None,
        }
    }

    /// True when the numbers fit a head of this size.
    pub(crate) fn is_sound(&self, head_dim: usize) -> bool {
        let positive = |number: &f32| number.is_finite() && *number > 0.0;
        [0, head_dim / 2].contains(&self.factors.len())
            && self.factors.iter().all(positive)
            && [self.theta, self.amplitude].iter().all(positive)
            && self.growth.is_none_or(|growth| growth.interval > 0)
    }

    /// The rotations of the first positions.
    pub fn rotations(&self, head_dim: usize, num_positions: usize) -> Rotations {
        let frequencies = self.frequencies(head_dim);
        let amplitude = f64::from(self.amplitude);
        let table = |growth: Option<QueryGrowth>| {
            Arc::new(RopeTable::scaled(&frequencies, num_positions, |position| {
                amplitude * growth.map_or(1.0, |growth| growth.factor(position))
            }))
        };
        let keys = table(None);
        Rotations {
            queries: match self.growth {
                Some(growth) => table(Some(growth)),
                None => Arc::clone(&keys),
            },
            keys,
        }
    }

    /// Radians per position, one for each pair of a head.
    fn frequencies(&self, head_dim: usize) -> Vec<f64> {
        let theta = f64::from(self.theta);
        (0..head_dim / 2)
            .map(|pair| {
                let factor = self.factors.get(pair).copied().unwrap_or(1.0);
                theta.powf(-2.0 * pair as f64 / head_dim as f64) / f64::from(factor)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Rotation;

    #[test]
    fn queries_grow_once_the_first_interval_is_over() {
        let rotary = Rotary {
            growth: Some(QueryGrowth {
                rate: 0.1,
                interval: 4,
            }),
            ..Rotary::plain(100.0)
        };
        let rotations = rotary.rotations(2, 9);
        let turned = |table: &RopeTable, position| {
            let mut head = vec![3.0, 4.0];
            table.apply(&mut head, 2, position, Rotation::Forward);
            head
        };
        for (position, factor) in [
            (3, 1.0),
            (4, 1.0 + 0.1 * 2f32.ln()),
            (8, 1.0 + 0.1 * 3f32.ln()),
        ] {
            let query = turned(&rotations.queries, position);
            let key = turned(&rotations.keys, position);
            for (query, key) in query.iter().zip(&key) {
                assert!((query - factor * key).abs() < 1e-6, "at {position}");
            }
        }
    }
}
