//! The same plan twice gives the same adapter and the same episodes, on another number of threads as well. Needs
//! `LOREKEEPER_TEST_MODELS`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::fs;

use common::{Lab, test_models, tiny_experiment};
use lore_core::Arm;
use lore_protocol::plan::adapter_of;
use serde_json::Value;

/// What one run of the plan left: the adapter's bytes, the data's hash and every episode without the times
/// it took.
#[derive(Debug, PartialEq)]
struct Left {
    adapter: Vec<u8>,
    data_hash: Value,
    episodes: Vec<Value>,
}

fn run(models: std::path::PathBuf) -> Left {
    let lab = Lab::new(models);
    let spec = tiny_experiment(&["exprag_lora"]);
    for job in lab.plan(&spec) {
        lab.finish(&job);
    }
    let folder = lab
        .data
        .adapter(&adapter_of(&spec, &Arm::paper()[4], 2025).unwrap());
    let info: Value = common::read(&folder.join("adapter.json")).unwrap();
    let log = lab
        .data
        .runs(&spec.id)
        .join("exprag_lora-seed2025/trajectories.jsonl");
    let lines = fs::read_to_string(log).unwrap();
    let episodes = lines.lines().map(|line| {
        let mut episode: Value = serde_json::from_str(line).unwrap();
        remove_times(&mut episode);
        episode
    });
    Left {
        adapter: fs::read(folder.join("adapter_model.safetensors")).unwrap(),
        data_hash: info["origin"]["data_hash"].clone(),
        episodes: episodes.collect(),
    }
}

fn remove_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("millis");
            fields.values_mut().for_each(remove_times);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_times),
        _ => {}
    }
}

#[test]
fn the_same_plan_twice_leaves_the_same_bytes_and_episodes() {
    let Some(models) = test_models() else {
        return;
    };
    let first = run(models.clone());
    assert_eq!(first.episodes.len(), 2);
    let again = run(models);
    assert!(first.adapter == again.adapter, "the adapters' bytes differ");
    assert_eq!(first, again);
}

#[test]
fn another_number_of_threads_decides_the_same() {
    let Some(models) = test_models() else {
        return;
    };
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| run(models.clone()))
    };
    let (alone, three) = (on(1), on(3));
    assert!(alone.adapter == three.adapter, "the adapters' bytes differ");
    assert_eq!(alone, three);
}
