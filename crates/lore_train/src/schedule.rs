//! The learning rate of a step.

use lore_core::{Schedule, TrainConfig};

/// The learning rate of optimiser step `step`, counted from 1, of `num_steps`.
///
/// Warm-up rises in equal parts and reaches the peak with its last step. (Hugging Face's rises from
/// zero itself, so that its first step does nothing.) A cosine then falls from the peak to zero.
pub(crate) fn learning_rate(config: &TrainConfig, step: u64, num_steps: u64) -> f64 {
    let warmup = config.warmup_steps;
    if step <= warmup {
        return config.learning_rate * step as f64 / warmup as f64;
    }
    match config.schedule {
        Schedule::Constant => config.learning_rate,
        Schedule::Cosine => {
            let steps_left = num_steps.saturating_sub(warmup).max(1);
            let progress = (step - 1 - warmup) as f64 / steps_left as f64;
            config.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * progress.min(1.0)).cos())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schedule: Schedule, warmup_steps: u64, expected: &[f64]) {
        let config = TrainConfig {
            learning_rate: 1.0,
            schedule,
            warmup_steps,
            ..TrainConfig::default()
        };
        for (index, expected) in expected.iter().enumerate() {
            let rate = learning_rate(&config, index as u64 + 1, 4);
            assert!((rate - expected).abs() < 1e-9, "step {}: {rate}", index + 1);
        }
    }

    #[test]
    fn rates_follow_their_schedule() {
        check(Schedule::Constant, 0, &[1.0, 1.0, 1.0, 1.0]);
        check(Schedule::Constant, 2, &[0.5, 1.0, 1.0, 1.0]);
        check(
            Schedule::Cosine,
            0,
            &[1.0, 0.853_553_390_593, 0.5, 0.146_446_609_407],
        );
        check(Schedule::Cosine, 2, &[0.5, 1.0, 1.0, 0.5]);
        check(Schedule::Cosine, 9, &[1.0 / 9.0, 2.0 / 9.0]);
    }
}
