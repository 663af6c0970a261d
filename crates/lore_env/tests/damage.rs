//! Damaged games are told about in one clear sentence, and never bring anything down.

use lore_core::Environment as _;
use lore_env::alfworld::{Alfworld, GameRecord};
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const TRANSCRIPTS: &str = include_str!("fixtures/generated_episodes.jsonl");

fn records() -> Vec<GameRecord> {
    let record = |line| {
        let mut transcript: serde_json::Value = serde_json::from_str(line).expect("it is sound");
        serde_json::from_value(transcript["record"].take()).expect("it holds a record")
    };
    TRANSCRIPTS.lines().map(record).collect()
}

const WORDS: [&str; 8] = ["(", ")", "-", "?x", "é", "(not ", "object ", "\0"];

/// Cuts, doubles, swaps or overwrites a piece of the text.
fn damage(text: &str, random: &mut ChaCha8Rng) -> String {
    let mut words: Vec<&str> = text.split_inclusive([' ', '\n', '(', ')']).collect();
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range(0..words.len());
        let end = (at + random.random_range(1..20)).min(words.len());
        match random.random_range(0..5) {
            0 => drop(words.drain(at..end)),
            1 => words.truncate(at.max(1)),
            2 => words[at] = *words.choose(random).expect("it is not empty"),
            3 => words[at] = WORDS.choose(random).expect("it is not empty"),
            _ => {
                let again = words[at..end].to_vec();
                words.splice(at..at, again);
            }
        }
        if words.is_empty() {
            return String::new();
        }
    }
    words.concat()
}

#[test]
fn no_damage_brings_the_engine_down() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut refused, mut played) = (0, 0);
    for record in records() {
        for _ in 0..400 {
            let pddl_problem = damage(&record.pddl_problem, &mut random);
            let damaged = GameRecord {
                pddl_problem,
                ..record.clone()
            };
            match Alfworld::load(&damaged) {
                Ok(mut game) => {
                    played += 1;
                    wander(&mut game, &mut random);
                }
                Err(error) => {
                    refused += 1;
                    let text = error.to_string();
                    assert!(text.contains(&record.id) && !text.contains('\n'), "{text}");
                }
            }
        }
    }
    assert!(
        refused > 1000 && played > 100,
        "{refused} refused, {played} played"
    );
}

fn wander(game: &mut Alfworld, random: &mut ChaCha8Rng) {
    game.reset().expect("a loaded game resets");
    for _ in 0..25 {
        let actions = game.admissible_actions();
        let action = actions.choose(random).expect("looking is always possible");
        let outcome = game.step(action).expect("games do not fail");
        assert_ne!(
            outcome.observation, "Nothing happens.",
            "{action} was admissible"
        );
    }
}

#[test]
fn the_cause_is_named() {
    let record = &records()[0];
    for (from, to, cause) in [
        ("(:goal ", "(:gaol ", "no (:goal"),
        ("(atLocation agent1 ", "(at agent1 ", "where the agent is"),
        (
            "(pickupable ",
            "(pickable ",
            "\"pickable\" is not part of the world",
        ),
        (" - receptacle\n", "\n", "another type"),
        ("(?o - object ", "(?p - object ", "does not say what ?o is"),
    ] {
        let mut damaged = record.clone();
        damaged.pddl_problem = record.pddl_problem.replace(from, to);
        let error = format!("{:#}", Alfworld::load(&damaged).expect_err(cause));
        assert!(error.contains(cause), "{error}");
    }
}

#[test]
fn a_goal_that_would_take_for_ever_is_refused() {
    let mut record = records().swap_remove(0);
    let (facts, _) = record
        .pddl_problem
        .split_once("(:goal")
        .expect("it has a goal");
    let variables = "?a ?b ?c ?d ?e ?f ?g ?h ?i ?j ?k ?l - object";
    record.pddl_problem = format!("{facts}(:goal (exists ({variables}) (not (= ?a ?a)))))");
    let error = format!("{:#}", Alfworld::load(&record).expect_err("it is refused"));
    assert!(error.contains("too complicated"), "{error}");
}
