//! Plays again what the official engine played, word for word: `cargo xtask reference alfworld`.
//!
//! The argument is a folder of games that `tests/reference/alfworld.py` has played in TextWorld. Every
//! walk through them is repeated here: the first text, every observation, every set of admissible
//! actions and every win have to be equal. The scripted expert then plays the same games and has to
//! win where the official hand-coded one did. One JSON object goes to stdout, differences to stderr.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use flate2::read::GzDecoder;
use lore_core::Environment as _;
use lore_env::alfworld::{Alfworld, GameRecord, Wording};
use lore_env::play_expert;
use serde::Deserialize;

/// Differences told in full.
const MAX_TOLD: usize = 20;

/// The benchmark's step limit.
const MAX_STEPS: usize = 50;

/// The first line of a file.
#[derive(Deserialize)]
struct Head {
    record: GameRecord,
}

/// A walk of the official engine; see `tests/reference/alfworld.py`.
#[derive(Deserialize)]
struct Walk {
    wording: String,
    /// `random` or `expert`.
    #[serde(rename = "walk")]
    kind: String,
    initial: String,
    admissible: Vec<String>,
    steps: Vec<WalkStep>,
}

#[derive(Deserialize)]
struct WalkStep {
    action: String,
    observation: String,
    admissible: Vec<String>,
    won: bool,
}

impl Walk {
    fn wording(&self) -> Result<Wording> {
        match self.wording.as_str() {
            "released" => Ok(Wording::Released),
            "revised" => Ok(Wording::Revised),
            other => bail!("There is no wording {other:?}"),
        }
    }

    /// The number of steps to the first win.
    fn steps_to_win(&self) -> Option<usize> {
        Some(self.steps.iter().position(|step| step.won)? + 1)
    }
}

/// What was counted so far.
#[derive(Default)]
struct Tally {
    games: usize,
    walks: usize,
    steps: usize,
    mismatches: usize,
    /// Actions that did something, by their first word.
    verbs: BTreeMap<String, usize>,
    /// Games won within the step limit by the official expert, by ours, and by the first only.
    official_wins: usize,
    our_wins: usize,
    missed: BTreeSet<String>,
}

fn main() -> Result<()> {
    let folder = env::args()
        .nth(1)
        .context("Give the folder that tests/reference/alfworld.py wrote")?;
    let mut tally = Tally::default();
    for file in files(Path::new(&folder))? {
        compare(&file, &mut tally).with_context(|| file.display().to_string())?;
    }
    ensure!(tally.games > 0, "There are no games in {folder}");
    let mut err = std::io::stderr();
    writeln!(err, "actions done: {:?}", tally.verbs)?;
    for id in &tally.missed {
        writeln!(err, "won by the official expert only: {id}")?;
    }
    let line = serde_json::json!({
        "reference": "alfworld",
        "games": tally.games,
        "walks": tally.walks,
        "steps": tally.steps,
        "mismatches": tally.mismatches,
        "official_expert_wins": tally.official_wins,
        "our_expert_wins": tally.our_wins,
        "won_by_official_expert_only": tally.missed.len(),
    });
    writeln!(std::io::stdout(), "{line}")?;
    ensure!(tally.mismatches == 0, "The engines differ");
    Ok(())
}

/// The games of the last run; the folder may hold those of others too.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let names = std::fs::read_to_string(folder.join("games.txt"))
        .with_context(|| format!("{} holds no games.txt", folder.display()))?;
    Ok(names.lines().map(|name| folder.join(name)).collect())
}

fn compare(file: &Path, tally: &mut Tally) -> Result<()> {
    let mut lines = BufReader::new(GzDecoder::new(File::open(file)?)).lines();
    let head: Head = serde_json::from_str(&lines.next().context("It is empty")??)?;
    tally.games += 1;
    for line in lines {
        let walk: Walk = serde_json::from_str(&line?)?;
        tally.walks += 1;
        let mut game = Alfworld::load_with_wording(&head.record, walk.wording()?)?;
        replay(&mut game, &walk, tally)?;
        if walk.kind == "expert" {
            compete(&mut game, &walk, tally)?;
        }
    }
    Ok(())
}

/// Takes the same actions and compares everything that can be seen.
fn replay(game: &mut Alfworld, walk: &Walk, tally: &mut Tally) -> Result<()> {
    let place = format!("{} ({}, {})", game.task().id, walk.wording, walk.kind);
    let initial = game.reset()?;
    tally.expect(&place, "the first text", &walk.initial, &initial);
    let admissible = game.admissible_actions();
    tally.expect(&place, "first actions", &walk.admissible, &admissible);
    for (number, step) in walk.steps.iter().enumerate() {
        let place = format!("{place}, step {number}: {:?}", step.action);
        let outcome = game.step(&step.action)?;
        tally.steps += 1;
        tally.expect(
            &place,
            "observation",
            &step.observation,
            &outcome.observation,
        );
        let admissible = game.admissible_actions();
        tally.expect(&place, "actions", &step.admissible, &admissible);
        let won = outcome.end.is_some();
        tally.expect(&place, "success", &step.won, &won);
        tally.expect(
            &place,
            "reward",
            &f64::from(u8::from(step.won)),
            &outcome.reward,
        );
        if step.observation != "Nothing happens." {
            let verb = step.action.split(' ').next().unwrap_or_default();
            *tally.verbs.entry(verb.to_owned()).or_default() += 1;
        }
    }
    Ok(())
}

/// Lets our expert play what the official one has played.
fn compete(game: &mut Alfworld, walk: &Walk, tally: &mut Tally) -> Result<()> {
    let ours = play_expert(game, MAX_STEPS)?.is_success();
    let official = walk.steps_to_win().is_some_and(|steps| steps <= MAX_STEPS);
    tally.our_wins += usize::from(ours);
    tally.official_wins += usize::from(official);
    if official && !ours {
        tally
            .missed
            .insert(format!("{} ({})", game.task().id, walk.wording));
    }
    Ok(())
}

impl Tally {
    fn expect<T: PartialEq + std::fmt::Debug>(
        &mut self,
        place: &str,
        what: &str,
        official: &T,
        ours: &T,
    ) {
        if official == ours {
            return;
        }
        self.mismatches += 1;
        if self.mismatches <= MAX_TOLD {
            // A message that cannot be shown is counted all the same.
            writeln!(
                std::io::stderr(),
                "{place}: {what}\n  official {official:?}\n  ours     {ours:?}"
            )
            .ok();
        }
    }
}
