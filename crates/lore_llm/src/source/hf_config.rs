//! `config.json` of Hugging Face checkpoints.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use super::rope_scaling::Llama3Scaling;
use crate::{Family, ModelConfig};

/// The fields that describe a decoder. Everything is optional: what a model needs is asked for when
/// it is built, so that a list can show models that do not run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct HfConfig {
    pub(crate) model_type: String,
    pub(crate) vocab_size: Option<usize>,
    pub(crate) hidden_size: Option<usize>,
    intermediate_size: Option<usize>,
    pub(crate) num_hidden_layers: Option<usize>,
    num_attention_heads: Option<usize>,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    rms_norm_eps: Option<f64>,
    rope_theta: Option<f64>,
    rope_scaling: Option<RopeParameters>,
    rope_parameters: Option<RopeParameters>,
    partial_rotary_factor: Option<f64>,
    tie_word_embeddings: Option<bool>,
    pub(crate) max_position_embeddings: Option<usize>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    hidden_act: Option<String>,
    #[serde(rename = "_name_or_path")]
    pub(crate) name_or_path: Option<String>,
    /// One token or several.
    pub(crate) eos_token_id: Option<serde_json::Value>,
}

/// Rotary embedding; newer checkpoints keep the base here, too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct RopeParameters {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
}

impl HfConfig {
    /// Reads `config.json` of a folder.
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join("config.json");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("Could not read {}", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} does not describe a model", path.display()))
    }

    /// The decoder's shape; an error when it is of a family that is not supported.
    pub(crate) fn model_config(&self) -> Result<ModelConfig> {
        let architecture = Family::supported(&self.model_type)?;
        let activation = self.hidden_act.as_deref().unwrap_or("silu");
        ensure!(
            activation == "silu",
            "The activation {activation:?} is not supported"
        );
        ensure!(
            self.partial_rotary_factor
                .is_none_or(|factor| factor >= 1.0),
            "Models that rotate only a part of each head are not supported"
        );
        let need = |value: Option<usize>, name: &str| {
            value.with_context(|| format!("config.json does not say {name}"))
        };
        let hidden_size = need(self.hidden_size, "hidden_size")?;
        let num_heads = need(self.num_attention_heads, "num_attention_heads")?;
        ensure!(num_heads > 0, "config.json says that there are no heads");
        let head_dim = self.head_dim.unwrap_or(hidden_size / num_heads);
        let theta = self.theta();
        let config = ModelConfig {
            architecture,
            vocab_size: need(self.vocab_size, "vocab_size")?,
            hidden_size,
            intermediate_size: need(self.intermediate_size, "intermediate_size")?,
            num_layers: need(self.num_hidden_layers, "num_hidden_layers")?,
            num_heads,
            num_kv_heads: self.num_key_value_heads.unwrap_or(num_heads),
            head_dim,
            norm_eps: self.rms_norm_eps.unwrap_or(1e-6) as f32,
            rope_theta: theta as f32,
            rope_factors: self.rope_factors(theta, head_dim)?,
            tie_embeddings: self.tie_word_embeddings.unwrap_or(false),
            context_length: self.context_length(),
        };
        config.check()?;
        Ok(config)
    }

    /// A model with a sliding window is used within the window, where it equals full attention.
    fn context_length(&self) -> usize {
        let positions = self.max_position_embeddings.unwrap_or(2048);
        match self.sliding_window {
            Some(window) if self.use_sliding_window != Some(false) => positions.min(window),
            _ => positions,
        }
    }

    fn theta(&self) -> f64 {
        self.rope_theta
            .or_else(|| self.rope_parameters.as_ref()?.rope_theta)
            .unwrap_or(10_000.0)
    }

    fn rope_factors(&self, theta: f64, head_dim: usize) -> Result<Vec<f32>> {
        let Some(rope) = self.rope_scaling.as_ref().or(self.rope_parameters.as_ref()) else {
            return Ok(Vec::new());
        };
        let factor = rope.factor.unwrap_or(1.0);
        Ok(match rope.rope_type.as_deref().unwrap_or("default") {
            "default" => Vec::new(),
            "linear" => vec![factor as f32; head_dim / 2],
            "llama3" => Llama3Scaling {
                factor,
                low_freq_factor: rope.low_freq_factor.unwrap_or(1.0),
                high_freq_factor: rope.high_freq_factor.unwrap_or(4.0),
                original_context: rope.original_max_position_embeddings.unwrap_or(8192.0),
            }
            .factors(theta, head_dim),
            other => bail!("Rotary scaling of the kind {other:?} is not supported"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn llama(extra: &str) -> Result<ModelConfig> {
        let text = format!(
            r#"{{"model_type": "llama", "vocab_size": 8, "hidden_size": 8, "intermediate_size": 8,
                "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 64
                {extra}}}"#
        );
        serde_json::from_str::<HfConfig>(&text)?.model_config()
    }

    #[test]
    fn the_base_is_found_in_old_and_new_places() {
        assert!((llama("").unwrap().rope_theta - 10_000.0).abs() < 1e-3);
        let old = llama(r#", "rope_theta": 7.0"#).unwrap();
        let new = llama(r#", "rope_parameters": {"rope_type": "default", "rope_theta": 7.0}"#);
        assert_eq!(old, new.unwrap());
    }

    #[test]
    fn what_would_be_computed_wrongly_is_refused() {
        for extra in [
            r#", "hidden_act": "gelu""#,
            r#", "rope_scaling": {"type": "yarn", "factor": 4.0}"#,
            r#", "num_key_value_heads": 3"#,
            r#", "partial_rotary_factor": 0.5"#,
        ] {
            assert!(llama(extra).is_err(), "{extra}");
        }
    }
}
