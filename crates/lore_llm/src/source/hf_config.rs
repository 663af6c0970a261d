//! `config.json` of Hugging Face checkpoints.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::hf_rotary::RopeParameters;
use crate::config::check_lists;
use crate::family::NO_EXPERTS;
use crate::json::{MAX_JSON, read_text};
use crate::kernels::Activation;
use crate::{Family, ModelConfig, SlidingLayers};

/// Gemma 3 has one layer in so many that sees everything, where its file does not say.
const GEMMA_PATTERN: usize = 6;

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
    pub(super) head_dim: Option<usize>,
    rms_norm_eps: Option<f64>,
    pub(super) rope_theta: Option<f64>,
    pub(super) rope_local_base_freq: Option<f64>,
    pub(super) rope_scaling: Option<RopeParameters>,
    pub(super) rope_parameters: Option<RopeParameters>,
    partial_rotary_factor: Option<f64>,
    query_pre_attn_scalar: Option<f64>,
    attn_logit_softcapping: Option<f64>,
    final_logit_softcapping: Option<f64>,
    use_bidirectional_attention: Option<bool>,
    tie_word_embeddings: Option<bool>,
    pub(crate) max_position_embeddings: Option<usize>,
    sliding_window: Option<usize>,
    sliding_window_pattern: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    #[serde(alias = "hidden_activation")]
    hidden_act: Option<String>,
    #[serde(alias = "num_local_experts", alias = "n_routed_experts")]
    num_experts: Option<usize>,
    quantization_config: Option<Value>,
    #[serde(rename = "_name_or_path")]
    pub(crate) name_or_path: Option<String>,
}

impl HfConfig {
    /// Reads `config.json` of a folder. Of a model for text and pictures, the part for text.
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join("config.json");
        let text = read_text(&path, MAX_JSON)?;
        Self::parse(&text).with_context(|| format!("{} does not describe a model", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut value: Value = serde_json::from_str(text)?;
        let of_text = value.get_mut("text_config").map(Value::take);
        if let (Some(Value::Object(of_text)), Some(whole)) = (of_text, value.as_object_mut()) {
            whole.extend(of_text);
        }
        Ok(serde_json::from_value(value)?)
    }

    /// The decoder's shape; an error when it is of a family that is not supported.
    pub(crate) fn model_config(&self) -> Result<ModelConfig> {
        ensure!(self.num_experts.unwrap_or(0) <= 1, "{NO_EXPERTS}");
        let family = Family::supported(&self.model_type)?;
        self.clone().with_defaults(family).build(family)
    }

    /// Gemma 3's files leave out what equals the defaults of its makers.
    fn with_defaults(self, family: Family) -> Self {
        if family != Family::Gemma3 {
            return self;
        }
        Self {
            vocab_size: self.vocab_size.or(Some(262_208)),
            num_attention_heads: self.num_attention_heads.or(Some(8)),
            num_key_value_heads: self.num_key_value_heads.or(Some(4)),
            head_dim: self.head_dim.or(Some(256)),
            query_pre_attn_scalar: self.query_pre_attn_scalar.or(Some(256.0)),
            max_position_embeddings: self.max_position_embeddings.or(Some(131_072)),
            sliding_window: self.sliding_window.or(Some(4096)),
            tie_word_embeddings: self.tie_word_embeddings.or(Some(true)),
            ..self
        }
    }

    fn build(&self, family: Family) -> Result<ModelConfig> {
        self.refuse_what_is_not_computed()?;
        let need = |value: Option<usize>, name: &str| {
            value.with_context(|| format!("config.json does not say {name}"))
        };
        let hidden_size = need(self.hidden_size, "hidden_size")?;
        let num_heads = need(self.num_attention_heads, "num_attention_heads")?;
        ensure!(num_heads > 0, "config.json says that there are no heads");
        let head_dim = self.head_dim.unwrap_or(hidden_size / num_heads);
        let num_layers = need(self.num_hidden_layers, "num_hidden_layers")?;
        check_lists(num_layers, head_dim)?;
        let query_scale = self.query_pre_attn_scalar.unwrap_or(head_dim as f64);
        let config = ModelConfig {
            architecture: family,
            vocab_size: need(self.vocab_size, "vocab_size")?,
            hidden_size,
            intermediate_size: need(self.intermediate_size, "intermediate_size")?,
            num_layers,
            num_heads,
            num_kv_heads: self.num_key_value_heads.unwrap_or(num_heads),
            head_dim,
            norm_eps: self.rms_norm_eps.unwrap_or(1e-6) as f32,
            activation: self.activation(family)?,
            attention_scale: query_scale.sqrt().recip() as f32,
            embedding_scale: match family {
                Family::Gemma3 => (hidden_size as f32).sqrt(),
                _ => 1.0,
            },
            logit_cap: self.final_logit_softcapping.map(|cap| cap as f32),
            rotary: self.rotary(family, head_dim)?,
            sliding: self.sliding(family, num_layers, head_dim)?,
            tie_embeddings: self.tie_word_embeddings.unwrap_or(false),
            context_length: self.max_position_embeddings.unwrap_or(2048),
        };
        config.check()?;
        Ok(config)
    }

    /// What would be computed wrongly in silence.
    fn refuse_what_is_not_computed(&self) -> Result<()> {
        if let Some(quantization) = &self.quantization_config {
            let method = quantization["quant_method"].as_str().unwrap_or("unknown");
            bail!(
                "The weights are stored in the compressed format {method:?}, which cannot be read; \
                 get the same model in BF16, or as a GGUF file"
            );
        }
        ensure!(
            self.partial_rotary_factor
                .is_none_or(|factor| factor >= 1.0),
            "Models that rotate only a part of each head are not supported"
        );
        ensure!(
            self.attn_logit_softcapping.is_none(),
            "Models that cap the scores of attention are not supported"
        );
        ensure!(
            self.use_bidirectional_attention != Some(true),
            "Models whose tokens see later ones cannot continue a text"
        );
        Ok(())
    }

    fn activation(&self, family: Family) -> Result<Activation> {
        match (family, self.hidden_act.as_deref()) {
            (Family::Gemma3, None | Some("gelu_pytorch_tanh")) => Ok(Activation::GeluTanh),
            (_, None | Some("silu")) => Ok(Activation::Silu),
            (_, Some(other)) => bail!("The activation {other:?} is not supported"),
        }
    }

    /// Which layers see a window only.
    fn sliding(
        &self,
        family: Family,
        num_layers: usize,
        head_dim: usize,
    ) -> Result<Option<SlidingLayers>> {
        let window = self
            .sliding_window
            .filter(|_| self.use_sliding_window != Some(false));
        let Some(window) = window else {
            return Ok(None);
        };
        let layers: Vec<bool> = match &self.layer_types {
            Some(types) => types
                .iter()
                .map(|kind| slides(kind))
                .collect::<Result<_>>()?,
            None => (0..num_layers)
                .map(|layer| self.slides_by_custom(family, layer))
                .collect(),
        };
        if !layers.contains(&true) {
            return Ok(None);
        }
        Ok(Some(SlidingLayers {
            window,
            layers,
            rotary: self.sliding_rotary(family, head_dim)?,
        }))
    }

    /// Whether a layer slides in a family that does not say so layer by layer.
    fn slides_by_custom(&self, family: Family, layer: usize) -> bool {
        match family {
            Family::Gemma3 => {
                let pattern = self.sliding_window_pattern.unwrap_or(GEMMA_PATTERN);
                !(layer + 1).is_multiple_of(pattern)
            }
            Family::Qwen2 | Family::Qwen3 => {
                self.use_sliding_window == Some(true)
                    && layer >= self.max_window_layers.unwrap_or(28)
            }
            Family::Llama => false,
            Family::Mistral | Family::Ministral3 => true,
        }
    }
}

fn slides(kind: &str) -> Result<bool> {
    match kind {
        "full_attention" => Ok(false),
        "sliding_attention" => Ok(true),
        other => bail!("Layers of the kind {other:?} are not supported"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(model_type: &str, extra: &str) -> Result<ModelConfig> {
        let text = format!(
            r#"{{"model_type": "{model_type}", "vocab_size": 8, "hidden_size": 8,
                "intermediate_size": 8, "num_hidden_layers": 4, "num_attention_heads": 2,
                "max_position_embeddings": 64 {extra}}}"#
        );
        HfConfig::parse(&text)?.model_config()
    }

    #[test]
    fn the_base_is_found_in_old_and_new_places() {
        let plain = config("llama", "").unwrap();
        assert!((plain.rotary.theta - 10_000.0).abs() < 1e-3);
        let old = config("llama", r#", "rope_theta": 7.0"#).unwrap();
        let new = config(
            "llama",
            r#", "rope_parameters": {"rope_type": "default", "rope_theta": 7.0}"#,
        );
        assert_eq!(old, new.unwrap());
    }

    #[test]
    fn what_would_be_computed_wrongly_is_refused() {
        for extra in [
            r#", "hidden_act": "gelu""#,
            r#", "rope_scaling": {"type": "longrope", "factor": 4.0}"#,
            r#", "num_key_value_heads": 3"#,
            r#", "partial_rotary_factor": 0.5"#,
            r#", "quantization_config": {"quant_method": "fp8"}"#,
            r#", "num_local_experts": 8"#,
            r#", "head_dim": 9007199254740992, "rope_scaling": {"type": "linear", "factor": 2.0}"#,
            r#", "sliding_window": 4, "layer_types": ["chunked_attention"]"#,
            r#", "sliding_window": 4, "layer_types": ["sliding_attention"]"#,
        ] {
            assert!(config("llama", extra).is_err(), "{extra}");
        }
    }

    #[test]
    fn no_list_is_as_long_as_a_file_claims() {
        let text = r#"{"model_type": "mistral", "vocab_size": 8, "hidden_size": 8,
            "intermediate_size": 8, "num_hidden_layers": 1000000000000000000,
            "num_attention_heads": 2, "sliding_window": 4}"#;
        let error = HfConfig::parse(text).unwrap().model_config().unwrap_err();
        assert!(error.to_string().contains("does not make sense"), "{error}");
    }

    #[test]
    fn every_family_slides_as_its_makers_let_it() {
        let layers = |family, extra: &str| {
            let extra = format!(r#", "sliding_window": 4 {extra}"#);
            let sliding = config(family, &extra).unwrap().sliding;
            sliding.map(|sliding| sliding.layers)
        };
        let qwen = r#", "use_sliding_window": true, "max_window_layers": 3"#;
        assert_eq!(layers("mistral", ""), Some(vec![true; 4]));
        assert_eq!(layers("qwen2", r#", "use_sliding_window": false"#), None);
        assert_eq!(layers("qwen2", qwen), Some(vec![false, false, false, true]));
        let gemma = r#", "num_key_value_heads": 1, "sliding_window_pattern": 2"#;
        assert_eq!(
            layers("gemma3_text", gemma),
            Some(vec![true, false, true, false])
        );
    }

    /// The text part of Gemma 3 4B's file names five numbers.
    #[test]
    fn the_part_for_text_of_a_model_that_sees_is_found() {
        let text = r#"{"model_type": "gemma3", "vision_config": {"hidden_size": 1152},
            "text_config": {"hidden_size": 2560, "intermediate_size": 10240,
            "model_type": "gemma3_text", "num_hidden_layers": 34, "sliding_window": 1024,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"}}}"#;
        let config = HfConfig::parse(text).unwrap().model_config().unwrap();
        assert_eq!(config.architecture, Family::Gemma3);
        assert_eq!(
            (config.num_heads, config.num_kv_heads, config.head_dim),
            (8, 4, 256)
        );
        assert_eq!(config.rotary.factors, [8.0; 128]);
        let sliding = config.sliding.unwrap();
        assert_eq!((sliding.window, sliding.rotary.factors.len()), (1024, 0));
        assert!((sliding.rotary.theta - 10_000.0).abs() < 1e-3);
    }
}
