//! `cargo xtask fuzz [--minutes M] [TARGET…]`: parsers of strangers' bytes, given bytes that grow by what
//! they reach.
//!
//! The targets are libFuzzer's, in `fuzz/`, a workspace of its own. They run on the stable compiler,
//! without a sanitizer, one after the other and behind everything else that the machine does. What was
//! found stays in the cache, so that the next run goes on from there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::args::Args;
use crate::place::Place;
use crate::process::{self, Stream};

/// Minutes for each target, unless somebody says otherwise.
const MINUTES: f64 = 1.0;

/// Seconds that one input may take before it counts as slow, and before it counts as hanging: on a busy
/// machine, being kept waiting looks like being slow.
const SLOW_SECS: u64 = 1;
const HANG_SECS: u64 = 10;

/// Memory that a target may take, in MiB.
const MEMORY_MIB: u64 = 1024;

/// The longest input, in bytes.
const MAX_INPUT: u64 = 64 << 10;

/// Inputs that stand in the checkout already, by target.
const FIXTURES: [(&str, &str); 6] = [
    ("gguf", "tiny-llama.gguf"),
    ("gguf", "tiny-qwen3.gguf"),
    ("safetensors", "tiny-llama/model.safetensors"),
    ("model_config", "tiny-llama/config.json"),
    ("tokenizer", "tiny-llama/tokenizer.json"),
    ("chat_template", "tiny-llama/chat_template.jinja"),
];

/// What became of a target.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    inputs: u64,
    /// Edges between blocks of code that were gone over.
    coverage: u64,
    slow: u64,
    /// Files with inputs that crash, hang or take too much memory.
    crashes: Vec<String>,
}

impl Outcome {
    /// Takes in a line that libFuzzer wrote.
    fn note(&mut self, line: &str) {
        let number = |text: &str| text.trim().parse().unwrap_or(0);
        if let Some(count) = line.strip_prefix("stat::number_of_executed_units:") {
            self.inputs = number(count);
        } else if let Some((_, rest)) = line.split_once(" cov: ") {
            let count = rest.split(' ').next().unwrap_or_default();
            self.coverage = self.coverage.max(number(count));
        } else if line.starts_with("Slowest unit:") {
            self.slow += 1;
        } else if let Some((_, path)) = line.split_once("Test unit written to ") {
            // Slow units are kept as well, and are no crashes.
            if !path.contains("slow-unit-") {
                self.crashes.push(path.trim().to_owned());
            }
        }
    }
}

/// Runs every target, or those that are named.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let minutes = match args.value("--minutes")? {
        Some(text) => text.parse().context("--minutes wants a number")?,
        None => MINUTES,
    };
    let all = targets(&place.root.join("fuzz"))?;
    let mut names = args.rest();
    if let Some(unknown) = names.iter().find(|name| !all.contains(name)) {
        bail!(
            "There is no target {unknown:?}; there are: {}",
            all.join(", ")
        );
    }
    if names.is_empty() {
        names = all;
    }
    ensure!(
        process::exists("cargo-fuzz", "--version"),
        "cargo-fuzz is missing: `cargo install cargo-fuzz --locked`. It needs a C++ compiler."
    );
    let mut outcomes = Vec::new();
    for name in names {
        let outcome = fuzz(place, &name, minutes)?;
        print_figures(&name, minutes, &outcome);
        outcomes.push((name, outcome));
    }
    report(&outcomes);
    let num_crashed = outcomes.iter().filter(|(_, it)| !it.crashes.is_empty());
    match num_crashed.count() {
        0 => Ok(()),
        count => bail!("{count} of {} targets crashed", outcomes.len()),
    }
}

fn targets(fuzz: &Path) -> Result<Vec<String>> {
    let files = fs::read_dir(fuzz.join("fuzz_targets")).context("Could not list the targets")?;
    let stem = |path: PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    let mut names: Vec<String> = files
        .flatten()
        .filter_map(|file| stem(file.path()))
        .collect();
    names.sort();
    Ok(names)
}

fn fuzz(place: &Place, name: &str, minutes: f64) -> Result<Outcome> {
    let fuzz = place.root.join("fuzz");
    let found = place.cache.join("fuzz").join("corpus").join(name);
    let crashes = place.cache.join("fuzz").join("artifacts").join(name);
    for folder in [&found, &crashes] {
        fs::create_dir_all(folder)
            .with_context(|| format!("Could not make the folder {}", folder.display()))?;
    }
    let mut command = polite_cargo();
    command
        .args(["fuzz", "run", "--sanitizer", "none", name])
        .arg(&found)
        .args(seeds(&fuzz, name))
        .arg("--")
        .arg(format!("-artifact_prefix={}/", crashes.display()))
        .arg(format!("-max_total_time={}", (minutes * 60.0).ceil()))
        .arg(format!("-report_slow_units={SLOW_SECS}"))
        .arg(format!("-timeout={HANG_SECS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB}"))
        .arg(format!("-max_len={MAX_INPUT}"))
        .arg("-print_final_stats=1")
        .current_dir(&place.root)
        .env("CARGO_TARGET_DIR", place.cache.join("fuzz").join("target"));
    let dictionary = fuzz.join("dictionaries").join(format!("{name}.dict"));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    let mut outcome = Outcome::default();
    let ended_well = process::lines(&mut command, Stream::Err, |line| outcome.note(line))?;
    ensure!(
        ended_well || !outcome.crashes.is_empty(),
        "The target {name} could not be built or started"
    );
    Ok(outcome)
}

/// Cargo, behind everything else that the machine does.
fn polite_cargo() -> Command {
    if process::exists("nice", "--version") {
        let mut command = Command::new("nice");
        command.args(["-n", "19", "cargo"]);
        command
    } else {
        Command::new("cargo")
    }
}

/// Inputs to begin with.
fn seeds(fuzz: &Path, name: &str) -> Vec<PathBuf> {
    let fixtures = fuzz.join("../crates/lore_llm/tests/fixtures");
    let of_target = FIXTURES.iter().filter(|(target, _)| *target == name);
    let files = of_target.map(|(_, file)| fixtures.join(file));
    // libFuzzer takes folders; one that holds other files as well costs it a moment.
    let folders = files.filter_map(|file| Some(file.parent()?.to_owned()));
    let mut all: Vec<PathBuf> = folders.chain([fuzz.join("seeds").join(name)]).collect();
    all.sort();
    all.dedup();
    all.retain(|folder| folder.is_dir());
    all
}

#[expect(clippy::print_stdout, reason = "scripts read these lines")]
fn print_figures(name: &str, minutes: f64, outcome: &Outcome) {
    println!(
        "{{\"fuzz\": \"{name}\", \"minutes\": {minutes}, \"inputs\": {}, \"coverage\": {}, \"slow\": {}, \
         \"crashes\": {}}}",
        outcome.inputs,
        outcome.coverage,
        outcome.slow,
        outcome.crashes.len()
    );
}

fn report(outcomes: &[(String, Outcome)]) {
    eprintln!(
        "\n{:<18} {:>12} {:>10} {:>6} {:>8}",
        "target", "inputs", "coverage", "slow", "crashes"
    );
    for (name, outcome) in outcomes {
        eprintln!(
            "{name:<18} {:>12} {:>10} {:>6} {:>8}",
            outcome.inputs,
            outcome.coverage,
            outcome.slow,
            outcome.crashes.len()
        );
        for crash in &outcome.crashes {
            eprintln!("    {crash}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_what_the_fuzzer_writes() {
        let mut outcome = Outcome::default();
        for line in [
            "#2\tINITED cov: 120 ft: 121 corp: 1/1b exec/s: 0 rss: 30Mb",
            "#65536\tpulse  cov: 240 ft: 300 corp: 8/90b lim: 64 exec/s: 9000 rss: 40Mb",
            "Slowest unit: 2 s:",
            "artifact_prefix='x/'; Test unit written to x/slow-unit-12",
            "artifact_prefix='x/'; Test unit written to x/crash-34",
            "stat::number_of_executed_units: 90000",
        ] {
            outcome.note(line);
        }
        let expected = Outcome {
            inputs: 90_000,
            coverage: 240,
            slow: 1,
            crashes: vec!["x/crash-34".to_owned()],
        };
        assert_eq!(outcome, expected);
    }
}
