//! Labels are given to what a filter finds, and taken back; what is in a set is counted.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use lore_core::testing::{task, trajectory};
use lore_core::{
    DataDir, DatasetId, EpisodeEnd, Labels, LengthCount, Trajectory, TrajectoryFilter,
};
use lore_data::{Dataset, NewDataset, write_dataset};

/// A set of six trajectories of two types, of which two failed.
fn set(data: &DataDir) -> Dataset {
    let target = NewDataset {
        data: data.clone(),
        id: DatasetId::from("a"),
        name: "A set".into(),
        source: String::new(),
        unseen_types: Some(vec!["type-1".into()]),
        created_ms: 7,
    };
    write_dataset(&target, (0..6).map(|i| Ok(episode(i)))).unwrap();
    Dataset::open(data, &target.id).unwrap()
}

fn episode(i: usize) -> Trajectory {
    let mut task = task(&format!("t{i}"));
    task.task_type = format!("type-{}", i % 2);
    let found = format!("You see a desk {i}. ").repeat(40);
    let end = if i % 3 == 2 {
        EpisodeEnd::Failure
    } else {
        EpisodeEnd::Success
    };
    trajectory(task, &[("look", &found), ("take it", "Taken.")], end)
}

fn failed() -> TrajectoryFilter {
    TrajectoryFilter {
        success: Some(false),
        ..TrajectoryFilter::default()
    }
}

fn unknown() -> Labels {
    Labels {
        task_type: Some("type-1".into()),
        end: Some(EpisodeEnd::Unknown),
    }
}

#[test]
fn labels_go_to_what_a_filter_finds_and_are_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path());
    let mut set = set(&data);
    let before = set.info().clone();
    set.rename("Another name").unwrap();
    assert_eq!(set.relabel(&data, &[], &failed(), &unknown()).unwrap(), 2);
    let after = set.info().clone();
    assert_eq!(
        after.types[1].count, 4,
        "one of them was of the type already"
    );
    assert_ne!(after.content_hash, before.content_hash);

    for expected in [&before, &after] {
        set.take_back_labels().unwrap();
        let info = Dataset::open(&data, &before.id).unwrap().info().clone();
        assert_eq!(info, *set.info());
        assert_eq!(info.content_hash, expected.content_hash);
        assert_eq!(info.types, expected.types);
        assert_eq!(info.unseen_types, before.unseen_types);
        assert_eq!(info.name, "Another name", "a name is no label");
        let ids = set.trajectories().unwrap().ids(&failed()).unwrap();
        assert_eq!(ids.len(), 2);
    }
}

#[test]
fn labels_stay_when_the_set_has_grown_since() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path());
    let mut set = set(&data);
    assert!(set.take_back_labels().is_err(), "there are none yet");
    set.relabel(&data, &[], &failed(), &unknown()).unwrap();
    set.append(&data, episode(9)).unwrap();
    let error = set.take_back_labels().unwrap_err().to_string();
    assert!(error.contains("changed since"), "{error}");
    assert_eq!(set.info().num_items, 7);
}

#[test]
fn what_was_set_aside_goes_with_its_set() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::new(folder.path());
    let mut set = set(&data);
    set.relabel(&data, &[], &failed(), &unknown()).unwrap();
    std::fs::remove_dir_all(data.dataset(&set.info().id)).unwrap();
    assert!(Dataset::list(&data).unwrap().is_empty());
    assert_eq!(std::fs::read_dir(data.datasets()).unwrap().count(), 0);
}

#[test]
fn a_set_is_counted_by_world_and_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let stats = set(&DataDir::new(folder.path())).stats().unwrap();
    assert_eq!(stats.environments.len(), 1);
    let world = &stats.environments[0];
    assert_eq!((world.count, world.successes), (6, 4));
    let expected = LengthCount {
        length: 256,
        count: 6,
    };
    assert_eq!(stats.tokens, [expected]);
    assert_eq!(stats.outcomes[&EpisodeEnd::Failure], 2);
}
