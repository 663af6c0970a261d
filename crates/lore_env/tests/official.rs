//! The engine against the official one: recorded episodes of `../shared/data`, skipped where that
//! folder is absent.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use lore_core::Environment as _;
use lore_env::alfworld::{Alfworld, GameRecord, Wording};
use serde::Deserialize;

/// An episode of the official engine, version 0.4.2.
#[derive(Deserialize)]
struct Episode {
    id: String,
    initial_observation: String,
    steps: Vec<EpisodeStep>,
}

#[derive(Deserialize)]
struct EpisodeStep {
    action: String,
    observation: String,
    reward: f64,
    done: bool,
    /// Admissible actions before the step.
    n_admissible: usize,
}

fn data(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/alfworld")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {name} is not in ../shared/data/alfworld");
    None
}

/// The games of a compressed file of records.
fn games(name: &str) -> Option<impl Iterator<Item = String>> {
    let file = std::fs::File::open(data(name)?).expect("the file is readable");
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    Some(lines.map(|line| line.expect("the file is sound")))
}

#[test]
fn every_word_and_every_count_of_the_official_episodes_is_met() {
    let Some(path) = data("expert_episodes.jsonl") else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let episodes = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut episodes: BTreeMap<String, Episode> = episodes
        .map(|episode: Episode| (episode.id.clone(), episode))
        .collect();
    let names = [
        "alfworld_games_train.jsonl.gz",
        "alfworld_games_valid_seen.jsonl.gz",
    ];
    for line in names.into_iter().filter_map(games).flatten() {
        // Most games have no episode; their names stand at the start of the line.
        let head = line.get(..200).unwrap_or(&line);
        let Some(id) = episodes.keys().find(|id| head.contains(id.as_str())) else {
            continue;
        };
        let episode = episodes.remove(&id.clone()).expect("it was just found");
        replay(&GameRecord::from_json(&line).unwrap(), &episode);
    }
    assert!(episodes.is_empty(), "not found: {:?}", episodes.keys());
}

fn replay(record: &GameRecord, episode: &Episode) {
    let mut game = Alfworld::load_with_wording(record, Wording::Revised).expect("it loads");
    let id = &episode.id;
    let initial = game.reset().expect("a loaded game resets");
    assert_eq!(initial, episode.initial_observation, "{id}");
    for (index, step) in episode.steps.iter().enumerate() {
        let at = format!("{id}, step {index}: {}", step.action);
        assert_eq!(game.admissible_actions().len(), step.n_admissible, "{at}");
        let outcome = game.step(&step.action).expect("games do not fail");
        assert_eq!(outcome.observation, step.observation, "{at}");
        assert_eq!(outcome.end.is_some(), step.done, "{at}");
        assert!((outcome.reward - step.reward).abs() < 1e-9, "{at}");
    }
}
