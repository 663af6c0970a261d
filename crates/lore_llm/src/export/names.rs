//! The names of tensors, and how they differ between kinds of files.

use lore_core::TargetModule;

use crate::source::{Naming, ROOTS, half_split_order};
use crate::{Family, ModelConfig};

/// What stands in every block: Hugging Face's name and GGUF's.
const IN_LAYER: [(&str, &str); 11] = [
    ("input_layernorm", "attn_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
];

/// What stands once: Hugging Face's name and GGUF's.
const ONCE: [(&str, &str); 3] = [
    ("model.embed_tokens", "token_embd"),
    ("model.norm", "output_norm"),
    ("lm_head", "output"),
];

/// A tensor's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TensorName {
    /// The block; `None` for what stands once.
    layer: Option<usize>,
    /// Hugging Face's name and GGUF's.
    stem: (&'static str, &'static str),
    /// `weight` or `bias`.
    ending: &'static str,
}

impl TensorName {
    /// Takes a name apart; `None` for tensors that not every decoder has.
    pub(super) fn parse(naming: Naming, name: &str) -> Option<Self> {
        let ending = ["weight", "bias"].into_iter().find(|it| {
            name.strip_suffix(it)
                .is_some_and(|rest| rest.ends_with('.'))
        })?;
        let stem = &name[..name.len() - ending.len() - 1];
        let (stem, prefix) = match naming {
            Naming::HuggingFace => (in_plain_decoder(stem)?, "model.layers."),
            Naming::Gguf => (stem.to_owned(), "blk."),
        };
        let (layer, stem, table) = match stem.strip_prefix(prefix) {
            Some(rest) => {
                let (layer, stem) = rest.split_once('.')?;
                (Some(layer.parse().ok()?), stem, &IN_LAYER[..])
            }
            None => (None, stem.as_str(), &ONCE[..]),
        };
        let stem = *table.iter().find(|pair| pick(**pair, naming) == stem)?;
        Some(Self {
            layer,
            stem,
            ending,
        })
    }

    /// The name in a kind of file.
    pub(super) fn write(&self, naming: Naming) -> String {
        let (stem, ending) = (pick(self.stem, naming), self.ending);
        match (self.layer, naming) {
            (Some(layer), Naming::HuggingFace) => format!("model.layers.{layer}.{stem}.{ending}"),
            (Some(layer), Naming::Gguf) => format!("blk.{layer}.{stem}.{ending}"),
            (None, _) => format!("{stem}.{ending}"),
        }
    }

    /// The block, and GGUF's name within it.
    pub(super) fn in_layer(&self) -> Option<(usize, &'static str)> {
        Some((self.layer?, self.stem.1))
    }

    /// The block and projection, for weights that an adapter may change.
    pub(super) fn projection(&self) -> Option<(usize, TargetModule)> {
        let (layer, module) = self.module()?;
        (self.ending == "weight").then_some((layer, module))
    }

    /// The block and projection that a weight or bias belongs to.
    pub(super) fn module(&self) -> Option<(usize, TargetModule)> {
        let module = TargetModule::ALL
            .into_iter()
            .find(|module| gguf_stem(*module) == self.stem.1)?;
        Some((self.layer?, module))
    }

    /// True for the output projection.
    pub(super) fn is_output(&self) -> bool {
        self.stem.1 == "output"
    }

    /// True for the embeddings of tokens.
    pub(super) fn is_embedding(&self) -> bool {
        self.stem.1 == "token_embd"
    }
}

/// Hugging Face's name in a model that only reads text, for a decoder that may stand inside a larger
/// model; `None` for what lies outside of it.
fn in_plain_decoder(stem: &str) -> Option<String> {
    if ["lm_head", "language_model.lm_head"].contains(&stem) {
        return Some("lm_head".to_owned());
    }
    let inner = ["layers.", "embed_tokens", "norm"];
    ROOTS.iter().find_map(|root| {
        let rest = stem.strip_prefix(root)?;
        let is_inside = inner.iter().any(|it| rest.starts_with(it));
        is_inside.then(|| format!("model.{rest}"))
    })
}

fn pick(pair: (&'static str, &'static str), naming: Naming) -> &'static str {
    match naming {
        Naming::HuggingFace => pair.0,
        Naming::Gguf => pair.1,
    }
}

/// GGUF's name of a projection within its block.
pub(crate) fn gguf_stem(module: TargetModule) -> &'static str {
    match module {
        TargetModule::QProj => "attn_q",
        TargetModule::KProj => "attn_k",
        TargetModule::VProj => "attn_v",
        TargetModule::OProj => "attn_output",
        TargetModule::GateProj => "ffn_gate",
        TargetModule::UpProj => "ffn_up",
        TargetModule::DownProj => "ffn_down",
    }
}

/// `general.architecture`: llama.cpp runs Mistral as Llama.
pub(crate) fn gguf_architecture(family: Family) -> &'static str {
    match family {
        Family::Mistral => Family::Llama.name(),
        Family::Ministral3 => "mistral3",
        other => other.name(),
    }
}

/// The order of rows of q and k in GGUF files of Llama and its relatives, which rotate neighbours where
/// Hugging Face rotates halves.
#[derive(Clone, Debug)]
pub(crate) struct PermutedRows {
    /// For each of Hugging Face's rows, the row in the GGUF file.
    stored: Vec<usize>,
}

impl PermutedRows {
    /// The order of a projection; `None` where both are the same.
    pub(crate) fn of(config: &ModelConfig, module: TargetModule) -> Option<Self> {
        let (rows, heads) = match module {
            TargetModule::QProj => (config.query_size(), config.num_heads),
            TargetModule::KProj => (config.kv_size(), config.num_kv_heads),
            _ => return None,
        };
        config.architecture.interleaves_in_gguf().then(|| Self {
            stored: half_split_order(rows, heads),
        })
    }

    /// From Hugging Face's order to GGUF's.
    pub(crate) fn to_gguf(&self, values: &[f32]) -> Vec<f32> {
        let mut reordered = vec![0.0; values.len()];
        let width = values.len() / self.stored.len();
        for (row, stored) in values.chunks_exact(width).zip(&self.stored) {
            reordered[stored * width..(stored + 1) * width].copy_from_slice(row);
        }
        reordered
    }

    /// From GGUF's order to Hugging Face's.
    pub(crate) fn to_hugging_face(&self, values: &[f32]) -> Vec<f32> {
        let width = values.len() / self.stored.len();
        let rows = self.stored.iter();
        rows.flat_map(|stored| &values[stored * width..(stored + 1) * width])
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_translated_both_ways() {
        for (hugging_face, gguf) in [
            (
                "model.layers.3.self_attn.q_proj.weight",
                "blk.3.attn_q.weight",
            ),
            ("model.layers.0.mlp.down_proj.bias", "blk.0.ffn_down.bias"),
            ("model.embed_tokens.weight", "token_embd.weight"),
            ("lm_head.weight", "output.weight"),
        ] {
            let name = TensorName::parse(Naming::HuggingFace, hugging_face).unwrap();
            assert_eq!(name.write(Naming::Gguf), gguf);
            assert_eq!(TensorName::parse(Naming::Gguf, gguf).unwrap(), name);
        }
        let nested = "language_model.model.layers.3.self_attn.q_proj.weight";
        let name = TensorName::parse(Naming::HuggingFace, nested).unwrap();
        assert_eq!(name.projection(), Some((3, TargetModule::QProj)));
        let picture = "vision_tower.layers.3.self_attn.q_proj.weight";
        assert_eq!(TensorName::parse(Naming::HuggingFace, picture), None);
        assert_eq!(TensorName::parse(Naming::Gguf, "rope_freqs.weight"), None);
        assert_eq!(TensorName::parse(Naming::Gguf, "blk.x.attn_q.weight"), None);
    }

    #[test]
    fn rows_come_back_from_their_permutation() {
        let order = PermutedRows {
            stored: half_split_order(8, 2),
        };
        let values: Vec<f32> = (0..16u8).map(f32::from).collect();
        let stored = order.to_gguf(&values);
        assert_ne!(stored, values);
        assert_eq!(order.to_hugging_face(&stored), values);
    }
}
