//! The engine against transcripts that the official one (ALFWorld 0.4.2 on TextWorld 1.6.2) made
//! of generated games: every word, every admissible action.

use lore_core::{Environment as _, TaskId};
use lore_env::GeneratedWorld;
use lore_env::alfworld::{Alfworld, GameRecord, Wording};
use serde::Deserialize;

const TRANSCRIPTS: &str = include_str!("fixtures/generated_episodes.jsonl");

#[derive(Deserialize)]
struct Transcript {
    record: GameRecord,
    wording: String,
    initial: String,
    steps: Vec<TranscriptStep>,
}

#[derive(Deserialize)]
struct TranscriptStep {
    admissible: Vec<String>,
    action: String,
    observation: String,
    won: bool,
}

fn transcripts() -> impl Iterator<Item = Transcript> {
    TRANSCRIPTS
        .lines()
        .map(|line| serde_json::from_str(line).expect("the fixture is sound"))
}

#[test]
fn generated_games_play_as_in_the_official_engine() {
    for transcript in transcripts() {
        let wording = match transcript.wording.as_str() {
            "revised" => Wording::Revised,
            _ => Wording::Released,
        };
        let mut game = Alfworld::load_with_wording(&transcript.record, wording).unwrap();
        assert_eq!(game.reset().unwrap(), transcript.initial);
        for step in &transcript.steps {
            let at = format!("{}: {}", transcript.record.id, step.action);
            assert_eq!(game.admissible_actions(), step.admissible, "{at}");
            let outcome = game.step(&step.action).unwrap();
            assert_eq!(outcome.observation, step.observation, "{at}");
            assert_eq!(outcome.end.is_some(), step.won, "{at}");
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let world = GeneratedWorld::new(1, true);
    for transcript in transcripts() {
        let id = TaskId(transcript.record.id.clone());
        assert_eq!(world.record(&id).unwrap(), transcript.record);
    }
}

#[test]
fn a_reset_forgets_everything() {
    for transcript in transcripts() {
        let mut game = Alfworld::load(&transcript.record).unwrap();
        let initial = (game.reset().unwrap(), game.admissible_actions());
        for step in &transcript.steps {
            game.step(&step.action).unwrap();
        }
        assert_eq!((game.reset().unwrap(), game.admissible_actions()), initial);
    }
}
