//! Damaged, incomplete and foreign files: one clear sentence each, never a panic.

use std::fs;
use std::path::Path;

use lore_core::ModelKind;
use lore_llm::{BaseModel, SentenceEmbedder, digest, inspect};

use crate::fixtures::fixture;

#[track_caller]
fn refused(path: &Path, reason: &str) {
    let error = format!("{:#}", BaseModel::load(path).unwrap_err());
    assert!(error.contains(reason), "{error:?} does not say {reason:?}");
}

/// A copy of a fixture folder.
fn copy(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(fixture(name)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    dir
}

#[test]
fn a_gguf_file_cut_anywhere_is_refused() {
    let bytes = fs::read(fixture("tiny-llama.gguf")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.gguf");
    let step = bytes.len() / 40;
    for end in (4..bytes.len()).step_by(step) {
        fs::write(&path, &bytes[..end]).unwrap();
        refused(&path, "was not downloaded completely");
        assert!(inspect(&path).is_err());
    }
}

#[test]
fn flipped_bytes_never_end_the_program() {
    let bytes = fs::read(fixture("tiny-llama.gguf")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("flipped.gguf");
    for position in (0..bytes.len().min(16_000)).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0xff;
        fs::write(&path, &damaged).unwrap();
        // Either is fine, as some bytes are free.
        drop(BaseModel::load(&path));
    }
}

#[test]
fn a_garbage_safetensors_file_is_refused() {
    let dir = copy("tiny-llama");
    let path = dir.path().join("model.safetensors");
    let good = fs::read(&path).unwrap();
    for bytes in [
        b"garbage that is long enough".to_vec(),
        b"no".to_vec(),
        [&8u64.to_le_bytes()[..], b"{\"a\": 1}"].concat(),
        [&u64::MAX.to_le_bytes()[..], b"{}"].concat(),
        good[..good.len() - 1].to_vec(),
    ] {
        fs::write(&path, bytes).unwrap();
        refused(dir.path(), "is damaged or was not downloaded completely");
    }
}

#[test]
fn missing_files_are_named() {
    let dir = copy("tiny-llama");
    fs::remove_file(dir.path().join("tokenizer.json")).unwrap();
    refused(dir.path(), "has no tokenizer.json");
    assert!(
        inspect(dir.path())
            .unwrap()
            .problem
            .contains("tokenizer.json")
    );
    fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    refused(dir.path(), "holds no model");
    refused(&dir.path().join("nowhere"), "There is no file or folder");
    refused(&dir.path().join("config.json"), "is not a model");
}

#[test]
fn missing_weights_are_named() {
    let dir = copy("tiny-llama");
    let path = dir.path().join("config.json");
    let text = fs::read_to_string(&path).unwrap();
    let more = text.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3");
    fs::write(&path, more).unwrap();
    refused(dir.path(), "it lacks the weights \"model.layers.2.");
}

#[test]
fn families_that_are_not_supported_are_named() {
    let dir = copy("tiny-llama");
    let path = dir.path().join("config.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"llama\"", "\"mamba\"")).unwrap();
    refused(dir.path(), "the family \"mamba\" do not run here");
    let info = inspect(dir.path()).unwrap();
    assert!(info.problem.contains("mamba"), "{}", info.problem);
}

#[test]
fn a_language_model_is_no_embedder() {
    let error = SentenceEmbedder::load(&fixture("tiny-llama")).unwrap_err();
    assert!(
        format!("{error:#}").contains("not an embedder"),
        "{error:#}"
    );
}

#[test]
fn inspecting_tells_what_a_model_is() {
    for name in ["tiny-llama", "tiny-llama.gguf"] {
        let info = inspect(&fixture(name)).unwrap();
        assert_eq!(info.problem, "");
        assert_eq!(info.kind, ModelKind::Language);
        assert_eq!(info.name, "tiny-llama");
        assert_eq!(info.architecture, "llama");
        assert_eq!((info.num_layers, info.hidden_size), (2, 24));
        assert_eq!((info.vocab_size, info.context_length), (300, 256));
    }
    let gguf = inspect(&fixture("tiny-llama.gguf")).unwrap();
    let folder = inspect(&fixture("tiny-llama")).unwrap();
    assert_eq!(gguf.num_parameters, folder.num_parameters);
    assert_eq!(
        (gguf.precision.as_str(), folder.precision.as_str()),
        ("F16", "F32")
    );
}

#[test]
fn digests_are_those_of_sha256sum() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.gguf");
    fs::write(&path, b"GGUF").unwrap();
    let mut seen = (0, 0);
    let hash = digest(&path, &mut |done, total| seen = (done, total)).unwrap();
    assert_eq!(seen, (4, 4));
    let expected = "b83633aa785344791618f2fddf131b010ea04912a60430760b070bad293f65bd";
    assert_eq!(hash, expected);
}
