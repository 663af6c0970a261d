//! Files of the tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lore_llm::{BaseModel, Decoder, KvCache};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A file or folder of `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

pub(crate) fn json<T: DeserializeOwned>(name: &str) -> T {
    let text = std::fs::read_to_string(fixture(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn load(name: &str) -> Arc<BaseModel> {
    BaseModel::load(&fixture(name)).unwrap()
}

/// What Hugging Face computes with one of the tiny models.
#[derive(Deserialize)]
pub(crate) struct Reference {
    pub(crate) ids: Vec<u32>,
    pub(crate) rows: Vec<usize>,
    pub(crate) logits: Vec<Vec<f32>>,
    pub(crate) greedy: Vec<u32>,
}

pub(crate) fn reference(name: &str) -> Reference {
    let mut all: std::collections::BTreeMap<String, Reference> = json("reference.json");
    all.remove(name).unwrap()
}

/// Logits of every position, read at once.
pub(crate) fn all_logits(base: &Arc<BaseModel>, ids: &[u32]) -> Vec<Vec<f32>> {
    let mut decoder = Decoder::new(Arc::clone(base));
    let mut cache = KvCache::new(base.config());
    let hidden = decoder.forward_all(ids, &mut cache, None).unwrap();
    let logits = decoder.logits(&hidden);
    let rows = logits.chunks(base.config().vocab_size);
    rows.map(<[f32]>::to_vec).collect()
}

#[track_caller]
pub(crate) fn assert_close(ours: &[f32], theirs: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), theirs.len());
    for (index, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() <= tolerance, "{a} is not {b} at {index}");
    }
}

pub(crate) fn argmax(logits: &[f32]) -> u32 {
    let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
    best.unwrap() as u32
}
