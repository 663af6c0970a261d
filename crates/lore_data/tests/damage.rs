//! Data sets whose files are not what they were.

use std::fs;

use lore_core::testing::{task, trajectory};
use lore_core::{DataDir, EpisodeEnd, Trajectory, TrajectoryFilter};
use lore_data::{Dataset, NewDataset, write_dataset};

fn episode(number: usize) -> Trajectory {
    let task = task(&format!("t{number}"));
    let found = format!("You see a mug {number}.");
    trajectory(task, &[("look", &found)], EpisodeEnd::Success)
}

#[test]
fn what_was_changed_behind_our_back_is_named() {
    let root = tempfile::tempdir().unwrap();
    let data = DataDir::new(root.path());
    let target = NewDataset {
        data: data.clone(),
        id: "a".into(),
        name: "A set".into(),
        source: String::new(),
        unseen_types: None,
        created_ms: 7,
    };
    write_dataset(&target, (0..3).map(|number| Ok(episode(number)))).unwrap();
    let folder = data.dataset(&"a".into());
    let path = folder.join("trajectories.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    // Still JSON, and as long as before.
    fs::write(&path, text.replacen("a mug 0", "a jug 0", 1)).unwrap();
    fs::write(folder.join("twins.json"), "[{").unwrap();

    let set = Dataset::open(&data, &"a".into()).unwrap();
    let file = set.trajectories().unwrap();
    let ids = file.ids(&TrajectoryFilter::default()).unwrap();
    let error = file.get(&ids[0]).unwrap_err().to_string();
    assert!(error.contains("changed or damaged"), "{error}");
    file.get(&ids[1]).expect("the others are whole");
    assert_eq!(file.read_all().unwrap().filter(Result::is_err).count(), 1);
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    let error = set.trajectories().map(drop).unwrap_err().to_string();
    assert!(error.contains("of its 3 items 1 can be read"), "{error}");
    let error = set.split_leaks().unwrap_err().to_string();
    assert!(error.contains("Import it again"), "{error}");
}
