//! AdamW (Loshchilov and Hutter 2019), as `PyTorch` computes it.

use lore_core::{MomentFormat, TrainConfig};
use lore_llm::AdapterWeights;

use crate::buffers::LoraBuffers;

pub(crate) mod blockwise;
mod moments;

pub(crate) use moments::Moments;

/// The optimiser's state: two moments for each trained number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AdamW {
    /// Steps taken.
    pub(crate) step: u64,
    /// For each pair of the adapter, those of its parts, in the order of [`lore_llm::LoraPair::trained`].
    pub(crate) moments: Vec<[Moments; 3]>,
}

/// The factors of one step.
struct Factors {
    decay: f32,
    /// One less the first moment's decay, subtracted before rounding; so below.
    new_mean: f32,
    old_square: f32,
    new_square: f32,
    step_size: f32,
    square_root_correction: f32,
    epsilon: f32,
}

impl AdamW {
    pub(crate) fn new(adapter: &AdapterWeights, format: MomentFormat) -> Self {
        let zeros = |part: &[f32]| Moments::zeros(part.len(), format);
        let pairs = adapter.pairs.iter();
        Self {
            step: 0,
            moments: pairs.map(|pair| pair.trained().map(zeros)).collect(),
        }
    }

    /// Moves `adapter` one step down `gradients`.
    pub(crate) fn step(
        &mut self,
        config: &TrainConfig,
        learning_rate: f64,
        gradients: &LoraBuffers,
        adapter: &mut AdapterWeights,
    ) {
        self.step += 1;
        let correction = |beta: f64| 1.0 - beta.powf(self.step as f64);
        let factors = Factors {
            decay: (1.0 - learning_rate * config.weight_decay) as f32,
            new_mean: (1.0 - config.beta1) as f32,
            old_square: config.beta2 as f32,
            new_square: (1.0 - config.beta2) as f32,
            step_size: (learning_rate / correction(config.beta1)) as f32,
            square_root_correction: correction(config.beta2).sqrt() as f32,
            epsilon: config.epsilon as f32,
        };
        let pairs = adapter.pairs.iter_mut().zip(&gradients.pairs);
        for ((pair, gradient), moments) in pairs.zip(&mut self.moments) {
            let parts = pair.trained_mut().into_iter().zip(gradient.parts());
            for ((values, gradient), moments) in parts.zip(moments) {
                moments.step(&factors, values, gradient);
            }
        }
    }
}

impl Factors {
    fn update(&self, values: &mut [f32], grads: &[f32], mean: &mut [f32], square: &mut [f32]) {
        let moments = mean.iter_mut().zip(square);
        for ((value, grad), (mean, square)) in values.iter_mut().zip(grads).zip(moments) {
            *mean += (grad - *mean) * self.new_mean;
            *square = self.old_square * *square + self.new_square * grad * grad;
            let root = square.sqrt() / self.square_root_correction + self.epsilon;
            *value = self.decay * *value - self.step_size * *mean / root;
        }
    }
}

#[cfg(test)]
mod tests {
    use lore_core::{LoraConfig, TargetModule};
    use lore_llm::LoraPair;

    use super::*;
    use crate::buffers::PairBuffers;

    /// `torch.optim.AdamW([1.0, -2.0], lr=0.1, weight_decay=0.01)` with the gradients below.
    #[test]
    fn three_steps_agree_with_pytorch() {
        let config = TrainConfig {
            weight_decay: 0.01,
            ..TrainConfig::default()
        };
        let mut adapter = AdapterWeights {
            config: LoraConfig::default(),
            base_model: String::new(),
            pairs: vec![LoraPair {
                layer: 0,
                module: TargetModule::QProj,
                a: vec![1.0, -2.0],
                b: Vec::new(),
                magnitude: Vec::new(),
            }],
        };
        let mut optimizer = AdamW::new(&adapter, MomentFormat::Single);
        for (gradient, expected) in STEPS {
            let pair = PairBuffers {
                a: gradient.to_vec(),
                ..PairBuffers::default()
            };
            let gradients = LoraBuffers { pairs: vec![pair] };
            optimizer.step(&config, 0.1, &gradients, &mut adapter);
            for (value, expected) in adapter.pairs[0].a.iter().zip(expected) {
                assert!((value - expected).abs() < 1e-6, "{value} {expected}");
            }
        }
    }

    const STEPS: [([f32; 2], [f32; 2]); 3] = [
        ([0.5, -0.1], [0.899, -1.898]),
        ([0.2, 0.3], [0.808_243_5, -1.945_521]),
        ([-1.0, 0.0], [0.830_781_6, -1.981_776_5]),
    ];
}
