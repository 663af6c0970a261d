//! Models and adapters in the forms of other programs, read back.

use std::path::Path;
use std::sync::Arc;

use lore_llm::{
    ActiveAdapter, AdapterWeights, BaseModel, Decoder, FloatFormat, GgufFormat, KvCache,
    MergedModel, module_shape,
};

use crate::fixtures::{all_logits, assert_close, fixture, load, reference};

fn adapter() -> AdapterWeights {
    AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap()
}

/// The same with magnitudes that turn up some rows and turn down others.
fn dora(base: &BaseModel) -> AdapterWeights {
    let mut adapter = adapter();
    adapter.config.use_dora = true;
    for pair in &mut adapter.pairs {
        let (out, _) = module_shape(base.config(), pair.module);
        pair.magnitude = (0..out).map(|row| 0.2 + 0.1 * (row % 7) as f32).collect();
    }
    adapter
}

fn ids() -> Vec<u32> {
    reference("tiny-adapter").ids
}

/// Logits of every position with an adapter beside the model.
fn adapted(base: &Arc<BaseModel>, adapter: AdapterWeights) -> Vec<Vec<f32>> {
    let active = ActiveAdapter::new(Arc::new(adapter), 1.0, &base.weights).unwrap();
    let mut decoder = Decoder::new(Arc::clone(base));
    let mut cache = KvCache::new(base.config());
    let hidden = decoder
        .forward_all(&ids(), &mut cache, Some(&active))
        .unwrap();
    let logits = decoder.logits(&hidden);
    let rows = logits.chunks(base.config().vocab_size);
    rows.map(<[f32]>::to_vec).collect()
}

/// A merged copy answers like base model and adapter, whatever the kind of file on either side.
#[track_caller]
fn check_merged(base: &str, write: fn(&mut MergedModel<'_>, &Path) -> bool, file: &str) {
    check_merged_with(adapter(), base, write, file);
    check_merged_with(dora(&load(base)), base, write, file);
}

#[track_caller]
fn check_merged_with(
    adapter: AdapterWeights,
    base: &str,
    write: fn(&mut MergedModel<'_>, &Path) -> bool,
    file: &str,
) {
    let dir = tempfile::tempdir().unwrap();
    let mut merged = MergedModel::open(&fixture(base), &adapter).unwrap();
    assert!(write(&mut merged, dir.path()), "nobody asked to stop");
    let copy = BaseModel::load(&dir.path().join(file)).unwrap();
    let expected = adapted(&load(base), adapter);
    let found = all_logits(&copy, &ids());
    for (found, expected) in found.iter().zip(&expected) {
        assert_close(found, expected, 0.05);
    }
    let original = load(base);
    let text = "Take 12 mugs, then <|im_end|> stop.\n\n  é";
    assert_eq!(
        copy.tokenizer.encode(text).unwrap(),
        original.tokenizer.encode(text).unwrap()
    );
    assert_eq!(copy.template.source(), original.template.source());
    assert!(
        copy.tokenizer
            .end_of_turn()
            .eq(original.tokenizer.end_of_turn())
    );
}

fn gguf(merged: &mut MergedModel<'_>, dir: &Path) -> bool {
    let path = dir.join("m.gguf");
    let mut go_on = |_, _| true;
    let format = GgufFormat::F16;
    merged
        .write_gguf(&path, format, "merged", &mut go_on)
        .unwrap()
}

fn folder(merged: &mut MergedModel<'_>, dir: &Path) -> bool {
    let mut go_on = |_, _| true;
    merged
        .write_safetensors(dir, FloatFormat::F16, &mut go_on)
        .unwrap()
}

#[test]
fn a_merged_model_answers_like_model_and_adapter() {
    check_merged("tiny-llama", folder, "");
    check_merged("tiny-llama", gguf, "m.gguf");
    check_merged("tiny-llama.gguf", folder, "");
    check_merged("tiny-llama.gguf", gguf, "m.gguf");
}

/// Scaled rotary frequencies and biases stand in other places of the two kinds of files.
#[test]
fn frequencies_and_biases_survive_the_change_of_files() {
    let mut none = adapter();
    none.pairs.clear();
    for name in ["tiny-llama3-rope", "tiny-qwen2"] {
        let base = load(name);
        let ids = reference(name).ids;
        let dir = tempfile::tempdir().unwrap();
        let mut merged = MergedModel::open(&fixture(name), &none).unwrap();
        assert!(gguf(&mut merged, dir.path()));
        let path = dir.path().join("m.gguf");
        let as_gguf = BaseModel::load(&path).unwrap();
        let again = dir.path().join("again");
        std::fs::create_dir(&again).unwrap();
        let mut merged = MergedModel::open(&path, &none).unwrap();
        assert!(folder(&mut merged, &again));
        let as_folder = BaseModel::load(&again).unwrap();
        let expected = all_logits(&base, &ids);
        for copy in [as_gguf, as_folder] {
            for (found, expected) in all_logits(&copy, &ids).iter().zip(&expected) {
                assert_close(found, expected, 0.05);
            }
        }
    }
}

/// Neither format knows rank-stabilised LoRA, so what they say of the scale must carry it.
#[test]
fn adapters_come_back_from_other_programs_formats() {
    for use_rslora in [false, true] {
        let mut adapter = adapter();
        adapter.config.use_rslora = use_rslora;
        check_formats(&adapter);
    }
}

fn check_formats(adapter: &AdapterWeights) {
    let base = load("tiny-llama");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("adapter.gguf");
    adapter.save_gguf(&path, base.config(), "tiny").unwrap();
    let from_gguf = AdapterWeights::load_gguf(&path, base.config()).unwrap();
    adapter
        .save_mlx(dir.path(), base.config(), "owner/name")
        .unwrap();
    let from_mlx = AdapterWeights::load_mlx(dir.path(), base.config()).unwrap();
    for copy in [from_gguf, from_mlx] {
        assert_eq!(copy.pairs, adapter.pairs);
        assert!((copy.config.scale() - adapter.config.scale()).abs() < 1e-9);
        assert_eq!(copy.config.target_modules, adapter.config.target_modules);
    }
    let error = adapter.save_gguf(&path, base.config(), "tiny");
    assert!(error.is_err(), "nothing is overwritten");
}

#[test]
fn adapter_files_without_room_for_magnitudes_are_refused() {
    let base = load("tiny-llama");
    let adapter = dora(&base);
    let dir = tempfile::tempdir().unwrap();
    let as_gguf = adapter.save_gguf(&dir.path().join("a.gguf"), base.config(), "tiny");
    let as_mlx = adapter.save_mlx(dir.path(), base.config(), "owner/name");
    for refused in [as_gguf, as_mlx] {
        assert!(refused.unwrap_err().to_string().contains("DoRA"));
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_merge_stops_when_asked() {
    let adapter = adapter();
    let dir = tempfile::tempdir().unwrap();
    let mut merged = MergedModel::open(&fixture("tiny-llama.gguf"), &adapter).unwrap();
    let mut stop = |_, _| false;
    let path = dir.path().join("m.gguf");
    let whole = merged
        .write_gguf(&path, GgufFormat::Q8_0, "merged", &mut stop)
        .unwrap();
    assert!(!whole);
}
