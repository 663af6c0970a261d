//! Laws of generated games.

use std::collections::BTreeSet;

use lore_core::Split;
use lore_env::alfworld::{GameRecord, TASK_TYPES};
use lore_env::{GeneratedWorld, NumTasks, World as _, select_tasks};

/// What can be seen of a game, numbers and order left out: goal, receptacles, what is in which.
fn view(record: &GameRecord) -> Vec<String> {
    let kind = |id: &str| id.split("_bar_").next().unwrap_or(id).to_owned();
    let mut seen: Vec<String> = record
        .pddl_problem
        .lines()
        .map(|line| line.trim().trim_matches(['(', ')']))
        .filter_map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["receptacleType", _, of] => Some((*of).to_owned()),
                ["inReceptacle", thing, place] => Some(format!("{} {}", kind(thing), kind(place))),
                _ => None,
            }
        })
        .collect();
    seen.sort_unstable();
    seen.push(record.task.clone());
    seen
}

#[test]
fn no_test_game_is_the_twin_of_a_training_game() {
    let world = GeneratedWorld::new(1, true);
    let views = |split: Split| -> BTreeSet<Vec<String>> {
        let tasks = world.tasks().iter().filter(|task| task.split == split);
        tasks
            .map(|task| view(&world.record(&task.id).expect("it is a task of this world")))
            .collect()
    };
    let (train, test) = (views(Split::Train), views(Split::Test));
    assert!(train.len() > 4000, "training games differ: {}", train.len());
    assert!(test.len() > 700, "test games differ: {}", test.len());
    assert_eq!(train.intersection(&test).count(), 0);
}

#[test]
fn there_are_enough_games_of_every_type() {
    for small in [true, false] {
        let world = GeneratedWorld::new(9, small);
        for task_type in TASK_TYPES {
            let count = |split: Split| {
                let is_it = |task: &&_| -> bool {
                    let lore_core::Task {
                        task_type: own,
                        split: part,
                        ..
                    } = task;
                    own == task_type && *part == split
                };
                world.tasks().iter().filter(is_it).count()
            };
            assert!(count(Split::Train) >= 700 && count(Split::Test) >= 100);
        }
        let ids: BTreeSet<_> = world.tasks().iter().map(|task| &task.id).collect();
        assert_eq!(ids.len(), world.tasks().len(), "identifiers are unique");
    }
}

#[test]
fn small_rooms_hold_seven_to_nine_receptacles() {
    let world = GeneratedWorld::new(2, true);
    for task in select_tasks(&world, Split::Train, &[], NumTasks::Total(120), 1) {
        let record = world.record(&task.id).unwrap();
        let count = record.pddl_problem.matches("\n (receptacleType ").count();
        assert!((7..=9).contains(&count), "{}: {count}", task.id);
    }
}
