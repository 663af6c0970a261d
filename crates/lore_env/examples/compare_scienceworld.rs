//! Plays again what the official `ScienceWorld` wrapper played: `cargo xtask reference scienceworld`.
//!
//! The argument is a folder that `tests/reference/scienceworld.py` has filled. Every gold path is
//! replayed, and every text, score and end has to be the official wrapper's: with all episodes one
//! after another in one JVM, with the same episodes three at a time, turn by turn, and once more with
//! three of them when the JVM is killed in the middle of one, which alone may fail. Figures go to
//! stdout as JSON, differences to stderr.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use lore_core::{Environment as _, TaskId};
use lore_env::scienceworld::ScienceGame;
use lore_env::{Launch, ScienceWorld};
use serde::Deserialize;
use serde_json::json;

/// Differences told in full.
const MAX_TOLD: usize = 20;

/// The round in which the JVM is killed.
const LAST_ROUND: usize = 3;

/// What the official wrapper played; see the script.
#[derive(Deserialize)]
struct Episode {
    task: String,
    variation: u32,
    goal: String,
    initial: String,
    steps: Vec<EpisodeStep>,
}

#[derive(Deserialize)]
struct EpisodeStep {
    action: String,
    #[serde(flatten)]
    outcome: Outcome,
}

/// What an action led to.
#[derive(Deserialize, PartialEq)]
struct Outcome {
    observation: String,
    score: i64,
    done: bool,
}

/// An episode as we play it.
struct Played {
    first: String,
    outcomes: Vec<Result<Outcome>>,
}

/// What was compared.
#[derive(Default)]
struct Tally {
    episodes: usize,
    equal_episodes: usize,
    won: usize,
    won_reference: usize,
    steps: usize,
    score_mismatches: usize,
    text_mismatches: usize,
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1);
    let folder = folder.context("the folder of the reference is missing")?;
    let folder = Path::new(&folder);
    let text = fs::read_to_string(folder.join("episodes.jsonl"))?;
    let episodes: Vec<Episode> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let every: Vec<&Episode> = episodes.iter().collect();
    let gateway = Some(folder.join("py4j.jar"));
    let launch = Launch::new(folder.join("scienceworld.jar"), gateway);
    let world = ScienceWorld::new(launch, false);

    let alone: Vec<&[&Episode]> = every.chunks(1).collect();
    let mut is_equal = compare(&world, "one after another", &alone)?;
    // Three of different kinds.
    let num_rows = every.len().div_ceil(3);
    let threes: Vec<Vec<&Episode>> = (0..num_rows)
        .map(|row| every.iter().copied().skip(row).step_by(num_rows).collect())
        .collect();
    let together: Vec<&[&Episode]> = threes.iter().map(Vec::as_slice).collect();
    is_equal &= compare(&world, "three at a time", &together)?;
    let three = threes.first().context("there are no episodes")?;
    is_equal &= compare_killed(&world, three)?;
    ensure!(is_equal, "some episodes differ");
    Ok(())
}

fn id(episode: &Episode) -> TaskId {
    TaskId(format!("{}/{}", episode.task, episode.variation))
}

/// Plays each group of episodes turn by turn; true if everything was as the official wrapper has it.
fn compare(world: &ScienceWorld, case: &str, groups: &[&[&Episode]]) -> Result<bool> {
    let began = Instant::now();
    let mut tally = Tally::default();
    for group in groups {
        for (episode, played) in group.iter().zip(play(world, group, None)?) {
            tally.add(episode, &played);
        }
    }
    say(
        case,
        &json!({
            "episodes": tally.episodes, "equal_episodes": tally.equal_episodes,
            "won": tally.won, "won_reference": tally.won_reference, "steps": tally.steps,
            "score_mismatches": tally.score_mismatches, "text_mismatches": tally.text_mismatches,
            "steps_per_sec": tally.steps as f64 / began.elapsed().as_secs_f64(),
        }),
    )?;
    Ok(tally.equal_episodes == tally.episodes)
}

/// Kills the JVM in the middle of the second episode; true if the others were as the official wrapper
/// has them, and the second until then.
fn compare_killed(world: &ScienceWorld, episodes: &[&Episode]) -> Result<bool> {
    let mut tally = Tally::default();
    let played = play(world, episodes, Some(1))?;
    let mut failed = Vec::new();
    for (index, (episode, mut played)) in episodes.iter().zip(played).enumerate() {
        if played.outcomes.iter().any(Result::is_err) {
            failed.push(index);
            played.outcomes.truncate(LAST_ROUND);
        }
        tally.add(episode, &played);
    }
    say(
        "killed JVM",
        &json!({
            "episodes": tally.episodes, "equal_episodes": tally.equal_episodes,
            "failed": failed.len(),
        }),
    )?;
    Ok(failed == [1] && tally.equal_episodes == tally.episodes)
}

/// Plays the episodes turn by turn; kills the JVM in the middle of an action of `victim`.
fn play(world: &ScienceWorld, episodes: &[&Episode], victim: Option<usize>) -> Result<Vec<Played>> {
    let mut games = Vec::new();
    for episode in episodes {
        let mut game = world.game(&id(episode))?.without_limit();
        let first = game.reset()?;
        let outcomes = Vec::new();
        games.push((game, Played { first, outcomes }));
    }
    let longest = episodes.iter().map(|episode| episode.steps.len()).max();
    for round in 0..longest.unwrap_or(0) {
        for (index, (episode, (game, played))) in episodes.iter().zip(&mut games).enumerate() {
            let Some(step) = episode.steps.get(round) else {
                continue;
            };
            played
                .outcomes
                .push(if victim == Some(index) && round == LAST_ROUND {
                    Err(kill_while_busy(world, game)?)
                } else {
                    take(game, &step.action)
                });
        }
    }
    Ok(games.into_iter().map(|(_, played)| played).collect())
}

fn take(game: &mut ScienceGame, action: &str) -> Result<Outcome> {
    let outcome = game.step(action)?;
    Ok(Outcome {
        observation: outcome.observation,
        score: game.score(),
        done: outcome.end.is_some(),
    })
}

/// Kills the JVM in the middle of an action and returns what the episode then says. Should the blow
/// fall between two actions, the episode goes on in the next JVM, and it falls again.
fn kill_while_busy(world: &ScienceWorld, game: &mut ScienceGame) -> Result<anyhow::Error> {
    loop {
        let process = world.process_id();
        let id = process.context("no JVM is running")?.to_string();
        std::thread::Builder::new()
            .name("kills the JVM".into())
            .spawn(move || {
                std::thread::sleep(Duration::from_millis(300));
                Command::new("kill").args(["-9", &id]).status().ok();
            })?;
        while world.process_id() == process {
            if let Err(error) = game.step("wait1") {
                return Ok(error);
            }
        }
    }
}

impl Tally {
    fn add(&mut self, episode: &Episode, played: &Played) {
        let known = self.score_mismatches + self.text_mismatches;
        let first = format!("{}\n{}", episode.goal, episode.initial);
        self.check_text(episode, 0, &played.first, &first);
        for (index, (step, outcome)) in episode.steps.iter().zip(&played.outcomes).enumerate() {
            self.steps += 1;
            match outcome {
                Ok(ours) => {
                    let reference = &step.outcome;
                    if (ours.score, ours.done) != (reference.score, reference.done) {
                        self.score_mismatches += 1;
                        let (ours, reference) = (ours.score, reference.score);
                        self.tell(
                            episode,
                            index + 1,
                            &format!("{ours} instead of {reference}"),
                        );
                    }
                    self.check_text(
                        episode,
                        index + 1,
                        &ours.observation,
                        &reference.observation,
                    );
                }
                Err(error) => {
                    self.score_mismatches += 1;
                    self.tell(episode, index + 1, &format!("{error:#}"));
                }
            }
        }
        let ours = played.outcomes.last().and_then(|last| last.as_ref().ok());
        let reference = episode.steps.last().map(|step| &step.outcome);
        let is_won = |last: Option<&Outcome>| last.is_some_and(|last| last.score == 100);
        self.won += usize::from(is_won(ours));
        self.won_reference += usize::from(is_won(reference));
        self.episodes += 1;
        let is_equal = known == self.score_mismatches + self.text_mismatches;
        self.equal_episodes += usize::from(is_equal);
    }

    fn check_text(&mut self, episode: &Episode, step: usize, ours: &str, reference: &str) {
        if ours != reference {
            self.text_mismatches += 1;
            self.tell(episode, step, &format!("{ours:?} instead of {reference:?}"));
        }
    }

    fn tell(&self, episode: &Episode, step: usize, what: &str) {
        if self.score_mismatches + self.text_mismatches <= MAX_TOLD {
            eprintln!("{} step {step}: {what}", id(episode));
        }
    }
}

fn say(case: &str, figures: &serde_json::Value) -> Result<()> {
    let mut line = json!({"bench": "scienceworld", "case": case});
    if let (Some(line), Some(figures)) = (line.as_object_mut(), figures.as_object()) {
        line.extend(figures.clone());
    }
    eprintln!("{line}");
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
