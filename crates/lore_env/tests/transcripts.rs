//! The engine against transcripts that the official one (ALFWorld 0.4.2 on TextWorld 1.7.0) made
//! of generated games: every word, every admissible action. README.md says how they were made.

use lore_core::{Environment as _, TaskId};
use lore_env::GeneratedWorld;
use lore_env::alfworld::{Alfworld, GameRecord, TASK_TYPES, Wording};
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

impl Transcript {
    fn load(&self) -> Alfworld {
        let wording = match self.wording.as_str() {
            "revised" => Wording::Revised,
            _ => Wording::Released,
        };
        Alfworld::load_with_wording(&self.record, wording).expect("a recorded game loads")
    }

    fn replay(&self, game: &mut Alfworld, step: &TranscriptStep) {
        let at = format!("{}: {}", self.record.id, step.action);
        assert_eq!(game.admissible_actions(), step.admissible, "{at}");
        let outcome = game.step(&step.action).expect("games do not fail");
        assert_eq!(outcome.observation, step.observation, "{at}");
        assert_eq!(outcome.end.is_some(), step.won, "{at}");
    }
}

#[test]
fn generated_games_play_as_in_the_official_engine() {
    for transcript in transcripts() {
        let mut game = transcript.load();
        assert_eq!(game.reset().unwrap(), transcript.initial);
        for step in &transcript.steps {
            transcript.replay(&mut game, step);
        }
    }
}

#[test]
fn every_task_type_is_won_in_both_wordings() {
    let mut won: Vec<(String, String)> = transcripts()
        .filter(|transcript| transcript.steps.iter().any(|step| step.won))
        .map(|transcript| (transcript.record.task_type, transcript.wording))
        .collect();
    won.sort_unstable();
    won.dedup();
    assert_eq!(won.len(), 2 * TASK_TYPES.len(), "{won:?}");
}

#[test]
fn games_played_at_once_do_not_disturb_each_other() {
    let transcripts: Vec<Transcript> = transcripts().collect();
    let mut games: Vec<Alfworld> = transcripts.iter().map(Transcript::load).collect();
    for game in &mut games {
        game.reset().unwrap();
    }
    let longest = transcripts.iter().map(|of| of.steps.len()).max();
    for number in 0..longest.unwrap() {
        for (game, transcript) in games.iter_mut().zip(&transcripts) {
            if let Some(step) = transcript.steps.get(number) {
                transcript.replay(game, step);
            }
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
