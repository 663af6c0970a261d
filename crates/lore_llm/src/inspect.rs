//! What a model is, without loading it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use lore_core::{ModelInfo, ModelKind};

use crate::WeightForm;
use crate::source::{GgufFile, HfFolder, Location};

/// Bytes that are hashed at once.
const HASH_BLOCK: usize = 1 << 20;

/// Bytes for activations, key-value caches and the program, next to the weights.
const WORKING_MEMORY: u64 = 768 << 20;

/// Reads the headers of a model or embedder: a GGUF file, a Hugging Face folder, or a folder that
/// holds one GGUF file. `id` and `digest` stay empty. A model that is whole but does not run says why
/// in `problem`; damage is an error.
pub fn inspect(path: &Path) -> Result<ModelInfo> {
    let (mut info, weights) = match Location::of(path)? {
        Location::Gguf(file) => (GgufFile::open(&file)?.info(), file),
        Location::Folder(dir) => (HfFolder::open(&dir)?.info(), dir),
    };
    info.path = weights.to_string_lossy().into_owned();
    Ok(info)
}

/// SHA-256 of a model's weights, in 64 lower-case hexadecimal digits; of several files, one after
/// the other in order of name. `progress` is told bytes done and bytes in all.
pub fn digest(path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<String> {
    let files = Location::of(path)?.weight_files()?;
    let mut total = 0;
    for file in &files {
        total += file.metadata()?.len();
    }
    let mut hasher = Sha256::new();
    let mut done = 0;
    let mut block = vec![0; HASH_BLOCK];
    for path in files {
        let unreadable = || format!("Could not read {}", path.display());
        let mut file = File::open(&path).with_context(unreadable)?;
        loop {
            let count = file.read(&mut block).with_context(unreadable)?;
            if count == 0 {
                break;
            }
            hasher.update(&block[..count]);
            done += count as u64;
            progress(done, total);
        }
    }
    Ok(format!("{:x}", hasher.finalize()))
}

/// Bytes of memory that a model takes in this form: weights in f32 where they are unpacked, and as the file
/// packs them, a copy of the largest matrix while loading, and room to work.
pub fn required_memory(info: &ModelInfo, form: WeightForm) -> u64 {
    let weights = match form {
        WeightForm::Unpacked => info.num_parameters.saturating_mul(4),
        WeightForm::Stored => 0,
    };
    let is_bert = info.kind == ModelKind::Embedder && info.architecture == "bert";
    let (packed, largest) = if is_bert {
        (0, 0)
    } else {
        let embedding = info.vocab_size.saturating_mul(info.hidden_size);
        (info.num_bytes, embedding.saturating_mul(4))
    };
    weights
        .saturating_add(packed)
        .saturating_add(largest)
        .saturating_add(WORKING_MEMORY)
}

/// Refuses a model that does not fit into the `available` bytes of memory.
pub fn check_memory(info: &ModelInfo, form: WeightForm, available: u64) -> Result<()> {
    let required = required_memory(info, form);
    ensure!(
        required <= available,
        "The model {:?} needs about {:.1} GB of memory, and {:.1} GB are free; close other programs \
         or choose a smaller model",
        info.name,
        gigabytes(required),
        gigabytes(available)
    );
    Ok(())
}

fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::BaseModel;

    /// The tiny model without its weights, with what is said in its index of where they are.
    fn with_index(shard: &str) -> tempfile::TempDir {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-llama");
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model");
        fs::create_dir(&model).unwrap();
        for file in fs::read_dir(&fixture).unwrap().flatten() {
            let name = file.file_name();
            let to = if name == "model.safetensors" {
                folder.path().join("outside.safetensors")
            } else {
                model.join(&name)
            };
            fs::copy(file.path(), to).unwrap();
        }
        let shards = [
            ("model.embed_tokens.weight", shard),
            ("model.norm.weight", shard),
        ];
        let map: std::collections::BTreeMap<_, _> = shards.into();
        let index = serde_json::json!({"metadata": {}, "weight_map": map});
        fs::write(
            model.join("model.safetensors.index.json"),
            index.to_string(),
        )
        .unwrap();
        folder
    }

    #[test]
    fn an_index_leads_to_no_file_outside() {
        for shard in [
            "../outside.safetensors",
            "../../../../../../../../etc/passwd",
            "/etc/passwd",
            "..\\outside.safetensors",
        ] {
            let folder = with_index(shard);
            let model = folder.path().join("model");
            let error = inspect(&model).unwrap_err().to_string();
            assert!(error.contains("holds no model"), "{error}");
            assert!(BaseModel::load(&model).is_err(), "{shard}");
            assert!(digest(&model, &mut |_, _| ()).is_err(), "{shard}");
            // With weights of its own, the index is not asked at all.
            let own = model.join("model.safetensors");
            fs::copy(folder.path().join("outside.safetensors"), &own).unwrap();
            assert!(BaseModel::load(&model).is_ok(), "{shard}");
        }
    }

    #[test]
    fn memory_follows_the_number_of_weights() {
        let info = ModelInfo {
            num_parameters: 1_000_000_000,
            ..ModelInfo::default()
        };
        let unpacked = WeightForm::Unpacked;
        assert!(check_memory(&info, unpacked, 8_000_000_000).is_ok());
        assert!(check_memory(&info, WeightForm::Stored, 3_000_000_000).is_ok());
        let error = check_memory(&info, unpacked, 3_000_000_000).unwrap_err();
        assert!(error.to_string().contains("4.8 GB"), "{error}");
    }
}
