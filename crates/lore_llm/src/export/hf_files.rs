//! What stands beside the weights in a Hugging Face folder.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

use super::{FloatFormat, cannot_write};
use crate::chat::ChatTemplate;
use crate::json::optional_json;
use crate::source::{GgufFile, TensorSource as _, llama3_scaling};
use crate::tokenizer::TextTokenizer;
use crate::{Family, ModelConfig};

/// Files that are passed on as they are, where the base model has them.
const PASSED_ON: [&str; 9] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "generation_config.json",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
];

/// Copies the files of a Hugging Face folder; `config.json` learns the new precision.
pub(super) fn copy(from: &Path, to: &Path, format: FloatFormat) -> Result<()> {
    for name in PASSED_ON {
        let source = from.join(name);
        if source.is_file() {
            let target = to.join(name);
            fs::copy(&source, &target).with_context(|| cannot_write(&target))?;
        }
    }
    let mut config = optional_json(&from.join("config.json"))?;
    let fields = config
        .as_object_mut()
        .context("The base model's config.json is damaged")?;
    fields.remove("quantization_config");
    fields.remove("dtype");
    fields.insert("torch_dtype".to_owned(), format.name().into());
    write(to, "config.json", &config)
}

/// Makes the files of a Hugging Face folder from what a GGUF file says.
pub(super) fn from_gguf(
    file: &GgufFile,
    config: &ModelConfig,
    to: &Path,
    format: FloatFormat,
) -> Result<()> {
    let tokenizer = TextTokenizer::from_gguf(file)?;
    let template = ChatTemplate::from_gguf(file, &tokenizer);
    let has_bias = file.contains("blk.0.attn_q.bias");
    let ends: Vec<u32> = tokenizer.end_of_turn().collect();
    let mut fields = model_fields(config, format, has_bias)?;
    for (key, name) in [
        ("bos_token_id", tokenizer.bos()),
        ("eos_token_id", tokenizer.eos()),
    ] {
        if let Some(id) = tokenizer.id_of(name) {
            fields.insert(key.to_owned(), id.into());
        }
    }
    write(to, "config.json", &Value::Object(fields))?;
    write(to, "generation_config.json", &json!({"eos_token_id": ends}))?;
    let text = tokenizer.to_json()?;
    fs::write(to.join("tokenizer.json"), text)
        .with_context(|| cannot_write(&to.join("tokenizer.json")))?;
    write(
        to,
        "tokenizer_config.json",
        &tokenizer_fields(&tokenizer, &template, config),
    )
}

/// `config.json`.
fn model_fields(
    config: &ModelConfig,
    format: FloatFormat,
    has_bias: bool,
) -> Result<Map<String, Value>> {
    let class = match config.architecture {
        Family::Llama => "LlamaForCausalLM",
        Family::Mistral => "MistralForCausalLM",
        Family::Qwen2 => "Qwen2ForCausalLM",
        Family::Qwen3 => "Qwen3ForCausalLM",
        family @ (Family::Gemma3 | Family::Ministral3) => {
            bail!("{family} models in GGUF files cannot be written as safetensors.")
        }
    };
    let mut fields = json!({
        "architectures": [class],
        "model_type": config.architecture.name(),
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.num_layers,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": config.num_kv_heads,
        "head_dim": config.head_dim,
        "hidden_act": "silu",
        "rms_norm_eps": short(config.norm_eps),
        "rope_theta": short(config.rotary.theta),
        "rope_scaling": rope_scaling(config)?,
        "tie_word_embeddings": config.tie_embeddings,
        "max_position_embeddings": config.context_length,
        "torch_dtype": format.name(),
    });
    if config.architecture == Family::Llama {
        fields["attention_bias"] = has_bias.into();
        fields["mlp_bias"] = false.into();
    }
    match fields {
        Value::Object(fields) => Ok(fields),
        _ => bail!("The model's description is no object"),
    }
}

/// The rotary scaling that gives the model's divisors.
fn rope_scaling(config: &ModelConfig) -> Result<Value> {
    let factors = &config.rotary.factors;
    if factors.is_empty() {
        return Ok(Value::Null);
    }
    if let Some(factor) = super::gguf_metadata::linear_factor(factors) {
        return Ok(json!({"rope_type": "linear", "factor": short(factor)}));
    }
    let scaling = llama3_scaling(factors, config.rotary.theta.into(), config.head_dim).context(
        "This GGUF file scales its rotary frequencies in a way that config.json has no words for. Choose \
         a GGUF form.",
    )?;
    Ok(json!({
        "rope_type": "llama3",
        "factor": scaling.factor,
        "low_freq_factor": scaling.low_freq_factor,
        "high_freq_factor": scaling.high_freq_factor,
        "original_max_position_embeddings": scaling.original_context,
    }))
}

/// `tokenizer_config.json`.
fn tokenizer_fields(
    tokenizer: &TextTokenizer,
    template: &ChatTemplate,
    config: &ModelConfig,
) -> Value {
    let mut fields = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": false,
        "model_max_length": config.context_length,
        "chat_template": template.source(),
    });
    for (key, token) in [
        ("bos_token", tokenizer.bos()),
        ("eos_token", tokenizer.eos()),
        ("pad_token", tokenizer.eos()),
    ] {
        if !token.is_empty() {
            fields[key] = token.into();
        }
    }
    fields
}

/// The shortest number that is the same in single precision.
fn short(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| value.into())
}

fn write(dir: &Path, name: &str, value: &Value) -> Result<()> {
    let path = dir.join(name);
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    fs::write(&path, text).with_context(|| cannot_write(&path))
}
