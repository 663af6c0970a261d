//! Worlds of imported games.

use lore_core::{DataDir, DatasetId, Split, TaskId, WorldSpec};
use lore_env::alfworld::GameRecord;
use lore_env::{GeneratedWorld, World as _, open_world, play_expert};

/// Writes data sets of generated games and opens the first, with the second as test set.
fn check(
    sets: &[(&str, Vec<GameRecord>)],
    look: impl FnOnce(anyhow::Result<Box<dyn lore_env::World>>),
) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let data = DataDir::new(folder.path());
    for (name, records) in sets {
        let dataset = data.dataset(&DatasetId::from(*name));
        std::fs::create_dir_all(&dataset).expect("the folder can be made");
        let lines: Vec<String> = records
            .iter()
            .map(|record| serde_json::to_string(record).expect("records serialise"))
            .collect();
        std::fs::write(dataset.join("games.jsonl"), lines.join("\n")).expect("it can be written");
    }
    let spec = WorldSpec::Games {
        train: sets[0].0.into(),
        test: sets.get(1).map(|(name, _)| DatasetId::from(*name)),
    };
    look(open_world(&spec, &data));
}

fn some(split: Split, count: usize) -> Vec<GameRecord> {
    let world = GeneratedWorld::new(1, true);
    let tasks = world.tasks().iter().filter(|task| task.split == split);
    tasks
        .take(count)
        .map(|task| world.record(&task.id).expect("it is a task of this world"))
        .collect()
}

#[test]
fn games_say_themselves_what_they_are_for_unless_there_is_a_test_set() {
    let mut mixed = some(Split::Train, 3);
    mixed[1].split = Some(Split::Test);
    mixed[2].split = None;
    let splits = |world: &dyn lore_env::World| -> Vec<Split> {
        world.tasks().iter().map(|task| task.split).collect()
    };
    check(&[("a", mixed.clone())], |world| {
        let expected = [Split::Train, Split::Test, Split::Train];
        assert_eq!(splits(world.unwrap().as_ref()), expected);
    });
    check(
        &[("a", mixed.clone()), ("b", some(Split::Test, 1))],
        |world| {
            let expected = [Split::Train, Split::Train, Split::Train, Split::Test];
            assert_eq!(splits(world.unwrap().as_ref()), expected);
        },
    );
    mixed[2].split = Some(Split::Validation);
    check(&[("a", mixed.clone())], |world| {
        let expected = [Split::Train, Split::Test, Split::Validation];
        assert_eq!(splits(world.unwrap().as_ref()), expected);
    });
    check(&[("a", vec![mixed.swap_remove(2)])], |world| {
        assert_eq!(
            splits(world.unwrap().as_ref()),
            [Split::Test],
            "validation games stand in where there are no others"
        );
    });
}

#[test]
fn every_game_can_be_opened_and_played() {
    check(&[("a", some(Split::Train, 5))], |world| {
        let world = world.unwrap();
        for task in world.tasks() {
            let mut game = world.open(&task.id).unwrap();
            let trajectory = play_expert(game.as_mut(), 50).unwrap();
            assert_eq!((&trajectory.task, trajectory.is_success()), (task, true));
        }
        assert!(world.open(&TaskId::from("another")).is_err());
    });
}

#[test]
fn a_test_game_in_the_training_set_is_a_leak() {
    let games = some(Split::Train, 4);
    check(
        &[("a", games.clone()), ("b", games[2..].to_vec())],
        |world| {
            let error = format!("{:#}", world.err().expect("it is refused"));
            assert!(
                error.contains("in the training set and in the test set"),
                "{error}"
            );
        },
    );
}

#[test]
fn an_empty_or_a_missing_set_is_told() {
    check(&[("a", Vec::new())], |world| {
        let error = world.err().expect("it is refused").to_string();
        assert!(error.contains("holds none"), "{error}");
    });
    let spec = WorldSpec::Games {
        train: "missing".into(),
        test: None,
    };
    assert!(open_world(&spec, &DataDir::new("nowhere")).is_err());
}
