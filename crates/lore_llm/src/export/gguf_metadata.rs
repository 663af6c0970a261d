//! What a GGUF file says about its model.

use anyhow::Result;
use candle_core::quantized::gguf_file::Value;

use super::merge::{BaseFiles, MergedModel};
use super::{GgufFormat, gguf_architecture, gguf_tokenizer};
use crate::ModelConfig;

/// Properties that belong to one file, not to a model.
const OF_ONE_FILE: [&str; 5] = [
    "general.name",
    "general.type",
    "general.file_type",
    "general.quantization_version",
    "general.alignment",
];

/// The metadata of a merged model: the base model's where that is a GGUF file, else made from its
/// `config.json` and tokenizer.
pub(super) fn of(
    model: &MergedModel<'_>,
    format: GgufFormat,
    name: &str,
) -> Result<Vec<(String, Value)>> {
    let mut metadata = vec![
        (
            "general.architecture".to_owned(),
            text(gguf_architecture(model.config.architecture)),
        ),
        ("general.type".to_owned(), text("model")),
        ("general.name".to_owned(), text(name)),
        (
            "general.file_type".to_owned(),
            Value::U32(format.file_type()),
        ),
        ("general.quantization_version".to_owned(), Value::U32(2)),
    ];
    match &model.base {
        BaseFiles::Gguf(file) => {
            for (key, value) in file.metadata_in_order() {
                let is_split = key.starts_with("split.");
                let is_known = metadata.iter().any(|(known, _)| known == key);
                if !is_split && !is_known && !OF_ONE_FILE.contains(&key.as_str()) {
                    metadata.push((key.clone(), value.clone()));
                }
            }
        }
        BaseFiles::Folder(_, dir) => {
            metadata.extend(shape(&model.config));
            metadata.extend(gguf_tokenizer::of_folder(dir, model.config.vocab_size)?);
        }
    }
    Ok(metadata)
}

/// The model's shape under GGUF's names.
fn shape(config: &ModelConfig) -> Vec<(String, Value)> {
    let number = |value: usize| Value::U32(u32::try_from(value).unwrap_or(u32::MAX));
    let mut properties = vec![
        ("block_count", number(config.num_layers)),
        ("context_length", number(config.context_length)),
        ("embedding_length", number(config.hidden_size)),
        ("feed_forward_length", number(config.intermediate_size)),
        ("attention.head_count", number(config.num_heads)),
        ("attention.head_count_kv", number(config.num_kv_heads)),
        (
            "attention.layer_norm_rms_epsilon",
            Value::F32(config.norm_eps),
        ),
        ("attention.key_length", number(config.head_dim)),
        ("attention.value_length", number(config.head_dim)),
        ("rope.freq_base", Value::F32(config.rotary.theta)),
        ("rope.dimension_count", number(config.head_dim)),
        ("vocab_size", number(config.vocab_size)),
    ];
    if let Some(factor) = linear_factor(&config.rotary.factors) {
        properties.push(("rope.scaling.type", text("linear")));
        properties.push(("rope.scaling.factor", Value::F32(factor)));
    }
    let architecture = gguf_architecture(config.architecture);
    properties
        .into_iter()
        .map(|(key, value)| (format!("{architecture}.{key}"), value))
        .collect()
}

/// The divisor of all rotary frequencies, where they share one.
pub(super) fn linear_factor(factors: &[f32]) -> Option<f32> {
    let first = *factors.first()?;
    factors
        .iter()
        .all(|factor| factor.to_bits() == first.to_bits())
        .then_some(first)
}

pub(super) fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}
