//! Models from a hub, checked against a small HTTP server on this machine.

mod common;

use std::fs;

use common::hub::{Hub, REPO, small_model};
use common::{job, lab};
use lore_core::{DataDir, ModelInfo, StopToken};
use lore_lab::{LabOptions, Outcome};
use lore_protocol::{ApiError, ErrorCode, FetchWork, ModelSource, Work};

fn hub_work() -> Work {
    Work::FetchModel(FetchWork {
        source: ModelSource::Hub {
            repo: REPO.to_owned(),
            revision: String::new(),
        },
    })
}

fn options(hub: &Hub) -> LabOptions {
    LabOptions {
        hub_url: hub.url(),
        ..LabOptions::default()
    }
}

fn code_of(error: anyhow::Error) -> ErrorCode {
    ApiError::from(error).code
}

/// Names of everything in the model folder, hidden folders included.
fn listing(data: &DataDir) -> Vec<String> {
    let Ok(entries) = fs::read_dir(data.models()) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_model_arrives_whole_and_described() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let hub = Hub::serving(small_model());
    let (outcome, _) = lab(&job(hub_work()), &data, &options(&hub), &StopToken::new());
    assert!(matches!(outcome.unwrap(), Outcome::Finished { .. }));
    assert_eq!(listing(&data), ["tiny"]);
    let folder = data.models().join("tiny");
    let info: ModelInfo =
        serde_json::from_slice(&fs::read(folder.join("model.json")).unwrap()).unwrap();
    assert_eq!(info.hub_name, REPO);
    assert_eq!(info.license, "mit");
    assert_eq!(info.path, "", "the weights are in the model's own folder");
    let weights = fs::read(folder.join("model.safetensors")).unwrap();
    assert_eq!(weights, small_model()["model.safetensors"]);
    assert!(
        !folder.join("README.md").exists(),
        "only what a model needs"
    );
}

#[test]
fn a_broken_transfer_goes_on_where_it_stopped() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let hub = Hub::serving(small_model());
    hub.break_off_after(100_000);
    let (outcome, _) = lab(&job(hub_work()), &data, &options(&hub), &StopToken::new());
    assert!(outcome.is_err());
    assert!(
        !data.models().join("tiny").exists(),
        "half a model is no model"
    );

    hub.break_off_after(usize::MAX);
    let (outcome, _) = lab(&job(hub_work()), &data, &options(&hub), &StopToken::new());
    assert!(matches!(outcome.unwrap(), Outcome::Finished { .. }));
    let ranges = hub.ranges();
    assert!(
        ranges.iter().any(|start| *start > 0),
        "the second attempt asks for the rest: {ranges:?}"
    );
    let weights = fs::read(data.models().join("tiny/model.safetensors")).unwrap();
    assert_eq!(weights, small_model()["model.safetensors"]);
}

#[test]
fn other_bytes_than_promised_are_thrown_away() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let hub = Hub::serving(small_model());
    hub.damage_contents(true);
    let (outcome, _) = lab(&job(hub_work()), &data, &options(&hub), &StopToken::new());
    let error = outcome.unwrap_err();
    assert!(
        error.to_string().contains("not the one that was expected"),
        "{error:#}"
    );

    hub.damage_contents(false);
    let (outcome, _) = lab(&job(hub_work()), &data, &options(&hub), &StopToken::new());
    assert!(matches!(outcome.unwrap(), Outcome::Finished { .. }));
}

#[test]
fn no_network_and_no_such_model_are_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let nobody = LabOptions {
        hub_url: "http://127.0.0.1:9".to_owned(),
        ..LabOptions::default()
    };
    let (outcome, _) = lab(&job(hub_work()), &data, &nobody, &StopToken::new());
    assert_eq!(code_of(outcome.unwrap_err()), ErrorCode::Offline);

    let hub = Hub::serving(small_model());
    let missing = Work::FetchModel(FetchWork {
        source: ModelSource::Hub {
            repo: "someone/else".to_owned(),
            revision: String::new(),
        },
    });
    let (outcome, _) = lab(&job(missing), &data, &options(&hub), &StopToken::new());
    assert_eq!(code_of(outcome.unwrap_err()), ErrorCode::NotFound);
    assert!(listing(&data).is_empty());
}

#[test]
fn a_stop_keeps_what_came_for_the_next_time() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let hub = Hub::serving(small_model());
    let stop = StopToken::new();
    stop.stop();
    let (outcome, _) = lab(&job(hub_work()), &data, &options(&hub), &stop);
    assert_eq!(outcome.unwrap(), Outcome::Stopped { resumable: true });
    assert!(!data.models().join("tiny").exists());
}
