//! Java worlds as jobs: installed from a file, and their gold paths collected.

mod common;

use std::path::{Path, PathBuf};

use common::{job, lab};
use lore_core::{DataDir, JavaWorld, StopToken, WorldSpec};
use lore_data::Dataset;
use lore_lab::{LabOptions, Outcome};
use lore_protocol::{CollectWork, InstallWork, JavaSource, Work};

fn install(data: &DataDir, path: &Path) -> anyhow::Result<Outcome> {
    let source = JavaSource::File {
        path: path.display().to_string(),
    };
    let work = Work::InstallWorld(InstallWork { source });
    let options = LabOptions::default();
    lab(&job(work), data, &options, &StopToken::new()).0
}

fn collect(data: &DataDir, world: WorldSpec) -> anyhow::Result<Outcome> {
    let work = Work::Collect(CollectWork {
        unseen_types: world.default_unseen_types(),
        world,
        per_type: 1,
        seed: 7,
        max_steps: 50,
        dataset: "gold".into(),
        name: "Gold".into(),
    });
    let options = LabOptions::default();
    lab(&job(work), data, &options, &StopToken::new()).0
}

#[test]
fn what_is_no_world_is_not_installed() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let path = root.path().join("notes.txt");
    std::fs::write(&path, "no wheel").unwrap();
    let error = install(&data, &path).unwrap_err().to_string();
    assert!(error.contains("neither a wheel nor a JAR"), "{error}");
    assert!(!data.java_world(JavaWorld::ScienceWorld).exists());
}

#[test]
fn a_world_that_is_not_installed_says_where_to_install_it() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let error = collect(&data, WorldSpec::TextWorldExpress).unwrap_err();
    assert!(
        error.to_string().contains("Open the page Worlds"),
        "{error}"
    );
}

#[test]
fn gold_paths_of_a_real_world_become_a_data_set() {
    let Some(wheels) = std::env::var_os("LOREKEEPER_TEST_WORLDS") else {
        eprintln!("skipped: LOREKEEPER_TEST_WORLDS names no folder with wheels");
        return;
    };
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let wheels: Vec<PathBuf> = std::fs::read_dir(wheels)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for name in ["py4j", "textworld_express"] {
        let is_it = |path: &&PathBuf| {
            let is_wheel = path.extension().is_some_and(|ending| ending == "whl");
            let file = path.file_name().unwrap().to_string_lossy();
            is_wheel && file.starts_with(name)
        };
        install(&data, wheels.iter().find(is_it).unwrap()).unwrap();
    }
    let outcome = collect(&data, WorldSpec::TextWorldExpress).unwrap();
    assert!(matches!(outcome, Outcome::Finished { .. }));
    let dataset = Dataset::open(&data, &"gold".into()).unwrap();
    let info = dataset.info();
    assert_eq!((info.num_items, info.num_successes), (8, 8));
    assert_eq!(info.unseen_types.len(), 3);
}
