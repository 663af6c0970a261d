//! Puts tensors together to a decoder, whatever file they come from.

use std::sync::Arc;

use anyhow::{Result, ensure};

use super::TensorSource;
use crate::weights::{LayerWeights, Linear, Matrix, Vector, Weights};
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
) -> Result<Weights> {
    let mut reader = Reader {
        naming,
        // llama.cpp's converter reorders the rows of Llama's q and k, and of no other family's.
        interleaved: naming == Naming::Gguf
            && matches!(config.architecture, Family::Llama | Family::Mistral),
        source,
    };
    let (vocab, hidden) = (config.vocab_size, config.hidden_size);
    let embedding = naming.pick("model.embed_tokens.weight", "token_embd.weight");
    let embedding = reader.matrix(embedding, vocab, hidden)?;
    let layers = (0..config.num_layers)
        .map(|index| reader.block(&config, index))
        .collect::<Result<_>>()?;
    let final_norm = reader.vector(
        naming.pick("model.norm.weight", "output_norm.weight"),
        hidden,
    )?;
    let lm_head = if config.tie_embeddings {
        None
    } else {
        Some(reader.matrix(
            naming.pick("lm_head.weight", "output.weight"),
            vocab,
            hidden,
        )?)
    };
    Ok(Weights {
        config,
        embedding,
        layers,
        final_norm,
        lm_head,
    })
}

struct Reader<'a> {
    naming: Naming,
    interleaved: bool,
    source: &'a mut dyn TensorSource,
}

impl Reader<'_> {
    fn block(&mut self, config: &ModelConfig, index: usize) -> Result<LayerWeights> {
        let (hidden, intermediate) = (config.hidden_size, config.intermediate_size);
        let (query, kv) = (config.query_size(), config.kv_size());
        let naming = self.naming;
        let prefix = naming.layer(index);
        let name = |hf, gguf| format!("{prefix}{}", naming.pick(hf, gguf));
        let q = self.linear(&name("self_attn.q_proj", "attn_q"), query, hidden)?;
        let k = self.linear(&name("self_attn.k_proj", "attn_k"), kv, hidden)?;
        Ok(LayerWeights {
            input_norm: self.vector(&name("input_layernorm.weight", "attn_norm.weight"), hidden)?,
            q: self.half_split(q, config.num_heads),
            k: self.half_split(k, config.num_kv_heads),
            v: self.linear(&name("self_attn.v_proj", "attn_v"), kv, hidden)?,
            o: self.linear(&name("self_attn.o_proj", "attn_output"), hidden, query)?,
            post_norm: self.vector(
                &name("post_attention_layernorm.weight", "ffn_norm.weight"),
                hidden,
            )?,
            gate: self.linear(&name("mlp.gate_proj", "ffn_gate"), intermediate, hidden)?,
            up: self.linear(&name("mlp.up_proj", "ffn_up"), intermediate, hidden)?,
            down: self.linear(&name("mlp.down_proj", "ffn_down"), hidden, intermediate)?,
        })
    }

    fn linear(&mut self, stem: &str, rows: usize, cols: usize) -> Result<Linear> {
        let weight = self.matrix(&format!("{stem}.weight"), rows, cols)?;
        let bias = format!("{stem}.bias");
        let bias = if self.source.contains(&bias) {
            Some(self.vector(&bias, rows)?)
        } else {
            None
        };
        Ok(Linear { weight, bias })
    }

    /// Orders the rows of q or k for half-split rotation, where the file orders them otherwise.
    fn half_split(&self, linear: Linear, num_heads: usize) -> Linear {
        if !self.interleaved {
            return linear;
        }
        let Matrix { rows, cols, data } = linear.weight;
        Linear {
            weight: Matrix::new(rows, cols, deinterleave(&data, num_heads, cols)),
            bias: linear
                .bias
                .map(|bias| Arc::new(deinterleave(&bias, num_heads, 1))),
        }
    }

    fn matrix(&mut self, name: &str, rows: usize, cols: usize) -> Result<Matrix> {
        Ok(Matrix::new(rows, cols, self.read(name, &[rows, cols])?))
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Vector> {
        Ok(Arc::new(self.read(name, &[len])?))
    }

    fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
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
        Ok(tensor.values)
    }
}

/// Rows of every head from the order `0, d/2, 1, d/2 + 1, …` to `0, 1, …`; a row has `width` numbers.
fn deinterleave(values: &[f32], num_heads: usize, width: usize) -> Vec<f32> {
    let head_dim = values.len() / num_heads / width;
    let half = head_dim / 2;
    let mut out = Vec::with_capacity(values.len());
    for head in values.chunks_exact(head_dim * width) {
        for row in 0..head_dim {
            let from = 2 * (row % half) + row / half;
            out.extend_from_slice(&head[from * width..(from + 1) * width]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_return_to_their_half() {
        // Two heads of four rows; numbers name the row Hugging Face has there.
        let stored = [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0];
        let expected = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        assert_eq!(deinterleave(&stored, 2, 1), expected);
    }
}
