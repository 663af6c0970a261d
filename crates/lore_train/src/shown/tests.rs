//! Laws of the choice, over many draws.

use lore_core::testing::experience;
use lore_core::{EpisodeEnd, ExperienceId};

use super::*;
use crate::testing::hit;

const NUM_DRAWS: u64 = 4000;

fn of_type(task_type: &str, goal: &str) -> Experience {
    let mut experience = experience(goal, EpisodeEnd::Success);
    task_type.clone_into(&mut experience.trajectory.task.task_type);
    experience
}

/// An episode, four memories of its type, and eight experiences of another.
struct Case {
    own: Experience,
    found: Vec<Hit>,
    others: Vec<Experience>,
}

fn case() -> Case {
    let memory = |rank: u32| Hit {
        rank,
        ..hit(of_type("pick", &format!("pick {rank}")))
    };
    Case {
        own: of_type("pick", "pick it"),
        found: (0..4).map(memory).collect(),
        others: (0..8)
            .map(|n| of_type("heat", &format!("heat {n}")))
            .collect(),
    }
}

impl Case {
    fn draw(&self, mix: &MemoryMix, seed: u64) -> Vec<Hit> {
        let others: Vec<&Experience> = self.others.iter().collect();
        shown(mix, seed, &self.own.trajectory, &self.found, &others)
    }

    fn draws(&self, mix: MemoryMix) -> Vec<Vec<Hit>> {
        (0..NUM_DRAWS).map(|seed| self.draw(&mix, seed)).collect()
    }
}

fn ids(memories: &[Hit]) -> Vec<&ExperienceId> {
    memories.iter().map(|hit| &hit.experience.id).collect()
}

#[track_caller]
fn check_share(count: usize, of: usize, expected: f64) {
    let share = count as f64 / of as f64;
    // Five standard deviations of the widest case.
    let allowed = 2.5 / (of as f64).sqrt();
    assert!(
        (share - expected).abs() < allowed,
        "{share}, not {expected}"
    );
}

#[test]
fn the_default_shows_what_was_found() {
    let case = case();
    for seed in 0..100 {
        assert_eq!(case.draw(&MemoryMix::default(), seed), case.found);
    }
}

#[test]
fn the_same_seed_is_the_same_choice_on_every_machine() {
    let case = case();
    let mix = MemoryMix {
        without: 0.2,
        count: MemoryCount::FromOne,
        shuffled: true,
        unrelated: 0.4,
    };
    let goals = |seed| -> Vec<String> {
        let memories = case.draw(&mix, seed).into_iter();
        memories
            .map(|hit| hit.experience.trajectory.task.goal)
            .collect()
    };
    // What ChaCha8 draws when it is written down once more, in another language.
    for (seed, expected) in [
        (1, &["pick 2", "pick 3", "heat 3", "pick 1"][..]),
        (3, &["heat 0"]),
        (7, &[]),
        (10, &["pick 0", "heat 2", "heat 1"]),
    ] {
        assert_eq!(goals(seed), expected);
    }
}

#[test]
fn a_share_of_examples_goes_without() {
    for without in [0.0, 0.3, 1.0] {
        let mix = MemoryMix {
            without,
            ..MemoryMix::default()
        };
        let draws = case().draws(mix);
        let num_without = draws.iter().filter(|memories| memories.is_empty()).count();
        check_share(num_without, draws.len(), without);
        let is_whole = |memories: &&Vec<Hit>| memories.len() == 4;
        assert_eq!(
            num_without + draws.iter().filter(is_whole).count(),
            draws.len()
        );
    }
}

#[test]
fn every_number_of_memories_is_as_frequent_and_the_best_stay() {
    for (count, numbers) in [
        (MemoryCount::FromOne, 1..=4),
        (MemoryCount::FromNone, 0..=4),
    ] {
        let case = case();
        let mix = MemoryMix {
            count,
            ..MemoryMix::default()
        };
        let draws = case.draws(mix);
        for number in numbers.clone() {
            let of_number = draws.iter().filter(|memories| memories.len() == number);
            check_share(
                of_number.count(),
                draws.len(),
                1.0 / numbers.clone().count() as f64,
            );
        }
        assert!(
            draws
                .iter()
                .all(|memories| *memories == case.found[..memories.len()])
        );
    }
}

#[test]
fn each_memory_stands_anywhere() {
    let case = case();
    let mix = MemoryMix {
        shuffled: true,
        ..MemoryMix::default()
    };
    let draws = case.draws(mix);
    for place in 0..4 {
        let best_there = draws.iter().filter(|memories| memories[place].rank == 0);
        check_share(best_there.count(), draws.len(), 0.25);
    }
}

#[test]
fn a_share_of_memories_is_unrelated_and_none_stands_there_twice() {
    for share in [0.0, 0.4, 1.0] {
        let mix = MemoryMix {
            unrelated: share,
            ..MemoryMix::default()
        };
        let draws = case().draws(mix);
        let all = draws.iter().flatten();
        let unrelated = all.filter(|hit| hit.experience.trajectory.task.task_type == "heat");
        check_share(unrelated.count(), 4 * draws.len(), share);
        for memories in &draws {
            let ranks: Vec<u32> = memories.iter().map(|hit| hit.rank).collect();
            assert_eq!(
                ranks,
                [0, 1, 2, 3],
                "each has the rank of the one it replaces"
            );
            let distinct: BTreeSet<_> = ids(memories).into_iter().collect();
            assert_eq!(distinct.len(), 4);
        }
    }
}

#[test]
fn the_leak_guard_is_never_broken() {
    let mut case = case();
    // The episode itself under another type, another episode of its game, and a twin by text.
    let mut itself = case.own.clone();
    itself.trajectory.task.task_type = "heat".into();
    let mut same_game = of_type("heat", "heat again");
    same_game.trajectory.task.id = case.own.trajectory.task.id.clone();
    let mut twin = itself.clone();
    twin.trajectory.task.id = "another game".into();
    twin.trajectory.id = "another episode".into();
    twin.id = ExperienceId("another episode".into());
    let guard = LeakGuard::for_training(&case.own.trajectory);
    for leak in [itself, same_game, twin] {
        assert!(guard.blocks(&leak.trajectory), "a leak by construction");
        case.others.push(leak);
    }
    let mix = MemoryMix {
        unrelated: 1.0,
        shuffled: true,
        ..MemoryMix::default()
    };
    let all = case.draws(mix);
    let is_leak = |hit: &Hit| guard.blocks(&hit.experience.trajectory);
    assert!(!all.iter().flatten().any(is_leak));
}

#[test]
fn without_a_replacement_a_memory_stays() {
    let mut case = case();
    case.others = vec![of_type("pick", "pick another"), of_type("heat", "heat one")];
    let mix = MemoryMix {
        unrelated: 1.0,
        ..MemoryMix::default()
    };
    let memories = case.draw(&mix, 1);
    let types = memories
        .iter()
        .map(|hit| hit.experience.trajectory.task.task_type.as_str());
    assert_eq!(types.collect::<Vec<_>>(), ["heat", "pick", "pick", "pick"]);
}
