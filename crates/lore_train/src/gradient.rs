//! Loss and gradient of passes, and their sum.

use lore_llm::AdapterWeights;

use crate::buffers::LoraBuffers;

/// What one pass gives, or several together.
///
/// **Invariant:** a sum begins with zeros, and passes are added to it in their order. Who computed them, and
/// whether right into the sum or into zeros of their own first, then changes no bit: a pass adds to each number
/// once, and the only thing that zeros change, the sign of a zero, is lost on a sum that began with +0.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PassGradient {
    pub(crate) gradients: LoraBuffers,
    pub(crate) loss: f64,
}

impl PassGradient {
    /// Of no pass.
    pub(crate) fn zeros(adapter: &AdapterWeights) -> Self {
        Self {
            gradients: LoraBuffers::zeros(adapter),
            loss: 0.0,
        }
    }

    /// Adds the next pass.
    pub(crate) fn add(&mut self, next: &Self) {
        self.gradients.add(&next.gradients);
        self.loss += next.loss;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffers::PairBuffers;

    fn of(numbers: &[f32]) -> LoraBuffers {
        let pair = PairBuffers {
            a: numbers.to_vec(),
            ..PairBuffers::default()
        };
        LoraBuffers { pairs: vec![pair] }
    }

    fn bits(buffers: &LoraBuffers) -> Vec<u32> {
        buffers.pairs[0].a.iter().map(|it| it.to_bits()).collect()
    }

    #[test]
    fn zeros_of_their_own_change_no_bit_of_a_sum() {
        let tiny = f32::from_bits(1);
        let passes = [
            [0.0, -0.0, -0.0, 0.1, tiny, 1e30],
            [-0.0, -0.0, 0.3, 0.2, -tiny, 1.0],
            [-0.0, 0.0, -0.3, 0.7, -tiny, -1e30],
        ];
        let (mut direct, mut sum) = (of(&[0.0; 6]), of(&[0.0; 6]));
        for pass in passes {
            direct.add(&of(&pass));
            let mut own = of(&[0.0; 6]);
            own.add(&of(&pass));
            sum.add(&own);
        }
        assert_eq!(bits(&direct), bits(&sum));
    }
}
