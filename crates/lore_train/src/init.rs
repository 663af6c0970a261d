//! An adapter before its first step.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use lore_core::{LoraConfig, TargetModule};
use lore_llm::{AdapterWeights, LoraPair, Weights, module_shape, row_norms};

use crate::seeds::{Purpose, derive};

/// An adapter that changes nothing yet, as PEFT makes it: A is uniform between ±1/√in (Kaiming with
/// `a = √5`), B is zero, and `DoRA`'s magnitudes are the norms of the weight's rows. Each matrix has a generator of its own, so that adding a target changes
/// no other matrix.
pub fn init_adapter(
    base: &Weights,
    lora: &LoraConfig,
    seed: u64,
    base_model: &str,
) -> AdapterWeights {
    let mut modules = lora.target_modules.clone();
    modules.sort_unstable();
    modules.dedup();
    let mut pairs = Vec::with_capacity(base.layers.len() * modules.len());
    for layer in 0..base.layers.len() {
        for module in &modules {
            pairs.push(init_pair(base, lora, seed, (layer, *module)));
        }
    }
    AdapterWeights {
        config: LoraConfig {
            target_modules: modules,
            ..lora.clone()
        },
        base_model: base_model.to_owned(),
        pairs,
    }
}

fn init_pair(
    base: &Weights,
    lora: &LoraConfig,
    seed: u64,
    (layer, module): (usize, TargetModule),
) -> LoraPair {
    let (out, into) = module_shape(&base.config, module);
    let path = [layer as u64, module as u64];
    let mut rng = ChaCha8Rng::seed_from_u64(derive(seed, Purpose::Initialisation, &path));
    let bound = 1.0 / (into as f32).sqrt();
    let mut uniform = || {
        // 24 bits: as many as a float between 0 and 1 holds evenly.
        let unit = (rng.next_u32() >> 8) as f32 / (1 << 24) as f32;
        (2.0 * unit - 1.0) * bound
    };
    LoraPair {
        layer,
        module,
        a: (0..lora.rank * into).map(|_| uniform()).collect(),
        b: vec![0.0; out * lora.rank],
        magnitude: if lora.use_dora {
            row_norms(&base.layers[layer].linear(module).weight, &[], &[], 0.0)
        } else {
            Vec::new()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tiny_weights;

    #[test]
    fn starts_like_peft() {
        let weights = tiny_weights();
        let lora = LoraConfig::default();
        let adapter = init_adapter(&weights, &lora, 7, "tiny");
        assert_eq!(adapter.pairs.len(), weights.config.num_layers * 4);
        for pair in &adapter.pairs {
            let (out, into) = module_shape(&weights.config, pair.module);
            assert_eq!((pair.a.len(), pair.b.len()), (8 * into, out * 8));
            assert!(pair.b.iter().all(|b| *b == 0.0));
            let bound = 1.0 / (into as f32).sqrt();
            assert!(pair.a.iter().all(|a| a.abs() <= bound));
            // A uniform distribution has a variance of bound² / 3.
            let variance = pair.a.iter().map(|a| a * a).sum::<f32>() / pair.a.len() as f32;
            assert!((variance * 3.0 / (bound * bound) - 1.0).abs() < 0.3);
        }
        assert_eq!(adapter, init_adapter(&weights, &lora, 7, "tiny"));
        assert_ne!(adapter, init_adapter(&weights, &lora, 8, "tiny"));
    }

    #[test]
    fn another_target_changes_no_other_matrix() {
        let weights = tiny_weights();
        let small = init_adapter(&weights, &LoraConfig::default(), 1, "tiny");
        let all = LoraConfig {
            target_modules: TargetModule::ALL.to_vec(),
            ..LoraConfig::default()
        };
        let large = init_adapter(&weights, &all, 1, "tiny");
        for pair in &small.pairs {
            assert_eq!(large.pair(pair.layer, pair.module), Some(pair));
        }
    }
}
