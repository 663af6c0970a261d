//! Puts tensors together to a decoder, whatever file they come from.

use std::sync::Arc;

use anyhow::{Result, ensure};

use lore_core::TargetModule;

use super::{StoredTensor, TensorSource};
use crate::adapter::module_shape;
use crate::kernels::panels::PackedMatrix;
use crate::weights::{LayerWeights, Linear, Matrix, PackedLayer, PackedWeights, Vector, Weights};
use crate::{Family, ModelConfig};

/// How a kind of file names tensors and orders the rows of q and k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// `model.layers.0.self_attn.q_proj.weight`.
    HuggingFace,
    /// `blk.0.attn_q.weight`; Llama's rows of q and k are ordered for interleaved rotation.
    Gguf,
}

impl Naming {
    fn layer(self, index: usize) -> String {
        match self {
            Self::HuggingFace => format!("model.layers.{index}."),
            Self::Gguf => format!("blk.{index}."),
        }
    }

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

    /// The name in this kind of file, given Hugging Face's and GGUF's.
    fn pick(self, hugging_face: &'static str, gguf: &'static str) -> &'static str {
        match self {
            Self::HuggingFace => hugging_face,
            Self::Gguf => gguf,
        }
    }
}

/// Reads all weights of a decoder. `config.tie_embeddings` is followed, not guessed.
pub(crate) fn assemble(
    config: ModelConfig,
    naming: Naming,
    source: &mut dyn TensorSource,
) -> Result<(Weights, PackedWeights)> {
    let mut reader = Reader {
        naming,
        // llama.cpp's converter reorders the rows of Llama's q and k, and of no other family's.
        interleaved: naming == Naming::Gguf
            && matches!(config.architecture, Family::Llama | Family::Mistral),
        source,
    };
    let shape = [config.vocab_size, config.hidden_size];
    let embedding = naming.pick("model.embed_tokens.weight", "token_embd.weight");
    let (embedding, mut packed_head) = reader.matrix(embedding, shape)?;
    let mut layers = Vec::with_capacity(config.num_layers);
    let mut packed_layers = Vec::with_capacity(config.num_layers);
    for index in 0..config.num_layers {
        let (layer, packed) = reader.block(&config, index)?;
        layers.push(layer);
        packed_layers.push(packed);
    }
    let final_norm = naming.pick("model.norm.weight", "output_norm.weight");
    let final_norm = reader.vector(final_norm, config.hidden_size)?;
    let mut lm_head = None;
    if !config.tie_embeddings {
        let (head, packed) =
            reader.matrix(naming.pick("lm_head.weight", "output.weight"), shape)?;
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
    interleaved: bool,
    source: &'a mut dyn TensorSource,
}

impl Reader<'_> {
    fn block(&mut self, config: &ModelConfig, index: usize) -> Result<(LayerWeights, PackedLayer)> {
        let prefix = self.naming.layer(index);
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
        let mut norm = |hf, gguf| {
            let name = format!("{prefix}{}.weight", self.naming.pick(hf, gguf));
            self.vector(&name, config.hidden_size)
        };
        let layer = LayerWeights {
            input_norm: norm("input_layernorm", "attn_norm")?,
            q,
            k,
            v,
            o,
            post_norm: norm("post_attention_layernorm", "ffn_norm")?,
            gate,
            up,
            down,
        };
        Ok((layer, packed))
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
        let weight: Vec<f32> = order
            .iter()
            .flat_map(|row| weight.row(*row))
            .copied()
            .collect();
        let linear = Linear {
            weight: Matrix::new(rows, cols, weight),
            bias: bias.map(|bias| Arc::new(order.iter().map(|row| bias[*row]).collect())),
        };
        Ok((linear, packed.map(|packed| packed.reordered(&order))))
    }

    fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<(Matrix, Option<PackedMatrix>)> {
        let tensor = self.read(name, &shape)?;
        let [rows, cols] = shape;
        Ok((Matrix::new(rows, cols, tensor.values), tensor.packed))
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

/// Which stored row becomes each row when heads go from the order `0, d/2, 1, d/2 + 1, …` to
/// `0, 1, …`.
fn half_split_order(rows: usize, num_heads: usize) -> Vec<usize> {
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
