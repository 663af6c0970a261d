//! Families of decoders, and what tells them apart.

use std::fmt;

use anyhow::{Result, bail};

/// A family of decoders. They differ in small things (biases, norms), not in shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Llama 2 and 3, SmolLM2, `TinyLlama` and their relatives.
    Llama,
    /// Mistral 7B and its relatives: Llama with a sliding window.
    Mistral,
    /// Ministral 3: Mistral with `YaRN` and queries that grow with the distance to the beginning.
    Ministral3,
    /// Qwen2 and Qwen2.5: Llama with biases on q, k and v.
    Qwen2,
    /// Qwen3: normalises q and k instead.
    Qwen3,
    /// Gemma 3: normalises q, k and what a block adds; GELU; most layers see a window only.
    Gemma3,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 6] = [
        Self::Llama,
        Self::Mistral,
        Self::Ministral3,
        Self::Qwen2,
        Self::Qwen3,
        Self::Gemma3,
    ];

    /// The name for people and lists, which is also that in `config.json` (`model_type`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Mistral => "mistral",
            Self::Ministral3 => "ministral3",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
        }
    }

    /// The family with this name: `model_type` in `config.json`, `general.architecture` in GGUF
    /// files.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "gemma3_text" => Some(Self::Gemma3),
            "mistral3" => Some(Self::Ministral3),
            "ministral" => Some(Self::Mistral),
            _ => Self::ALL.into_iter().find(|family| family.name() == name),
        }
    }

    /// The family with this name, or a sentence that says why it does not run.
    pub fn supported(name: &str) -> Result<Self> {
        if let Some(family) = Self::from_name(name) {
            return Ok(family);
        }
        if ["moe", "mixtral", "llama4", "deepseek", "gpt-oss", "gpt_oss"]
            .iter()
            .any(|part| name.contains(part))
        {
            bail!("{NO_EXPERTS}");
        }
        bail!(
            "Models of the family {name:?} do not run here; choose one of Llama, Mistral, \
             Ministral 3, Qwen2, Qwen3 or Gemma 3"
        )
    }

    /// True when every head of q and k is normalised before it is rotated.
    pub fn has_head_norms(self) -> bool {
        matches!(self, Self::Qwen3 | Self::Gemma3)
    }

    /// True when GGUF files hold the rows of q and k in another order: llama.cpp's converter reorders
    /// those of Llama and its relatives, and of no other family.
    pub(crate) fn interleaves_in_gguf(self) -> bool {
        matches!(self, Self::Llama | Self::Mistral | Self::Ministral3)
    }

    /// True when what attention and the feed-forward part add is normalised first.
    pub fn has_output_norms(self) -> bool {
        self == Self::Gemma3
    }
}

/// Why a mixture of experts is refused.
pub(crate) const NO_EXPERTS: &str = "Models made of several experts (mixture of experts) do not run \
                                     here; choose a dense model of the same maker";

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_run_is_refused_in_a_sentence() {
        for family in Family::ALL {
            assert_eq!(Family::supported(family.name()).unwrap(), family);
        }
        let refusal = |name| Family::supported(name).unwrap_err().to_string();
        assert!(refusal("qwen3_moe").contains("several experts"));
        assert!(refusal("mamba2").contains("choose one of Llama"));
    }
}
