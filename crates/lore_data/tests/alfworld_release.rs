//! The official ALFWorld release: a folder or a zip of tens of thousands of small files.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use lore_core::testing::RecordingWatcher;
use lore_core::{DataDir, DatasetId, DatasetInfo, Split, StopToken, UNSEEN_TYPES};
use lore_data::{Dataset, NewDataset, import};

const TYPES: [&str; 6] = [
    "look_at_obj_in_light",
    "pick_and_place_simple",
    "pick_clean_then_place_in_recep",
    "pick_cool_then_place_in_recep",
    "pick_heat_then_place_in_recep",
    "pick_two_obj_and_place",
];

/// Files of a small release with the official layout: `num_games` games in each split, and beside
/// each game what else stands there.
fn release(num_games: usize) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for split in ["train", "valid_seen", "valid_unseen"] {
        for number in 0..num_games {
            let task_type = TYPES[number % TYPES.len()];
            let folder = format!("{split}/{task_type}-Mug-None-Desk-{number}/trial_T2019_{number}");
            let game = serde_json::json!({
                "pddl_domain": "(define (domain alfred))",
                "pddl_problem": format!("(define (problem {split}_{number}))"),
                "grammar": r#""rhs": "Your task is to: put a mug in desk.""#,
                "solvable": true,
            });
            files.push((format!("{folder}/game.tw-pddl"), game.to_string()));
            let trajectory = r#"{"task_type": "…", "plan": {"high_pddl": []}}"#;
            files.push((format!("{folder}/traj_data.json"), trajectory.to_owned()));
            let problem = "(define (problem x))".to_owned();
            files.push((format!("{folder}/initial_state.pddl"), problem));
        }
    }
    files
}

fn imported(path: &Path, place: &Path, id: &str) -> DatasetInfo {
    let target = NewDataset {
        data: DataDir::new(place),
        id: DatasetId::from(id),
        name: String::new(),
        source: String::new(),
        unseen_types: None,
        created_ms: 1,
    };
    import(
        path,
        &target,
        &mut RecordingWatcher::default(),
        &StopToken::new(),
    )
    .unwrap()
}

/// The number of games of each split.
fn splits(place: &Path, id: &str) -> BTreeMap<Split, usize> {
    let set = Dataset::open(&DataDir::new(place), &DatasetId::from(id)).unwrap();
    let mut counts = BTreeMap::new();
    for task in set.games().unwrap().tasks() {
        *counts.entry(task.split).or_default() += 1;
    }
    counts
}

fn write_folder(root: &Path, files: &[(String, String)]) {
    for (name, content) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

#[test]
fn the_official_splits_and_the_papers_types_are_recognised() {
    let place = tempfile::tempdir().unwrap();
    let files = release(120);
    let root = place.path().join("json_2.1.1");
    write_folder(&root, &files);
    let zip_path = place.path().join("json_2.1.1.zip");
    let mut zip = zip::ZipWriter::new(File::create(&zip_path).unwrap());
    for (name, content) in &files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("json_2.1.1/{name}"), options)
            .unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    // Each into a data folder of its own: the same content twice would be told to be there already.
    for (path, id) in [(&root, "folder"), (&zip_path, "zip")] {
        let data = place.path().join(id);
        let info = imported(path, &data, id);
        assert_eq!(info.num_items, 360);
        assert_eq!(info.report.num_rejected, 0, "{:?}", info.report.rejected);
        let mut papers = UNSEEN_TYPES.map(str::to_owned).to_vec();
        papers.sort();
        assert_eq!(info.unseen_types, papers);
        let expected = [Split::Train, Split::Validation, Split::Test].map(|split| (split, 120));
        assert_eq!(splits(&data, id), BTreeMap::from(expected));
    }
}

#[test]
fn a_split_chosen_by_itself_keeps_its_name() {
    let place = tempfile::tempdir().unwrap();
    write_folder(place.path(), &release(6));
    for (split, expected) in [
        ("train", Split::Train),
        ("valid_seen", Split::Validation),
        ("valid_unseen", Split::Test),
    ] {
        let info = imported(&place.path().join(split), place.path(), split);
        assert_eq!(info.num_items, 6);
        assert_eq!(splits(place.path(), split), BTreeMap::from([(expected, 6)]));
        let set = Dataset::open(&DataDir::new(place.path()), &info.id).unwrap();
        let games = set.games().unwrap();
        let begin = format!("{split}/look_at_obj_in_light-");
        let mut ids = games.tasks().map(|task| task.id.as_str());
        assert!(ids.any(|id| id.starts_with(&begin)), "{split}");
    }
}

#[test]
fn what_the_benchmark_leaves_out_is_left_out() {
    let place = tempfile::tempdir().unwrap();
    let sliced = release(1).into_iter().map(|(name, content)| {
        let name = name.replace("-Mug-", "-AppleSliced-");
        (name, content)
    });
    let root = place.path().join("release");
    write_folder(&root, &sliced.chain(release(2)).collect::<Vec<_>>());
    let info = imported(&root, place.path(), "a");
    assert_eq!((info.num_items, info.report.num_rejected), (6, 3));
    assert!(info.report.rejected[0].reason.contains("sliced"));
}
