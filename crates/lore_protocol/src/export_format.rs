//! The forms an adapter leaves the program in: what they are, how large, and what they cannot carry.

use serde::{Deserialize, Serialize};

use lore_core::ModelInfo;

/// The form of an exported adapter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// `adapter_model.safetensors` and `adapter_config.json`.
    #[default]
    Peft,
    /// A PEFT folder with the experience bank, the prompt and a Python script that uses all three.
    Bundle,
    /// A Hugging Face folder with the adapter merged into the model, in half precision.
    SafetensorsF16,
    /// The same in brain floats.
    SafetensorsBf16,
    /// A GGUF adapter for a GGUF base model.
    GgufLora,
    /// One GGUF file with the adapter merged into the model, in half precision.
    GgufF16,
    /// The same at 8.5 bits a weight.
    GgufQ8_0,
    /// The same at 6.6 bits a weight.
    GgufQ6K,
    /// The same at about 4.8 bits a weight.
    GgufQ4KM,
    /// The same at 4.5 bits a weight.
    GgufQ4_0,
    /// A merged GGUF file with a Modelfile.
    Ollama,
    /// An adapter for Apple's `mlx-lm`.
    Mlx,
}

impl ExportFormat {
    /// Every choice, for forms.
    pub const ALL: [Self; 12] = [
        Self::Peft,
        Self::Bundle,
        Self::SafetensorsF16,
        Self::SafetensorsBf16,
        Self::GgufLora,
        Self::GgufF16,
        Self::GgufQ8_0,
        Self::GgufQ6K,
        Self::GgufQ4KM,
        Self::GgufQ4_0,
        Self::Ollama,
        Self::Mlx,
    ];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Peft => "PEFT adapter",
            Self::Bundle => "Bundle with memory",
            Self::SafetensorsF16 => "Merged model, f16",
            Self::SafetensorsBf16 => "Merged model, bf16",
            Self::GgufLora => "GGUF adapter",
            Self::GgufF16 => "Merged GGUF, f16",
            Self::GgufQ8_0 => "Merged GGUF, Q8_0",
            Self::GgufQ6K => "Merged GGUF, Q6_K",
            Self::GgufQ4KM => "Merged GGUF, Q4_K_M",
            Self::GgufQ4_0 => "Merged GGUF, Q4_0",
            Self::Ollama => "Ollama",
            Self::Mlx => "MLX adapter",
        }
    }

    /// One sentence about whom it is for.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Peft => {
                "The adapter alone, for Hugging Face's PEFT, vLLM and others that load the base model \
                 themselves; exact."
            }
            Self::Bundle => {
                "The adapter with its experience bank, its prompt and a short Python script that runs all \
                 three."
            }
            Self::SafetensorsF16 => {
                "A whole model for transformers, vLLM or SGLang, the adapter merged in; 16 bits a weight."
            }
            Self::SafetensorsBf16 => {
                "The same in the number format most models are trained in: coarser, but never too small for \
                 large numbers."
            }
            Self::GgufLora => {
                "The adapter alone, for llama.cpp beside a GGUF base model (--lora); exact."
            }
            Self::GgufF16 => {
                "A whole model for llama.cpp, LM Studio and others, not quantised: the most exact and the \
                 largest."
            }
            Self::GgufQ8_0 => "Half the size of f16 with hardly any loss.",
            Self::GgufQ6K => "Smaller than Q8_0, with a small loss.",
            Self::GgufQ4KM => "The usual choice for large models; small ones notice the loss.",
            Self::GgufQ4_0 => {
                "The smallest and the fastest on a processor; the adapter's effect may suffer."
            }
            Self::Ollama => {
                "A folder for `ollama create`: the merged model (Q8_0), its chat format and its instructions."
            }
            Self::Mlx => "The adapter alone, for mlx-lm on Apple computers; exact.",
        }
    }

    /// True when the base model's weights are part of it.
    pub fn is_merged(self) -> bool {
        !matches!(self, Self::Peft | Self::Bundle | Self::GgufLora | Self::Mlx)
    }

    /// Why an adapter cannot be written in this form; `None` when it can.
    pub fn refusal(self, adapter: &Carried) -> Option<&'static str> {
        match self {
            Self::Bundle if !adapter.has_bank => Some(
                "It was trained without past episodes in view, so there is no experience bank to take \
                 along. The PEFT adapter has everything.",
            ),
            Self::GgufLora if adapter.has_magnitudes => Some(
                "It is a DoRA adapter, and llama.cpp's adapter files have no place for DoRA's magnitudes. \
                 Choose a merged form.",
            ),
            Self::Mlx if adapter.has_magnitudes => Some(
                "It is a DoRA adapter, and MLX adapters are written without DoRA's magnitudes here. Choose a \
                 merged form.",
            ),
            _ => None,
        }
    }

    /// About how many bytes it takes, for an adapter of `adapter_bytes` and its base model.
    pub fn num_bytes(self, adapter_bytes: u64, base: &ModelInfo) -> u64 {
        let embedding = base.vocab_size.saturating_mul(base.hidden_size);
        let matrices = base.num_parameters.saturating_sub(embedding);
        let has_large_blocks = base.hidden_size.is_multiple_of(256);
        // Hundredths of a byte for each weight: of the output projection and the embeddings, and of all
        // others. Formats with blocks of 256 fall back to finer ones where rows do not fit.
        let (outer, inner) = match (self, has_large_blocks) {
            (Self::Peft | Self::Bundle | Self::GgufLora | Self::Mlx, _) => return adapter_bytes,
            (Self::SafetensorsF16 | Self::SafetensorsBf16 | Self::GgufF16, _) => (200, 200),
            (Self::GgufQ8_0 | Self::Ollama, _) | (Self::GgufQ6K, false) => (106, 106),
            (Self::GgufQ6K, true) => (82, 82),
            (Self::GgufQ4KM, true) => (82, 61),
            (Self::GgufQ4KM, false) => (106, 68),
            (Self::GgufQ4_0, true) => (82, 56),
            (Self::GgufQ4_0, false) => (106, 56),
        };
        let weights = embedding / 100 * outer + matrices / 100 * inner;
        weights.saturating_add(base.vocab_size.saturating_mul(BYTES_OF_A_TOKEN))
    }
}

/// A token in the tables of a tokenizer, merges included; a mean over common models.
const BYTES_OF_A_TOKEN: u64 = 45;

/// What of an adapter decides which forms can carry it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// True when a bank of memories belongs to it.
    pub has_bank: bool,
    /// True for DoRA, which learns the length of every weight row beside the low-rank update.
    pub has_magnitudes: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_cannot_carry_is_refused() {
        let dora = Carried {
            has_magnitudes: true,
            has_bank: true,
        };
        let refused: Vec<_> = ExportFormat::ALL
            .into_iter()
            .filter(|format| format.refusal(&dora).is_some())
            .collect();
        assert_eq!(refused, [ExportFormat::GgufLora, ExportFormat::Mlx]);
        let plain = Carried::default();
        assert!(ExportFormat::Bundle.refusal(&plain).is_some());
        assert!(ExportFormat::GgufLora.refusal(&plain).is_none());
    }

    #[test]
    fn finer_formats_are_larger() {
        let base = ModelInfo {
            num_parameters: 134_515_008,
            vocab_size: 49_152,
            hidden_size: 576,
            ..ModelInfo::default()
        };
        let size = |format: ExportFormat| format.num_bytes(1000, &base);
        assert_eq!(size(ExportFormat::Mlx), 1000);
        let merged = [
            ExportFormat::GgufF16,
            ExportFormat::GgufQ8_0,
            ExportFormat::GgufQ4KM,
            ExportFormat::GgufQ4_0,
        ]
        .map(size);
        assert!(merged.is_sorted_by(|a, b| a > b), "{merged:?}");
    }
}
