//! The proof that every matrix learns.
//!
//! A frozen matrix does not show in the loss: the others make up for it. So the gradients of the
//! first two steps are looked at, one by one.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use lore_core::GradientCertificate;
use lore_llm::{AdapterWeights, LoraPair};

use crate::buffers::{LoraBuffers, PairBuffers, norm};

/// Collects what a [`GradientCertificate`] says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Inspection {
    certificate: GradientCertificate,
}

impl Inspection {
    /// Looks at the gradients of step `step`, counted from 1: at every B and `DoRA`'s magnitudes in the
    /// first, at every A in the second (before B has moved, A's is zero). Returns true when that completed the
    /// certificate.
    ///
    /// Fails when a matrix got none: training on would waste hours on an adapter that is partly
    /// what it was at the start.
    pub(crate) fn look(
        &mut self,
        step: u64,
        adapter: &AdapterWeights,
        gradients: &LoraBuffers,
    ) -> Result<bool> {
        if self.certificate.complete || !(1..=2).contains(&step) {
            return Ok(false);
        }
        let certificate = &mut self.certificate;
        let dead = &mut certificate.dead;
        let mut smallest = |part: fn(&PairBuffers) -> &[f32], name: &str| {
            let norms = gradients.pairs.iter().map(|pair| norm(part(pair)));
            smallest(adapter.pairs.iter().zip(norms), name, dead)
        };
        if step == 1 {
            certificate.min_b_norm = smallest(|pair| &pair.b, "lora_B");
            certificate.num_matrices = 2 * adapter.pairs.len();
            if adapter.config.use_dora {
                certificate.min_magnitude_norm =
                    smallest(|pair| &pair.magnitude, "lora_magnitude_vector");
                certificate.num_matrices += adapter.pairs.len();
            }
        } else {
            certificate.min_a_norm = smallest(|pair| &pair.a, "lora_A");
            certificate.complete = true;
        }
        ensure!(
            certificate.dead.is_empty(),
            "Training was stopped because {} of {} adapter matrices received no gradient and would \
             never learn, the first of them {}. The base model is probably of a kind that cannot be \
             trained here",
            certificate.dead.len(),
            certificate.num_matrices,
            certificate.dead[0],
        );
        Ok(certificate.complete)
    }

    /// What was seen so far.
    pub(crate) fn certificate(&self) -> &GradientCertificate {
        &self.certificate
    }
}

/// The smallest of `norms`; names of matrices whose norm is zero or not finite go to `dead`.
fn smallest<'a>(
    norms: impl Iterator<Item = (&'a LoraPair, f64)>,
    matrix: &str,
    dead: &mut Vec<String>,
) -> f64 {
    let mut smallest = f64::MAX;
    for (pair, norm) in norms {
        if !norm.is_finite() || norm == 0.0 {
            let (parent, module) = (pair.module.parent(), pair.module.name());
            dead.push(format!("layers.{}.{parent}.{module}.{matrix}", pair.layer));
        }
        smallest = smallest.min(norm);
    }
    smallest
}

#[cfg(test)]
mod tests {
    use lore_core::LoraConfig;

    use super::*;
    use crate::init_adapter;
    use crate::testing::tiny_weights;

    fn adapter_and_gradients() -> (AdapterWeights, LoraBuffers) {
        let dora = LoraConfig {
            use_dora: true,
            ..LoraConfig::default()
        };
        let adapter = init_adapter(&tiny_weights(), &dora, 1, "tiny");
        let mut gradients = LoraBuffers::zeros(&adapter);
        for pair in &mut gradients.pairs {
            pair.a[0] = 0.5;
            pair.b[1] = -0.25;
            pair.magnitude[2] = 0.125;
        }
        (adapter, gradients)
    }

    #[test]
    fn a_sound_start_is_certified_after_two_steps() -> Result<()> {
        let (adapter, gradients) = adapter_and_gradients();
        let mut inspection = Inspection::default();
        assert!(!inspection.look(1, &adapter, &gradients)?);
        assert!(!inspection.certificate().holds());
        assert!(inspection.look(2, &adapter, &gradients)?);
        assert!(inspection.certificate().holds());
        assert!((inspection.certificate().min_b_norm - 0.25).abs() < 1e-9);
        assert!((inspection.certificate().min_a_norm - 0.5).abs() < 1e-9);
        assert!((inspection.certificate().min_magnitude_norm - 0.125).abs() < 1e-9);
        assert_eq!(
            inspection.certificate().num_matrices,
            3 * adapter.pairs.len()
        );
        assert!(!inspection.look(3, &adapter, &gradients)?);
        Ok(())
    }

    #[test]
    fn magnitudes_without_a_gradient_are_named() {
        let (adapter, mut gradients) = adapter_and_gradients();
        gradients.pairs[1].magnitude.fill(0.0);
        let error = Inspection::default()
            .look(1, &adapter, &gradients)
            .expect_err("must be caught");
        let name = "k_proj.lora_magnitude_vector";
        assert!(error.to_string().contains(name), "{error}");
    }

    #[test]
    fn a_matrix_without_a_gradient_is_named() {
        for (value, step) in [(0.0, 1), (f32::NAN, 1), (0.0, 2), (f32::INFINITY, 2)] {
            let (adapter, mut gradients) = adapter_and_gradients();
            let pair = &mut gradients.pairs[2];
            let matrix = if step == 1 { &mut pair.b } else { &mut pair.a };
            matrix.fill(value);
            let error = Inspection::default()
                .look(step, &adapter, &gradients)
                .expect_err("must be caught");
            let name = if step == 1 {
                "v_proj.lora_B"
            } else {
                "v_proj.lora_A"
            };
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
