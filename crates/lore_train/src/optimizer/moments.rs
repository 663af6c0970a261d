//! Both moments of one trained matrix, in single precision or in eight bits.

use lore_core::MomentFormat;

use super::Factors;
use super::blockwise::{BLOCK, Blockwise, SIGNED, UNSIGNED};

/// The running means of a matrix's gradients and of their squares.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Moments {
    /// In single precision.
    Single {
        /// Of gradients.
        mean: Vec<f32>,
        /// Of squared gradients.
        square: Vec<f32>,
    },
    /// In eight bits, between steps: they are computed with in single precision.
    EightBit {
        /// Of gradients.
        mean: Blockwise,
        /// Of squared gradients.
        square: Blockwise,
    },
}

impl Moments {
    /// Zeros for a matrix of `len` numbers.
    pub(super) fn zeros(len: usize, format: MomentFormat) -> Self {
        match format {
            MomentFormat::Single => Self::Single {
                mean: vec![0.0; len],
                square: vec![0.0; len],
            },
            MomentFormat::EightBit => Self::EightBit {
                mean: Blockwise::zeros(len, &SIGNED),
                square: Blockwise::zeros(len, &UNSIGNED),
            },
        }
    }

    /// Takes in `grads` and moves `values`.
    pub(super) fn step(&mut self, factors: &Factors, values: &mut [f32], grads: &[f32]) {
        match self {
            Self::Single { mean, square } => factors.update(values, grads, mean, square),
            Self::EightBit { mean, square } => {
                let blocks = values.chunks_mut(BLOCK).zip(grads.chunks(BLOCK));
                for (block, (values, grads)) in blocks.enumerate() {
                    let (mut new_mean, len) = mean.read(block, &SIGNED);
                    let (mut new_square, _) = square.read(block, &UNSIGNED);
                    factors.update(values, grads, &mut new_mean, &mut new_square);
                    mean.write(block, &new_mean[..len], &SIGNED);
                    square.write(block, &new_square[..len], &UNSIGNED);
                }
            }
        }
    }
}
