//! Numbers in the shape of an adapter: gradients and the optimiser's moments.

use lore_llm::AdapterWeights;

/// One number for each trained number, matrix by matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoraBuffers {
    /// In the order of [`AdapterWeights::pairs`].
    pub pairs: Vec<PairBuffers>,
}

/// Numbers in the shape of a pair of matrices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PairBuffers {
    /// `[rank, in]`.
    pub a: Vec<f32>,
    /// `[out, rank]`.
    pub b: Vec<f32>,
    /// `[out]`; empty without `DoRA`.
    pub magnitude: Vec<f32>,
}

impl PairBuffers {
    /// In the order of [`lore_llm::LoraPair::trained`].
    pub fn parts(&self) -> [&[f32]; 3] {
        [&self.a, &self.b, &self.magnitude]
    }

    /// The same, to be changed.
    pub fn parts_mut(&mut self) -> [&mut [f32]; 3] {
        [&mut self.a, &mut self.b, &mut self.magnitude]
    }
}

impl LoraBuffers {
    /// Zeros for every number of `adapter`.
    pub fn zeros(adapter: &AdapterWeights) -> Self {
        let pairs = adapter.pairs.iter().map(|pair| PairBuffers {
            a: vec![0.0; pair.a.len()],
            b: vec![0.0; pair.b.len()],
            magnitude: vec![0.0; pair.magnitude.len()],
        });
        Self {
            pairs: pairs.collect(),
        }
    }

    /// Adds the numbers of `part`, which has the same shape.
    pub(crate) fn add(&mut self, part: &Self) {
        for (whole, part) in self.pairs.iter_mut().zip(&part.pairs) {
            for (whole, part) in whole.parts_mut().into_iter().zip(part.parts()) {
                add(whole, part);
            }
        }
    }

    /// The Euclidean norm of all numbers together.
    pub fn norm(&self) -> f64 {
        let sums = self
            .pairs
            .iter()
            .map(|pair| pair.parts().map(square_sum).iter().sum::<f64>());
        sums.sum::<f64>().sqrt()
    }

    /// Scales everything down to the norm `limit`, if it is larger; 0 means no limit. As `PyTorch`'s
    /// `clip_grad_norm_`.
    pub(crate) fn clip(&mut self, norm: f64, limit: f64) {
        let factor = limit / (norm + 1e-6);
        if limit <= 0.0 || factor >= 1.0 {
            return;
        }
        for pair in &mut self.pairs {
            for value in pair.parts_mut().into_iter().flatten() {
                *value *= factor as f32;
            }
        }
    }
}

/// The Euclidean norm of a matrix.
pub(crate) fn norm(values: &[f32]) -> f64 {
    square_sum(values).sqrt()
}

/// Adds `part` to `whole`.
pub(crate) fn add(whole: &mut [f32], part: &[f32]) {
    for (whole, part) in whole.iter_mut().zip(part) {
        *whole += part;
    }
}

fn square_sum(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_keeps_the_direction_and_only_shrinks() {
        let pair = PairBuffers {
            a: vec![3.0],
            b: vec![4.0],
            magnitude: Vec::new(),
        };
        let mut buffers = LoraBuffers { pairs: vec![pair] };
        let unclipped = buffers.clone();
        for limit in [0.0, 6.0] {
            buffers.clip(buffers.norm(), limit);
            assert_eq!(buffers, unclipped);
        }
        buffers.clip(buffers.norm(), 1.0);
        assert!((buffers.norm() - 1.0).abs() < 1e-6);
        assert!((buffers.pairs[0].a[0] - 0.6).abs() < 1e-6);
    }
}
