//! The same model in different files.

use std::fs;
use std::path::Path;

use lore_llm::BaseModel;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

use crate::fixtures::{all_logits, argmax, assert_close, fixture, load, reference};

/// The folder orders rows of q and k for half-split rotation, the file of some families for
/// interleaved rotation; Gemma's norms are distances from one in the folder.
#[test]
fn a_gguf_file_is_the_same_model_as_its_folder() {
    for name in [
        "tiny-llama",
        "tiny-qwen2",
        "tiny-qwen3",
        "tiny-gemma3",
        "tiny-ministral3",
        "tiny-llama3-rope",
    ] {
        let (folder, file) = (load(name), load(&format!("{name}.gguf")));
        assert_eq!(folder.weights.layers, file.weights.layers, "{name}");
        assert_eq!(folder.weights.embedding, file.weights.embedding, "{name}");
        assert_eq!(folder.weights.final_norm, file.weights.final_norm, "{name}");
        assert_eq!(folder.weights.head(), file.weights.head(), "{name}");
        assert_eq!(folder.config().sliding, file.config().sliding, "{name}");
        let text = "take mug 12 from fridge 1";
        let ids = folder.tokenizer.encode(text).unwrap();
        assert_eq!(ids, file.tokenizer.encode(text).unwrap());
    }
}

/// The description, too: a scale that is not as in the folder would show.
#[test]
fn a_gguf_file_computes_what_hugging_face_computes() {
    for name in [
        "tiny-llama",
        "tiny-qwen2",
        "tiny-qwen3",
        "tiny-ministral3",
        "tiny-llama3-rope",
    ] {
        let expected = reference(name);
        let base = load(&format!("{name}.gguf"));
        let logits = all_logits(&base, &expected.ids);
        for (row, theirs) in expected.rows.iter().zip(&expected.logits) {
            assert_close(&logits[*row], theirs, 1e-4);
        }
        assert_eq!(argmax(&logits[expected.ids.len() - 1]), expected.greedy[0]);
    }
}

/// Gemma 3 4B and Ministral 3 come with eyes; the part for text stands under another name.
#[test]
fn the_part_for_text_of_a_model_that_sees_is_the_same_model() {
    let plain = load("tiny-gemma3");
    for (root, new_root) in [
        ("model.", "language_model.model."),
        ("model.", "model.language_model."),
    ] {
        let dir = tempfile::tempdir().unwrap();
        copy_renamed(&fixture("tiny-gemma3"), dir.path(), root, new_root);
        let wrapped = BaseModel::load(dir.path()).unwrap();
        assert_eq!(plain.weights, wrapped.weights, "{new_root}");
    }
}

/// Copies a folder as that of a model that sees.
fn copy_renamed(from: &Path, to: &Path, root: &str, new_root: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        let copied = if name == "config.json" {
            let text: Value = serde_json::from_slice(&bytes).unwrap();
            json!({"model_type": "gemma3", "text_config": text})
                .to_string()
                .into_bytes()
        } else if name.ends_with(".safetensors") {
            let tensors = SafeTensors::deserialize(&bytes).unwrap();
            let renamed: Vec<(String, TensorView<'_>)> = tensors
                .iter()
                .map(|(name, view)| (name.replacen(root, new_root, 1), view))
                .collect();
            safetensors::serialize(renamed, None).unwrap()
        } else {
            bytes
        };
        fs::write(to.join(name), copied).unwrap();
    }
}
