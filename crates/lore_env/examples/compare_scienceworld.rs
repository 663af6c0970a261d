//! Plays again what the official `ScienceWorld` wrapper played: `cargo xtask reference scienceworld`.
//!
//! The argument is a folder that `tests/reference/scienceworld.py` has filled. Every gold path is
//! replayed in a JVM of its own, and the score after every step has to be equal. Three episodes are then played
//! interleaved and have to read like the same three alone; in a third round the JVM is killed in the
//! middle of one of them, and the other two still have to. Figures go to stdout as JSON, differences
//! to stderr.

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

/// What the official wrapper played; see the script.
#[derive(Deserialize)]
struct Episode {
    task: String,
    variation: u32,
    initial: String,
    steps: Vec<EpisodeStep>,
}

#[derive(Deserialize)]
struct EpisodeStep {
    action: String,
    observation: String,
    score: i64,
    done: bool,
}

/// What was compared.
#[derive(Default)]
struct Tally {
    episodes: usize,
    won_ours: usize,
    won_reference: usize,
    steps: usize,
    score_mismatches: usize,
    text_mismatches: usize,
    secs: f64,
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
    let mut tally = Tally::default();
    for episode in &episodes {
        // A JVM of its own, as in the script: what the simulator does depends on what it did before.
        compare(&new_world(folder), episode, &mut tally)?;
    }
    report(&tally)?;
    let world = new_world(folder);
    let three: Vec<&Episode> = episodes
        .iter()
        .step_by(episodes.len().div_ceil(3))
        .collect();
    let alone = three
        .iter()
        .map(|episode| play_alone(&world, episode))
        .collect::<Result<Vec<_>>>()?;
    let together = interleave(&world, &three, None)?;
    say("interleaved", &count_equal(&alone, &together, &[]))?;
    let killed = interleave(&world, &three, Some(1))?;
    say("killed JVM", &count_equal(&alone, &killed, &[1]))?;
    ensure!(tally.score_mismatches == 0, "scores differ");
    ensure!(
        together == alone,
        "interleaved episodes differ from those alone"
    );
    ensure!(
        killed[0] == alone[0] && killed[2] == alone[2],
        "a killed JVM harmed other episodes"
    );
    Ok(())
}

fn new_world(folder: &Path) -> ScienceWorld {
    let gateway = Some(folder.join("py4j.jar"));
    let launch = Launch::new(folder.join("scienceworld.jar"), gateway);
    ScienceWorld::new(launch, false)
}

fn id(episode: &Episode) -> TaskId {
    TaskId(format!("{}/{}", episode.task, episode.variation))
}

fn compare(world: &ScienceWorld, episode: &Episode, tally: &mut Tally) -> Result<()> {
    let mut game = world.game(&id(episode))?.without_limit();
    let began = Instant::now();
    let initial = game.reset()?;
    tally.episodes += 1;
    if !same_things(
        &initial,
        &format!("{}\n{}", game.task().goal, episode.initial),
    ) {
        tally.text_mismatches += 1;
    }
    for (number, step) in episode.steps.iter().enumerate() {
        let outcome = game.step(&step.action)?;
        tally.steps += 1;
        if !same_things(&outcome.observation, &step.observation) {
            tally.text_mismatches += 1;
        }
        if game.score() != step.score || outcome.end.is_some() != step.done {
            tally.score_mismatches += 1;
            if tally.score_mismatches <= MAX_TOLD {
                eprintln!(
                    "{} step {}: {:?} scores {} instead of {}",
                    id(episode),
                    number + 1,
                    step.action,
                    game.score(),
                    step.score
                );
            }
        }
    }
    tally.secs += began.elapsed().as_secs_f64();
    let last = episode.steps.last().map_or(0, |step| step.score);
    tally.won_ours += usize::from(game.score() == 100);
    tally.won_reference += usize::from(last == 100);
    eprintln!("{}: score {}, reference {last}", id(episode), game.score());
    Ok(())
}

/// The official JVM lists the things in a room in an order that differs from start to start; the
/// things themselves must be the same.
fn same_things(ours: &str, reference: &str) -> bool {
    let things = |text: &str| {
        let mut things: Vec<String> = text
            .split([',', '\n', '(', ')', ':'])
            .map(|thing| thing.trim().trim_end_matches('.').to_owned())
            .collect();
        things.sort_unstable();
        things
    };
    things(ours) == things(reference)
}

fn report(tally: &Tally) -> Result<()> {
    say(
        "gold paths",
        &json!({
            "episodes": tally.episodes, "steps": tally.steps,
            "won": tally.won_ours, "won_reference": tally.won_reference,
            "score_mismatches": tally.score_mismatches, "text_mismatches": tally.text_mismatches,
            "steps_per_sec": tally.steps as f64 / tally.secs,
        }),
    )
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

fn count_equal(
    alone: &[Vec<String>],
    others: &[Vec<String>],
    harmed: &[usize],
) -> serde_json::Value {
    let equal = alone.iter().zip(others).filter(|(a, b)| a == b).count();
    json!({"episodes": alone.len(), "equal_to_alone": equal, "meant_to_fail": harmed.len()})
}

fn play_alone(world: &ScienceWorld, episode: &Episode) -> Result<Vec<String>> {
    let mut game = world.game(&id(episode))?.without_limit();
    let mut words = vec![game.reset()?];
    for step in &episode.steps {
        words.push(said(&mut game, &step.action));
    }
    Ok(words)
}

fn said(game: &mut ScienceGame, action: &str) -> String {
    match game.step(action) {
        Ok(outcome) => format!("{} [{}]", outcome.observation, game.score()),
        Err(error) => format!("the world failed: {error:#}"),
    }
}

/// Plays the episodes turn by turn; kills the JVM in the middle of an action of `victim`.
fn interleave(
    world: &ScienceWorld,
    episodes: &[&Episode],
    victim: Option<usize>,
) -> Result<Vec<Vec<String>>> {
    let mut games = Vec::new();
    let mut words = Vec::new();
    for episode in episodes {
        let mut game = world.game(&id(episode))?.without_limit();
        words.push(vec![game.reset()?]);
        games.push(game);
    }
    let longest = episodes.iter().map(|episode| episode.steps.len()).max();
    for round in 0..longest.unwrap_or(0) {
        for (index, episode) in episodes.iter().enumerate() {
            let Some(step) = episode.steps.get(round) else {
                continue;
            };
            if victim == Some(index) && round == 2 {
                words[index].push(kill_while_busy(world, &mut games[index])?);
            } else {
                let text = said(&mut games[index], &step.action);
                words[index].push(text);
            }
        }
    }
    Ok(words)
}

/// Kills the JVM in the middle of an action and returns what the episode then says. Should the blow
/// fall between two actions, the episode goes on in the next JVM, and it falls again.
fn kill_while_busy(world: &ScienceWorld, game: &mut ScienceGame) -> Result<String> {
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
                return Ok(format!("the world failed: {error:#}"));
            }
        }
    }
}
