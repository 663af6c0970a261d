//! LoRA adapters at inference and on disk.

use std::sync::Arc;

use lore_core::{LoraConfig, TargetModule};
use lore_llm::{
    ActiveAdapter, AdapterWeights, BaseModel, Decoder, KvCache, LoraPair, module_shape, row_norms,
};

use crate::fixtures::{all_logits, assert_close, fixture, load, reference};

#[test]
fn an_adapter_computes_what_peft_computes() {
    let base = load("tiny-llama");
    let adapter = AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap();
    let expected = reference("tiny-adapter");
    let logits = logits_with(&base, adapter, 1.0, &expected.ids);
    for (row, theirs) in expected.rows.iter().zip(&expected.logits) {
        assert_close(&logits[*row], theirs, 2e-4);
    }
}

#[test]
fn an_adapter_without_effect_changes_nothing() {
    let base = load("tiny-llama");
    let ids = reference("tiny-llama").ids;
    let plain = all_logits(&base, &ids);
    let fresh = fresh_adapter(&base);
    assert_eq!(logits_with(&base, fresh, 1.0, &ids), plain, "B is zero");
    let trained = AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap();
    assert_eq!(logits_with(&base, trained, 0.0, &ids), plain, "strength 0");
}

#[test]
fn half_the_strength_is_half_the_update_of_b() {
    let base = load("tiny-llama");
    let ids = reference("tiny-llama").ids;
    let trained = AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap();
    let mut halved = trained.clone();
    for pair in &mut halved.pairs {
        pair.b.iter_mut().for_each(|value| *value *= 0.5);
    }
    let by_strength = logits_with(&base, trained, 0.5, &ids);
    let by_weights = logits_with(&base, halved, 1.0, &ids);
    for (a, b) in by_strength.iter().zip(&by_weights) {
        assert_close(a, b, 1e-4);
    }
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    let adapter = AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    adapter.save_peft(dir.path(), "owner/name").unwrap();
    let again = AdapterWeights::load_peft(dir.path()).unwrap();
    assert_eq!(again.base_model, "owner/name");
    assert_eq!(again.pairs, adapter.pairs);
    assert_eq!(again.config, adapter.config);
    let names = std::fs::read_dir(dir.path()).unwrap();
    assert_eq!(names.count(), 2, "no temporary file stays");
}

/// At the lengths that the rows have anyway, `DoRA` is plain LoRA; at strength 0 it is nothing.
#[test]
fn magnitudes_are_saved_and_scale_whole_rows() {
    let base = load("tiny-llama");
    let ids = reference("tiny-llama").ids;
    let plain = AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap();
    let mut dora = plain.clone();
    dora.config.use_dora = true;
    let scale = plain.config.scale() as f32;
    for pair in &mut dora.pairs {
        let weight = &base.weights.layers[pair.layer].linear(pair.module).weight;
        pair.magnitude = row_norms(weight, &pair.a, &pair.b, scale);
    }
    let dir = tempfile::tempdir().unwrap();
    dora.save_peft(dir.path(), "tiny/llama").unwrap();
    let again = AdapterWeights::load_peft(dir.path()).unwrap();
    assert_eq!(again.pairs, dora.pairs);
    assert_eq!(again.config, dora.config);

    let expected = logits_with(&base, plain, 1.0, &ids);
    let nothing = all_logits(&base, &ids);
    assert_eq!(logits_with(&base, dora.clone(), 0.0, &ids), nothing);
    let same = logits_with(&base, dora.clone(), 1.0, &ids);
    for pair in &mut dora.pairs {
        pair.magnitude.iter_mut().for_each(|length| *length *= 2.0);
    }
    let doubled = logits_with(&base, dora, 1.0, &ids);
    for ((same, doubled), expected) in same.iter().zip(&doubled).zip(&expected) {
        assert_close(same, expected, 1e-4);
        assert_ne!(doubled, expected);
    }
}

#[test]
fn the_scale_of_a_rank_stabilised_adapter_is_written_as_peft_writes_it() {
    let mut adapter = AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap();
    adapter.config.use_rslora = true;
    let dir = tempfile::tempdir().unwrap();
    adapter.save_peft(dir.path(), "owner/name").unwrap();
    let text = std::fs::read_to_string(dir.path().join("adapter_config.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(settings["use_rslora"], true);
    assert_eq!(settings["lora_alpha"], 8);
    let again = AdapterWeights::load_peft(dir.path()).unwrap();
    assert_eq!(again.config, adapter.config);
    assert!((again.config.scale() - 4.0).abs() < 1e-12, "8 / sqrt(4)");
}

/// PEFT refuses files whose keys or settings differ from its own.
#[test]
fn files_have_the_keys_and_settings_of_peft() {
    let adapter = AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    adapter.save_peft(dir.path(), "tiny/llama").unwrap();
    let read = |dir: &std::path::Path| {
        let bytes = std::fs::read(dir.join("adapter_model.safetensors")).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let mut tensors: Vec<(String, Vec<usize>)> = tensors
            .iter()
            .map(|(name, view)| (name.to_owned(), view.shape().to_vec()))
            .collect();
        tensors.sort();
        let text = std::fs::read_to_string(dir.join("adapter_config.json")).unwrap();
        let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
        (tensors, settings)
    };
    let (tensors, settings) = read(dir.path());
    let (their_tensors, their_settings) = read(&fixture("tiny-adapter"));
    assert_eq!(tensors, their_tensors);
    for key in [
        "peft_type",
        "task_type",
        "r",
        "lora_alpha",
        "lora_dropout",
        "bias",
    ] {
        assert_eq!(settings[key], their_settings[key], "{key}");
    }
}

#[test]
fn an_adapter_of_another_model_is_refused() {
    let adapter = AdapterWeights::load_peft(&fixture("tiny-adapter")).unwrap();
    let other = load("tiny-qwen2");
    let error = ActiveAdapter::new(Arc::new(adapter), 1.0, &other.weights).unwrap_err();
    assert!(error.to_string().contains("does not fit the model"));
}

fn fresh_adapter(base: &BaseModel) -> AdapterWeights {
    let config = LoraConfig {
        rank: 2,
        target_modules: TargetModule::ALL.to_vec(),
        ..LoraConfig::default()
    };
    let layers = 0..base.config().num_layers;
    let pairs = layers.flat_map(|layer| {
        TargetModule::ALL.map(|module| {
            let (out, into) = module_shape(base.config(), module);
            LoraPair {
                layer,
                module,
                a: vec![0.5; 2 * into],
                b: vec![0.0; out * 2],
                magnitude: Vec::new(),
            }
        })
    });
    AdapterWeights {
        pairs: pairs.collect(),
        base_model: String::new(),
        config,
    }
}

fn logits_with(
    base: &Arc<BaseModel>,
    adapter: AdapterWeights,
    strength: f64,
    ids: &[u32],
) -> Vec<Vec<f32>> {
    let adapter = ActiveAdapter::new(Arc::new(adapter), strength, &base.weights).unwrap();
    let mut decoder = Decoder::new(Arc::clone(base));
    let mut cache = KvCache::new(base.config());
    let hidden = decoder
        .forward_all(ids, &mut cache, Some(&adapter))
        .unwrap();
    let logits = decoder.logits(&hidden);
    let rows = logits.chunks(base.config().vocab_size);
    rows.map(<[f32]>::to_vec).collect()
}
