//! Rotary position embedding as `config.json` describes it, in its old and new places.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::hf_config::HfConfig;
use super::rope_scaling::{Llama3Scaling, Yarn};
use crate::{Family, QueryGrowth, Rotary};

/// One way of rotating; newer checkpoints keep the base here, too, and families with two kinds of
/// layers have one for each.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RopeParameters {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
    beta_fast: Option<f64>,
    beta_slow: Option<f64>,
    mscale: Option<f64>,
    mscale_all_dim: Option<f64>,
    attention_factor: Option<f64>,
    truncate: Option<bool>,
    llama_4_scaling_beta: Option<f64>,
    full_attention: Option<Box<Self>>,
    sliding_attention: Option<Box<Self>>,
}

impl HfConfig {
    /// Rotations of the layers that see everything.
    pub(super) fn rotary(&self, family: Family, head_dim: usize) -> Result<Rotary> {
        let given = self.rope_scaling.as_ref().or(self.rope_parameters.as_ref());
        let given = given.map(|rope| rope.full_attention.as_deref().unwrap_or(rope));
        let new_place = self.rope_parameters.as_ref();
        let theta = self
            .rope_theta
            .or_else(|| given?.rope_theta)
            .or_else(|| new_place?.rope_theta)
            .unwrap_or(if family == Family::Gemma3 { 1e6 } else { 1e4 });
        given.cloned().unwrap_or_default().rotary(theta, head_dim)
    }

    /// Rotations of the layers that see a window: their own for Gemma 3, for others the same.
    pub(super) fn sliding_rotary(&self, family: Family, head_dim: usize) -> Result<Rotary> {
        if family != Family::Gemma3 {
            return self.rotary(family, head_dim);
        }
        let given = self
            .rope_parameters
            .as_ref()
            .and_then(|rope| rope.sliding_attention.as_deref().cloned())
            .unwrap_or_default();
        let theta = given.rope_theta.or(self.rope_local_base_freq);
        given.rotary(theta.unwrap_or(1e4), head_dim)
    }
}

impl RopeParameters {
    fn rotary(&self, theta: f64, head_dim: usize) -> Result<Rotary> {
        let factor = self.factor.unwrap_or(1.0);
        let mut amplitude = 1.0;
        let factors = match self.rope_type.as_deref().unwrap_or("default") {
            "default" => Vec::new(),
            "linear" => vec![factor as f32; head_dim / 2],
            "llama3" => Llama3Scaling {
                factor,
                low_freq_factor: self.low_freq_factor.unwrap_or(1.0),
                high_freq_factor: self.high_freq_factor.unwrap_or(4.0),
                original_context: self.original_max_position_embeddings.unwrap_or(8192.0),
            }
            .factors(theta, head_dim),
            "yarn" => {
                let yarn = self.yarn(factor)?;
                let inferred = yarn.amplitude(self.mscale.zip(self.mscale_all_dim));
                amplitude = self.attention_factor.unwrap_or(inferred);
                yarn.factors(theta, head_dim)
            }
            other => bail!("Rotary scaling of the kind {other:?} is not supported"),
        };
        Ok(Rotary {
            theta: theta as f32,
            factors,
            amplitude: amplitude as f32,
            growth: self.growth()?,
        })
    }

    fn yarn(&self, factor: f64) -> Result<Yarn> {
        Ok(Yarn {
            factor,
            beta_fast: self.beta_fast.unwrap_or(32.0),
            beta_slow: self.beta_slow.unwrap_or(1.0),
            original_context: self.original_context()?,
            whole_pairs: self.truncate.unwrap_or(true),
        })
    }

    fn growth(&self) -> Result<Option<QueryGrowth>> {
        let Some(rate) = self.llama_4_scaling_beta else {
            return Ok(None);
        };
        Ok(Some(QueryGrowth {
            rate: rate as f32,
            interval: self.original_context()? as usize,
        }))
    }

    fn original_context(&self) -> Result<f64> {
        self.original_max_position_embeddings
            .context("config.json does not say the context before its scaling")
    }
}
