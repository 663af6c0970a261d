//! Recipes that cannot work, found before anything is started.

use anyhow::{Result, bail, ensure};

use lore_core::TrainConfig;
use lore_llm::ModelConfig;

/// Checks that `config` describes a training that can run on `model`. The message says what to
/// change.
pub fn check_recipe(config: &TrainConfig, model: &ModelConfig) -> Result<()> {
    let lora = &config.lora;
    ensure!(
        lora.rank > 0 && !lora.target_modules.is_empty(),
        "The adapter has no weights: choose a rank of at least 1 and at least one projection"
    );
    ensure!(
        (0.0..1.0).contains(&lora.dropout),
        "Dropout must be at least 0 and below 1, not {}",
        lora.dropout
    );
    ensure!(
        lora.alpha.is_finite() && lora.alpha != 0.0,
        "Alpha must be a number other than 0"
    );
    ensure!(
        config.learning_rate.is_finite() && config.learning_rate > 0.0,
        "The learning rate must be above 0, not {}",
        config.learning_rate
    );
    ensure!(
        (0.0..1.0).contains(&config.beta1) && (0.0..1.0).contains(&config.beta2),
        "The decay rates of AdamW must be at least 0 and below 1"
    );
    ensure!(
        config.epsilon > 0.0 && config.weight_decay >= 0.0 && config.max_grad_norm >= 0.0,
        "AdamW's epsilon must be above 0, weight decay and gradient clipping at least 0"
    );
    ensure!(
        config.batch_size > 0,
        "A step needs at least one trajectory: choose a batch size of at least 1"
    );
    ensure!(
        config.epochs.is_finite() && config.epochs > 0.0,
        "There is nothing to do in {} passes over the data",
        config.epochs
    );
    if let Some(problem) = config.memory_mix.problem() {
        bail!(problem);
    }
    ensure!(
        config.max_tokens <= model.context_length,
        "Examples of {} tokens are longer than the {} that the model can read",
        config.max_tokens,
        model.context_length
    );
    ensure!(
        model.logit_cap.is_none(),
        "This model caps its logits, which can be run but not trained: choose another model"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{tiny_config, tiny_weights};

    #[test]
    fn each_impossible_recipe_is_refused() {
        let model = tiny_weights().config;
        let sound = tiny_config();
        check_recipe(&sound, &model).expect("the tiny recipe is sound");
        let broken: [fn(&mut TrainConfig); 11] = [
            |config| config.lora.rank = 0,
            |config| config.lora.target_modules.clear(),
            |config| config.lora.dropout = 1.0,
            |config| config.learning_rate = f64::NAN,
            |config| config.learning_rate = 0.0,
            |config| config.beta2 = 1.0,
            |config| config.batch_size = 0,
            |config| config.epochs = 0.0,
            |config| config.max_tokens = 1 << 30,
            |config| config.memory_mix.without = 1.5,
            |config| config.memory_mix.unrelated = f64::NAN,
        ];
        for (index, change) in broken.into_iter().enumerate() {
            let mut config = sound.clone();
            change(&mut config);
            assert!(check_recipe(&config, &model).is_err(), "case {index}");
        }
        let capped = ModelConfig {
            logit_cap: Some(30.0),
            ..model
        };
        assert!(check_recipe(&sound, &capped).is_err());
    }
}
