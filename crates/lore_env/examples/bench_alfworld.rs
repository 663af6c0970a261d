//! Times the ALFWorld engine beside TextWorld: `cargo xtask bench alfworld`.
//!
//! One game of each task type, of the official ones where `../shared/data` has them and generated
//! otherwise, is loaded and walked through at random; TextWorld then does exactly the same, when
//! `LOREKEEPER_REFERENCE_PYTHON` names a Python that has it. Loading ends with the first
//! observation; a step ends with the list of what can be done next. Ours is the best of several
//! samples by the clock, TextWorld's the processor time of one: neither pays for other programs.

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use flate2::read::GzDecoder;
use lore_core::{Environment as _, Split};
use lore_env::alfworld::{Alfworld, GameRecord, TASK_TYPES, Wording};
use lore_env::{GeneratedWorld, NumTasks, select_tasks};
use rand::SeedableRng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

const SAMPLES: usize = 20;

/// Actions in each game.
const NUM_STEPS: usize = 30;

/// How often a walk is repeated in a sample; one takes well under a millisecond.
const REPEATS: usize = 20;

/// Seconds until the first observation, and for all actions.
#[derive(Clone, Copy, Deserialize)]
struct Timing {
    load: f64,
    steps: f64,
}

fn main() -> Result<()> {
    let games = games()?;
    let mut walks = Vec::new();
    for game in &games {
        walks.push(walk(game)?);
    }
    let mut ours = Vec::new();
    for (game, actions) in games.iter().zip(&walks) {
        ours.push(time_ours(game, actions)?);
    }
    let reference = time_reference(&games, &walks)?;
    let mean = |timings: &[Timing], what: fn(&Timing) -> f64| {
        timings.iter().map(what).sum::<f64>() / timings.len() as f64
    };
    let slowest = ours.iter().map(|timing| timing.load).fold(0.0, f64::max);
    let steps_per_s = |timings: &[Timing]| NUM_STEPS as f64 / mean(timings, |timing| timing.steps);
    let reference = reference.as_deref();
    let load = mean(&ours, |timing| timing.load);
    report(
        "load",
        load,
        reference.map(|all| mean(all, |timing| timing.load)),
        "s",
    )?;
    report("slowest load", slowest, None, "s")?;
    report(
        "steps",
        steps_per_s(&ours),
        reference.map(steps_per_s),
        "steps/s",
    )
}

/// One game of each task type.
fn games() -> Result<Vec<GameRecord>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/alfworld/alfworld_games_valid_seen.jsonl.gz");
    if let Ok(file) = File::open(path) {
        return official(file);
    }
    let world = GeneratedWorld::new(1, false);
    select_tasks(&world, Split::Test, &[], NumTasks::PerType(1), 1)
        .iter()
        .map(|task| world.record(&task.id))
        .collect()
}

fn official(file: File) -> Result<Vec<GameRecord>> {
    let mut first: BTreeMap<String, GameRecord> = BTreeMap::new();
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let record = GameRecord::from_json(&line?)?;
        first.entry(record.task_type.clone()).or_insert(record);
    }
    ensure!(first.len() == TASK_TYPES.len(), "A task type has no game");
    Ok(first.into_values().collect())
}

/// Actions that can be done one after the other.
fn walk(record: &GameRecord) -> Result<Vec<String>> {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut game = Alfworld::load_with_wording(record, Wording::Revised)?;
    game.reset()?;
    let mut actions = Vec::new();
    for _ in 0..NUM_STEPS {
        let can = game.admissible_actions();
        let action = can.choose(&mut random).context("Nothing can be done")?;
        game.step(action)?;
        actions.push(action.clone());
    }
    Ok(actions)
}

/// The best of some samples.
fn time_ours(record: &GameRecord, actions: &[String]) -> Result<Timing> {
    let line = serde_json::to_string(record)?;
    let mut best = Timing {
        load: f64::INFINITY,
        steps: f64::INFINITY,
    };
    for _ in 0..SAMPLES {
        let start = Instant::now();
        let record = GameRecord::from_json(&line)?;
        let mut game = Alfworld::load_with_wording(&record, Wording::Revised)?;
        black_box(game.reset()?);
        best.load = best.load.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        for _ in 0..REPEATS {
            game.reset()?;
            for action in actions {
                black_box(game.step(action)?);
                black_box(game.admissible_actions());
            }
        }
        let steps = start.elapsed().as_secs_f64() / REPEATS as f64;
        best.steps = best.steps.min(steps);
    }
    Ok(best)
}

/// The same games and actions in TextWorld, if it is there.
fn time_reference(games: &[GameRecord], walks: &[Vec<String>]) -> Result<Option<Vec<Timing>>> {
    let Some(python) = env::var_os("LOREKEEPER_REFERENCE_PYTHON") else {
        return Ok(None);
    };
    let mut jobs = tempfile::NamedTempFile::new()?;
    for (record, actions) in games.iter().zip(walks) {
        let job = serde_json::json!({ "record": record, "actions": actions });
        writeln!(jobs, "{job}")?;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/alfworld.py");
    let output = Command::new(python)
        .arg("-I")
        .arg(script)
        .arg("--time")
        .arg(jobs.path())
        .output()
        .context("Could not start the reference")?;
    ensure!(
        output.status.success(),
        "The reference failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let timings: Vec<Timing> = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .collect::<Result<_, _>>()?;
    ensure!(timings.len() == games.len(), "The reference left games out");
    Ok(Some(timings))
}

fn report(case: &str, ours: f64, reference: Option<f64>, unit: &str) -> Result<()> {
    let line = serde_json::json!({
        "bench": "alfworld",
        "case": case,
        "ours": ours,
        "reference": reference,
        "ratio": reference.map(|reference| ours / reference),
        "unit": unit,
        "samples": SAMPLES,
    });
    writeln!(std::io::stdout(), "{line}")?;
    let shown = reference.map_or_else(|| "-".to_owned(), |reference| format!("{reference:.6}"));
    writeln!(
        std::io::stderr(),
        "{case:>14} {ours:>16.6} {shown:>16} {unit}"
    )?;
    Ok(())
}
