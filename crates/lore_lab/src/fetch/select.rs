//! Which files of a repository a model needs.

/// Small files that describe a model or its tokenizer.
const DESCRIPTIONS: [&str; 14] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
];

/// Precisions of GGUF files in the order they are preferred: close to the original first, as long as
/// they stay small.
const PRECISIONS: [&str; 8] = [
    "q8_0", "q6_k", "q5_k_m", "q4_k_m", "q5_0", "q4_1", "q4_0", "f16",
];

/// The files to get, out of all of a repository. Safetensors are preferred; a repository with none gives
/// its best GGUF file. Empty when the repository holds no weights that can be read.
pub(super) fn files(all: &[String]) -> Vec<String> {
    let mut chosen: Vec<String> = all
        .iter()
        .filter(|name| is_top_level_safetensors(name))
        .cloned()
        .collect();
    if chosen.is_empty() {
        chosen.extend(best_gguf(all));
    }
    if chosen.is_empty() {
        return chosen;
    }
    let described = all
        .iter()
        .filter(|name| DESCRIPTIONS.contains(&name.as_str()) || name.ends_with(".index.json"));
    chosen.extend(described.cloned());
    chosen.sort();
    chosen.dedup();
    chosen
}

/// Other folders hold the same weights for other programs.
fn is_top_level_safetensors(name: &str) -> bool {
    name.ends_with(".safetensors") && !name.contains('/') && !name.starts_with("adapter")
}

fn best_gguf(all: &[String]) -> Option<String> {
    let rank = |name: &str| {
        let name = name.to_lowercase();
        PRECISIONS
            .iter()
            .position(|precision| name.contains(precision))
            .unwrap_or(PRECISIONS.len())
    };
    // A file in several parts cannot be read as one.
    let whole = |name: &&String| {
        let lower = name.to_lowercase();
        let (_, ending) = lower.rsplit_once('.').unwrap_or_default();
        ending == "gguf" && !lower.contains("-of-") && !lower.contains("mmproj")
    };
    all.iter()
        .filter(whole)
        .min_by_key(|name| (rank(name), name.len(), name.as_str()))
        .cloned()
}

/// True for names that stay inside the folder they are written to.
pub(super) fn is_safe(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(['\\', ':', '\0'])
        && name
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(all: &[&str]) -> Vec<String> {
        files(
            &all.iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn weights_come_once() {
        let all = [
            "README.md",
            "config.json",
            "model.safetensors",
            "onnx/model.safetensors",
            "pytorch_model.bin",
            "tokenizer.json",
        ];
        assert_eq!(
            chosen(&all),
            ["config.json", "model.safetensors", "tokenizer.json"]
        );
        assert_eq!(
            chosen(&["m-Q4_0.gguf", "m-Q8_0.gguf", "m-f16.gguf"]),
            ["m-Q8_0.gguf"]
        );
        assert!(chosen(&["README.md", "config.json", "pytorch_model.bin"]).is_empty());
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        assert!(is_safe("1_Pooling/config.json"));
        for name in ["../x", "/etc/passwd", "a/../b", "", "c:\\x", "a//b"] {
            assert!(!is_safe(name), "{name:?}");
        }
    }
}
