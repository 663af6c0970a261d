//! The scripted expert on generated and on official games.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use lore_core::{Split, Trajectory};
use lore_env::alfworld::{Alfworld, GameRecord};
use lore_env::{GeneratedWorld, NumTasks, World as _, play_expert, select_tasks};

/// Won episodes, all episodes and steps of won ones, by task type.
#[derive(Default)]
struct Tally(BTreeMap<String, (usize, usize, usize)>);

impl Tally {
    fn add(&mut self, trajectory: &Trajectory) {
        let (won, all, steps) = self.0.entry(trajectory.task.task_type.clone()).or_default();
        *all += 1;
        if trajectory.is_success() {
            *won += 1;
            *steps += trajectory.num_steps();
        }
    }

    /// The share of won episodes and their mean length.
    fn rates(&self, name: &str) -> (f64, f64) {
        let (mut won, mut all, mut steps) = (0, 0, 0);
        for (task_type, counts) in &self.0 {
            let mean = counts.2 as f64 / counts.0.max(1) as f64;
            eprintln!(
                "{name}: {task_type}: {} of {}, {mean:.1} steps",
                counts.0, counts.1
            );
            won += counts.0;
            all += counts.1;
            steps += counts.2;
        }
        let (rate, mean) = (won as f64 / all as f64, steps as f64 / won as f64);
        eprintln!("{name}: {won} of {all} won, {mean:.1} steps");
        (rate, mean)
    }
}

fn generated(small: bool) -> (f64, f64) {
    let world = GeneratedWorld::new(1, small);
    let mut tally = Tally::default();
    for split in [Split::Train, Split::Test] {
        for task in select_tasks(&world, split, &[], NumTasks::PerType(50), 1) {
            let mut game = world.open(&task.id).expect("a generated game loads");
            let trajectory = play_expert(game.as_mut(), 50).expect("games do not fail");
            if !trajectory.is_success() {
                eprintln!("not won: {}: {}", task.id, task.goal);
            }
            tally.add(&trajectory);
        }
    }
    tally.rates(if small { "small" } else { "normal" })
}

#[test]
fn generated_games_are_won() {
    let (rate, _) = generated(false);
    assert!(rate > 0.95, "{rate}");
}

#[test]
fn small_generated_games_are_won_in_a_few_steps() {
    let (rate, steps) = generated(true);
    assert!(rate > 0.99, "{rate}");
    assert!((5.0..10.0).contains(&steps), "{steps}");
}

/// Plays every `every`th game of a file of official ones.
fn official(name: &str, every: usize) -> Option<(f64, f64)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/alfworld")
        .join(name);
    let Ok(file) = std::fs::File::open(path) else {
        eprintln!("skipped: {name} is not in ../shared/data/alfworld");
        return None;
    };
    let mut tally = Tally::default();
    for line in BufReader::new(GzDecoder::new(file)).lines().step_by(every) {
        let record = GameRecord::from_json(&line.expect("the file is sound"));
        let record = record.expect("official games are records");
        let mut game = Alfworld::load(&record).expect("an official game loads");
        let trajectory = play_expert(&mut game, 50).expect("games do not fail");
        if !trajectory.is_success() {
            let steps = trajectory.num_steps();
            eprintln!("not won in {steps}: {}: {}", record.id, record.task);
        }
        tally.add(&trajectory);
    }
    Some(tally.rates(name))
}

#[test]
fn official_games_are_won() {
    let games = [
        ("alfworld_games_valid_seen.jsonl.gz", 1),
        ("alfworld_games_train.jsonl.gz", 12),
    ];
    for (name, every) in games {
        if let Some((rate, _)) = official(name, every) {
            assert!(rate > 0.9, "{name}: {rate}");
        }
    }
}
