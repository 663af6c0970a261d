//! What a GGUF file says of its decoder.

use anyhow::{Context as _, Result, bail, ensure};

use super::TensorSource as _;
use super::gguf::GgufFile;
use super::rope_scaling::Yarn;
use crate::config::check_lists;
use crate::family::NO_EXPERTS;
use crate::kernels::Activation;
use crate::{Family, ModelConfig, QueryGrowth, Rotary, SlidingLayers};

/// Gemma 3 has one layer in so many that sees everything.
const GEMMA_PATTERN: usize = 6;

/// Gemma 3 27B, the only model of its family whose scores are not scaled by the size of a head, is
/// told by its layers.
const GEMMA_27B_LAYERS: usize = 62;

impl GgufFile {
    /// The decoder's shape; an error when it is of a family that is not supported.
    pub(crate) fn config(&mut self) -> Result<ModelConfig> {
        let family = self.family()?;
        let architecture = self.architecture().to_owned();
        let hidden = self.need("embedding_length")?;
        let heads = self.need("attention.head_count")?;
        let head_dim = self.own("attention.key_length").unwrap_or(hidden / heads);
        ensure!(
            self.own("rope.dimension_count").unwrap_or(head_dim) == head_dim,
            "Models that rotate only a part of each head are not supported"
        );
        let num_layers = self.need("block_count")?;
        check_lists(num_layers, head_dim)?;
        let vocab = self.content.tensor_infos.get("token_embd.weight");
        let vocab = vocab.and_then(|tensor| tensor.shape.dims().first().copied());
        let vocab = vocab.context("The file holds no token embeddings")?;
        let eps = format!("{architecture}.attention.layer_norm_rms_epsilon");
        let is_gemma = family == Family::Gemma3;
        let query_scale = if is_gemma && num_layers == GEMMA_27B_LAYERS {
            hidden / heads
        } else {
            head_dim
        };
        let rotary = self.rotary(head_dim)?;
        let config = ModelConfig {
            architecture: family,
            vocab_size: vocab,
            hidden_size: hidden,
            intermediate_size: self.need("feed_forward_length")?,
            num_layers,
            num_heads: heads,
            num_kv_heads: self.own("attention.head_count_kv").unwrap_or(heads),
            head_dim,
            norm_eps: self.real(&eps).unwrap_or(1e-5),
            activation: if is_gemma {
                Activation::GeluTanh
            } else {
                Activation::Silu
            },
            attention_scale: (query_scale as f32).sqrt().recip(),
            embedding_scale: if is_gemma {
                (hidden as f32).sqrt()
            } else {
                1.0
            },
            logit_cap: self.own_real("final_logit_softcapping"),
            sliding: self.sliding(family, num_layers)?,
            rotary,
            tie_embeddings: !self.contains("output.weight"),
            context_length: self.need("context_length")?,
        };
        config.check()?;
        Ok(config)
    }

    fn family(&self) -> Result<Family> {
        ensure!(self.own("expert_count").unwrap_or(0) == 0, "{NO_EXPERTS}");
        ensure!(
            self.number("split.count").unwrap_or(1) <= 1,
            "This model is split into several files, which is not supported: merge them first"
        );
        Family::supported(self.architecture())
    }

    /// Gemma's layers that see a window only. Other families' files name no window, or one that
    /// llama.cpp, which wrote them, does not use.
    fn sliding(&self, family: Family, num_layers: usize) -> Result<Option<SlidingLayers>> {
        let window = self.own("attention.sliding_window");
        let Some(window) = window.filter(|window| *window > 0 && family == Family::Gemma3) else {
            return Ok(None);
        };
        let pattern = self.own("attention.sliding_window_pattern");
        let pattern = pattern.unwrap_or(GEMMA_PATTERN);
        ensure!(pattern > 0, "The file's pattern of sliding layers is empty");
        let theta = self.own_real("rope.freq_base_swa").unwrap_or(1e4);
        Ok(Some(SlidingLayers {
            window,
            layers: (1..=num_layers)
                .map(|layer| !layer.is_multiple_of(pattern))
                .collect(),
            rotary: Rotary::plain(theta),
        }))
    }

    /// Rotations: Llama 3.1 and later store the divisors of their frequencies as a tensor.
    fn rotary(&mut self, head_dim: usize) -> Result<Rotary> {
        let default = if self.architecture() == "gemma3" {
            1e6
        } else {
            1e4
        };
        let mut rotary = Rotary::plain(self.own_real("rope.freq_base").unwrap_or(default));
        rotary.growth = self.growth()?;
        if self.contains("rope_freqs.weight") {
            rotary.factors = self.tensor("rope_freqs.weight")?.values;
            return Ok(rotary);
        }
        let factor = self.own_real("rope.scaling.factor").unwrap_or(1.0);
        let scaling = format!("{}.rope.scaling.type", self.architecture());
        match self.text(&scaling).unwrap_or("none") {
            "none" => {}
            "linear" => rotary.factors = vec![factor; head_dim / 2],
            "yarn" => {
                let yarn = self.yarn(f64::from(factor))?;
                rotary.factors = yarn.factors(f64::from(rotary.theta), head_dim);
                let of_scaled = self.own_real("rope.scaling.yarn_log_multiplier");
                let magnitudes = of_scaled.map(|scale| (1.0, f64::from(scale)));
                let extra = self.own_real("rope.scaling.attn_factor").unwrap_or(1.0);
                rotary.amplitude = extra * yarn.amplitude(magnitudes) as f32;
            }
            other => bail!("Rotary scaling of the kind {other:?} is not supported"),
        }
        Ok(rotary)
    }

    fn yarn(&self, factor: f64) -> Result<Yarn> {
        let real = |key: &str, default| self.own_real(key).map_or(default, f64::from);
        Ok(Yarn {
            factor,
            beta_fast: real("rope.scaling.yarn_beta_fast", 32.0),
            beta_slow: real("rope.scaling.yarn_beta_slow", 1.0),
            original_context: self.original_context()? as f64,
            whole_pairs: true,
        })
    }

    fn growth(&self) -> Result<Option<QueryGrowth>> {
        let rate = self.own_real("attention.temperature_scale");
        let Some(rate) = rate.filter(|rate| *rate != 0.0) else {
            return Ok(None);
        };
        let interval = self.original_context()?;
        Ok(Some(QueryGrowth { rate, interval }))
    }

    /// The context before its scaling; where it is not written, nothing was scaled.
    fn original_context(&self) -> Result<usize> {
        self.own("rope.scaling.original_context_length")
            .map_or_else(|| self.need("context_length"), Ok)
    }

    /// A number under a key of the file's architecture.
    fn own(&self, key: &str) -> Option<usize> {
        let number = self.number(&format!("{}.{key}", self.architecture()))?;
        usize::try_from(number).ok()
    }

    /// A real number under a key of the file's architecture.
    fn own_real(&self, key: &str) -> Option<f32> {
        self.real(&format!("{}.{key}", self.architecture()))
    }

    fn need(&self, key: &str) -> Result<usize> {
        let value = self.own(key).filter(|value| *value > 0);
        value.with_context(|| format!("The file does not say its {}.{key}", self.architecture()))
    }
}
