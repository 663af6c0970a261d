//! Puts tensors together to a decoder, whatever file they come from.

use std::sync::Arc;

use anyhow::{Result, ensure};

use lore_core::TargetModule;

use super::{StoredTensor, TensorSource};
use crate::adapter::module_shape;
use crate::kernels::panels::PackedMatrix;
use crate::weights::{
    LayerWeights, Linear, Matrix, PackedLayer, PackedWeights, Vector, WeightForm, Weights,
};
use crate::{Family, ModelConfig};

/// How a kind of file names tensors and orders the rows of q and k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// `model.layers.0.self_attn.q_proj.weight`; Gemma's norms are stored as distances from one.
    HuggingFace,
    /// `blk.0.attn_q.weight`; Llama's rows of q and k are ordered for interleaved rotation.
    Gguf,
}

/// Where the decoder of a Hugging Face checkpoint begins: a model of its own, the part for text of a
/// model that sees (old and new), or a bare encoder of texts.
pub(crate) const ROOTS: [&str; 4] = [
    "model.",
    "language_model.model.",
    "model.language_model.",
    "",
];

impl Naming {
    /// The name of a projection within its layer.
    fn module(self, module: TargetModule) -> String {
        match self {
            Self::HuggingFace => format!("{}.{}", module.parent(), module.name()),
            Self::Gguf => {
                let name = match module {
                    TargetModule::QProj => "attn_q",
                    TargetModule::KProj => "attn_k",
                    TargetModule::VProj => "attn_v",
                    TargetModule::OProj => "attn_output",
                    TargetModule::GateProj => "ffn_gate",
                    TargetModule::UpProj => "ffn_up",
                    TargetModule::DownProj => "ffn_down",
                };
                name.to_owned()
            }
        }
    }
}

/// Reads all weights of a decoder, its matrices in this form. `config.tie_embeddings` is followed, not guessed.
pub(crate) fn assemble(
    config: ModelConfig,
    naming: Naming,
    form: WeightForm,
    source: &mut dyn TensorSource,
) -> Result<(Weights, PackedWeights)> {
    let mut reader = Reader::new(&config, naming, form, source);
    let shape = [config.vocab_size, config.hidden_size];
    let embedding = reader.name("embed_tokens.weight", "token_embd.weight");
    let (embedding, mut packed_head) = reader.matrix(&embedding, shape)?;
    let mut layers = Vec::with_capacity(config.num_layers);
    let mut packed_layers = Vec::with_capacity(config.num_layers);
    for index in 0..config.num_layers {
        let (layer, packed) = reader.block(&config, index)?;
        layers.push(layer);
        packed_layers.push(packed);
    }
    let final_norm = reader.name("norm.weight", "output_norm.weight");
    let final_norm = reader.norm(&final_norm, config.hidden_size)?;
    let mut lm_head = None;
    if !config.tie_embeddings {
        let name = reader.head_name();
        let (head, packed) = reader.matrix(&name, shape)?;
        lm_head = Some(head);
        packed_head = packed;
    }
    let weights = Weights {
        config,
        embedding,
        layers,
        final_norm,
        lm_head,
    };
    let packed = PackedWeights {
        layers: packed_layers,
        head: packed_head,
    };
    Ok((weights, packed))
}

struct Reader<'a> {
    naming: Naming,
    /// Before every Hugging Face name.
    root: &'static str,
    interleaved: bool,
    /// Added to the weights of norms.
    norm_shift: f32,
    form: WeightForm,
    source: &'a mut dyn TensorSource,
}

impl<'a> Reader<'a> {
    fn new(
        config: &ModelConfig,
        naming: Naming,
        form: WeightForm,
        source: &'a mut dyn TensorSource,
    ) -> Self {
        let family = config.architecture;
        let holds_embedding = |root: &&str| source.contains(&format!("{root}embed_tokens.weight"));
        Self {
            naming,
            root: ROOTS.into_iter().find(holds_embedding).unwrap_or(ROOTS[0]),
            interleaved: naming == Naming::Gguf && family.interleaves_in_gguf(),
            norm_shift: if naming == Naming::HuggingFace && family == Family::Gemma3 {
                1.0
            } else {
                0.0
            },
            form,
            source,
        }
    }

    /// The name in this kind of file, given Hugging Face's behind the root and GGUF's.
    fn name(&self, hugging_face: &str, gguf: &str) -> String {
        match self.naming {
            Naming::HuggingFace => format!("{}{hugging_face}", self.root),
            Naming::Gguf => gguf.to_owned(),
        }
    }

    /// The name of the output projection, which stands outside of the decoder.
    fn head_name(&self) -> String {
        let name = match self.naming {
            Naming::Gguf => "output.weight",
            Naming::HuggingFace if self.root == "language_model.model." => {
                "language_model.lm_head.weight"
            }
            Naming::HuggingFace => "lm_head.weight",
        };
        name.to_owned()
    }

    fn block(&mut self, config: &ModelConfig, index: usize) -> Result<(LayerWeights, PackedLayer)> {
        let prefix = self.name(&format!("layers.{index}."), &format!("blk.{index}."));
        let mut packed = PackedLayer::default();
        let mut linear = |module| {
            let (linear, matrix) = self.linear(config, &prefix, module)?;
            packed[module as usize] = matrix;
            Ok::<_, anyhow::Error>(linear)
        };
        let [q, k, v, o] = [
            linear(TargetModule::QProj)?,
            linear(TargetModule::KProj)?,
            linear(TargetModule::VProj)?,
            linear(TargetModule::OProj)?,
        ];
        let [gate, up, down] = [
            linear(TargetModule::GateProj)?,
            linear(TargetModule::UpProj)?,
            linear(TargetModule::DownProj)?,
        ];
        let norms = self.norms(config, &prefix)?;
        let layer = LayerWeights {
            input_norm: norms.input,
            q,
            k,
            v,
            o,
            q_norm: norms.q,
            k_norm: norms.k,
            attention_out_norm: norms.attention_out,
            post_norm: norms.post,
            gate,
            up,
            down,
            feed_forward_out_norm: norms.feed_forward_out,
        };
        Ok((layer, packed))
    }

    /// The norms of a block. Hugging Face's name for the one before the feed-forward part tells where
    /// it stands behind attention, which is another place in families that normalise outputs.
    fn norms(&mut self, config: &ModelConfig, prefix: &str) -> Result<Norms> {
        let family = config.architecture;
        let (hidden, head) = (config.hidden_size, config.head_dim);
        let mut norm = |hugging_face: &str, gguf: &str, len| {
            let name = match self.naming {
                Naming::HuggingFace => hugging_face,
                Naming::Gguf => gguf,
            };
            self.norm(&format!("{prefix}{name}.weight"), len)
        };
        let before_feed_forward = if family.has_output_norms() {
            "pre_feedforward_layernorm"
        } else {
            "post_attention_layernorm"
        };
        let mut norms = Norms {
            input: norm("input_layernorm", "attn_norm", hidden)?,
            post: norm(before_feed_forward, "ffn_norm", hidden)?,
            q: None,
            k: None,
            attention_out: None,
            feed_forward_out: None,
        };
        if family.has_head_norms() {
            norms.q = Some(norm("self_attn.q_norm", "attn_q_norm", head)?);
            norms.k = Some(norm("self_attn.k_norm", "attn_k_norm", head)?);
        }
        if family.has_output_norms() {
            let (attention, feed_forward) =
                ("post_attention_layernorm", "post_feedforward_layernorm");
            norms.attention_out = Some(norm(attention, "post_attention_norm", hidden)?);
            norms.feed_forward_out = Some(norm(feed_forward, "post_ffw_norm", hidden)?);
        }
        Ok(norms)
    }

    fn linear(
        &mut self,
        config: &ModelConfig,
        prefix: &str,
        module: TargetModule,
    ) -> Result<(Linear, Option<PackedMatrix>)> {
        let (rows, cols) = module_shape(config, module);
        let stem = format!("{prefix}{}", self.naming.module(module));
        let (weight, packed) = self.matrix(&format!("{stem}.weight"), [rows, cols])?;
        let bias = format!("{stem}.bias");
        let bias = if self.source.contains(&bias) {
            Some(self.vector(&bias, rows)?)
        } else {
            None
        };
        let num_heads = match module {
            TargetModule::QProj => config.num_heads,
            TargetModule::KProj => config.num_kv_heads,
            _ => return Ok((Linear { weight, bias }, packed)),
        };
        if !self.interleaved {
            return Ok((Linear { weight, bias }, packed));
        }
        let order = half_split_order(rows, num_heads);
        let linear = Linear {
            weight: weight.reordered(&order),
            bias: bias.map(|bias| Arc::new(order.iter().map(|row| bias[*row]).collect())),
        };
        Ok((linear, packed.map(|packed| packed.reordered(&order))))
    }

    fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<(Matrix, Option<PackedMatrix>)> {
        let [rows, cols] = shape;
        if self.form == WeightForm::Stored
            && self.source.contains(name)
            && let Some(stored) = self.source.stored_rows(name, shape)?
        {
            return Ok((Matrix::stored(rows, cols, stored), None));
        }
        let mut tensor = self.read(name, &shape)?;
        if self.form == WeightForm::Stored {
            tensor.packed = None;
        }
        Ok((Matrix::new(rows, cols, tensor.values), tensor.packed))
    }

    fn norm(&mut self, name: &str, len: usize) -> Result<Vector> {
        let mut weight = self.read(name, &[len])?.values;
        for value in &mut weight {
            *value += self.norm_shift;
        }
        Ok(Arc::new(weight))
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Vector> {
        Ok(Arc::new(self.read(name, &[len])?.values))
    }

    fn read(&mut self, name: &str, shape: &[usize]) -> Result<StoredTensor> {
        ensure!(
            self.source.contains(name),
            "The model is not complete: it lacks the weights {name:?}"
        );
        let tensor = self.source.tensor(name)?;
        ensure!(
            tensor.shape == shape,
            "The model does not fit its own description: the weights {name:?} have the shape {:?} \
             instead of {shape:?}",
            tensor.shape
        );
        Ok(tensor)
    }
}

/// The norms of a block, named as in [`LayerWeights`].
struct Norms {
    input: Vector,
    post: Vector,
    q: Option<Vector>,
    k: Option<Vector>,
    attention_out: Option<Vector>,
    feed_forward_out: Option<Vector>,
}

/// Which stored row becomes each row when heads go from the order `0, d/2, 1, d/2 + 1, …` to
/// `0, 1, …`.
pub(crate) fn half_split_order(rows: usize, num_heads: usize) -> Vec<usize> {
    let head_dim = rows / num_heads;
    let half = head_dim / 2;
    (0..rows)
        .map(|row| {
            let within = row % head_dim;
            row - within + 2 * (within % half) + within / half
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_return_to_their_half() {
        // Two heads of four rows; numbers name the row that Hugging Face has there.
        let stored = [0, 2, 1, 3, 4, 6, 5, 7];
        let rows = half_split_order(8, 2).into_iter().map(|row| stored[row]);
        assert!(rows.eq(0..8));
    }
}
