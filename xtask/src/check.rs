//! `cargo xtask test`: every check, timed; the last line says how many tests passed.

mod count;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::args::Args;
use crate::cargo::{self, WasmToolchain};
use crate::licences;
use crate::place::Place;
use crate::process::{self, Stream};
use crate::setup::{self, Ready};
use count::Count;

/// What ran so far.
#[derive(Default)]
struct Stages {
    done: Vec<(&'static str, Duration, bool)>,
    tests: Count,
}

impl Stages {
    /// Runs one stage. A failure is remembered and the next stage runs all the same: one visit
    /// should show everything that is wrong.
    fn stage(&mut self, name: &'static str, work: impl FnOnce(&mut Count) -> Result<bool>) {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let passed = match work(&mut self.tests) {
            Ok(passed) => passed,
            Err(error) => {
                eprintln!("{error:#}");
                false
            }
        };
        self.done.push((name, start.elapsed(), passed));
    }

    fn report(&self) -> Result<()> {
        eprintln!();
        for (name, time, passed) in &self.done {
            let word = if *passed { "ok" } else { "FAILED" };
            eprintln!("{name:<24} {:>7.1} s  {word}", time.as_secs_f64());
        }
        let failed: Vec<&str> = self
            .done
            .iter()
            .filter(|(_, _, passed)| !passed)
            .map(|(name, _, _)| *name)
            .collect();
        if !failed.is_empty() {
            eprintln!("failed: {}", failed.join(", "));
        }
        print_last_line(self.tests);
        if failed.is_empty() {
            Ok(())
        } else {
            bail!("{} of {} stages failed", failed.len(), self.done.len())
        }
    }
}

#[expect(clippy::print_stdout, reason = "scripts read this line")]
fn print_last_line(tests: Count) {
    println!("{} passed, {} failed", tests.passed, tests.failed);
}

/// `cargo xtask test [--quick]`. Quick leaves out the wasm target, the examples in the
/// documentation and the tests of the whole system.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let quick = args.flag("--quick");
    args.finish()?;
    let start = Instant::now();
    let ready = setup::everything(place)?;
    setup::require(setup::TESTS)?;
    let mut stages = Stages::default();
    stages.done.push(("set-up", start.elapsed(), true));
    stages.stage("format", |_| passed(&mut format(place)));
    stages.stage("clippy", |_| passed(&mut clippy(place)));
    stages.stage("licences", |_| licences::is_current(place));
    if process::exists("cargo-deny", "--version") {
        stages.stage("dependencies", |_| passed(&mut dependencies(place)));
    }
    if !quick {
        stages.stage("wasm", |_| passed(&mut wasm(place, &ready.wasm)));
    }
    stages.stage("build", |_| passed(&mut build(place, quick)));
    stages.stage("tests", |count| tests(place, &ready, quick, count));
    if !quick {
        stages.stage("examples in documentation", |count| {
            examples(place, &ready, count)
        });
    }
    stages.report()
}

fn passed(command: &mut Command) -> Result<bool> {
    process::run(command).map(|()| true)
}

fn format(place: &Place) -> Command {
    let mut command = cargo::native(place, "fmt");
    command.args(["--all", "--check"]);
    command
}

fn clippy(place: &Place) -> Command {
    let mut command = cargo::native(place, "clippy");
    command.args(["--workspace", "--all-targets", "--", "-D", "warnings"]);
    command
}

/// What may be linked, and from where; advisories want a network and have a time of their own.
fn dependencies(place: &Place) -> Command {
    let mut command = cargo::native(place, "deny");
    command.args(["check", "licenses", "bans", "sources"]);
    command
}

fn wasm(place: &Place, toolchain: &WasmToolchain) -> Command {
    let mut command = cargo::wasm(place, toolchain, "check");
    for package in ["lore_core", "lore_protocol", "lore_ui"] {
        command.args(["--package", package]);
    }
    command
}

/// Everything that tests start or link, so that building and testing are timed apart.
fn build(place: &Place, quick: bool) -> Command {
    let mut command = cargo::native(place, "build");
    command.args(["--workspace", "--all-targets"]);
    select(&mut command, quick);
    command
}

fn select(command: &mut Command, quick: bool) {
    if quick {
        command.args(["--exclude", "lore_tests"]);
    }
}

fn tests(place: &Place, ready: &Ready, quick: bool, count: &mut Count) -> Result<bool> {
    let nextest = process::exists("cargo-nextest", "--version");
    let mut command = if nextest {
        let mut command = cargo::native(place, "nextest");
        command.args(["run", "--no-fail-fast", "--workspace"]);
        command
    } else {
        let mut command = cargo::native(place, "test");
        command.args(["--no-fail-fast", "--workspace", "--all-targets"]);
        command
    };
    select(&mut command, quick);
    environment(&mut command, ready);
    // nextest sums up on stderr, cargo on stdout.
    let stream = if nextest { Stream::Err } else { Stream::Out };
    process::lines(&mut command, stream, |line| count.read(line))
}

fn examples(place: &Place, ready: &Ready, count: &mut Count) -> Result<bool> {
    let mut command = cargo::native(place, "test");
    command.args(["--doc", "--workspace", "--no-fail-fast"]);
    environment(&mut command, ready);
    process::lines(&mut command, Stream::Out, |line| count.read(line))
}

/// Tests find the starter models, and page tests draw on the processor.
fn environment(command: &mut Command, ready: &Ready) {
    if let Some(models) = &ready.models
        && std::env::var_os("LOREKEEPER_TEST_MODELS").is_none()
    {
        command.env("LOREKEEPER_TEST_MODELS", models);
    }
    let software = format!(
        "/usr/share/vulkan/icd.d/lvp_icd.{}.json",
        std::env::consts::ARCH
    );
    if Path::new(&software).exists() {
        command.env("VK_ICD_FILENAMES", software);
    }
}
