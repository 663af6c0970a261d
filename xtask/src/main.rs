//! Lorekeeper's chores. `cargo xtask` without a command lists them.
//!
//! Everything is plain Rust that starts other programs; there are no shell scripts. Words for
//! people go to stderr. What a script may want to read (figures of `bench` and `reference`, the
//! count of tests) goes to stdout.

mod args;
mod bench;
mod build_ui;
mod cargo;
mod check;
mod dist;
mod faults;
mod fuzz;
mod icons;
mod journey;
mod launch;
mod licences;
mod measure;
mod place;
mod process;
mod ray;
mod reference;
mod screens;
mod setup;
mod soak;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::args::Args;
use crate::place::Place;

const USAGE: &str = "\
cargo xtask COMMAND

  run  [--window webview|native] [--data DIR] [--release]
                                  set up what is missing, build, open the window
  test [--quick]                  set up what is missing, then every check
  demo [--preset smoke|laptop]    the sample experiment without a window, report at the end
  setup                           only set up what is missing
  build-ui [--release] [--inspect]  the page that the webview shows, into ui/dist
  bench NAME                      measure: train prefill decode rollout retrieval alfworld window
  reference NAME                  run a reference implementation (Python, in its own environment)
  screens [--data DIR] [--window KIND] [--page NAME] [--no-build]
                                  a screenshot of every page, both windows, both themes
  journey [sample|official|worlds|care|cluster] [--window KIND] [--language en|de] [--theme KIND]
          [--size 1280x860] [--data DIR] [--games DIR] [--no-build]
                                  what a newcomer would do, in a real window, with pictures
  soak [--minutes 120] [--window KIND] [--no-build]
                                  hours of mixed work in a real window, and what they do to memory
  fuzz [--minutes M] [TARGET...]  give parsers of foreign bytes what they do not expect
  ray                             trains on a real Ray on this computer, and compares with what is trained here
  icons                           the application icons from assets/icon.svg
  licences                        what the libraries are licensed under, into assets
  dist [--only KIND] [--no-build] [--check]
                                  packages for this system; with --check the .deb is installed in a
                                  clean Debian root with no network, used, and removed again
  faults [--tries N] [--seed S] [--only TEXT] [--nth N] [--write]
                                  makes one thing after another go wrong; the table of what came of it
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nError: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args = Args::from_env();
    let place = Place::find()?;
    let Some(command) = args.positional() else {
        eprint!("{USAGE}");
        return Ok(());
    };
    match command.as_str() {
        "run" => launch::run(&place, args),
        "demo" => launch::demo(&place, args),
        "test" => check::run(&place, args),
        "setup" => {
            args.finish()?;
            setup::everything(&place).map(|_| ())
        }
        "build-ui" => build_ui::run(&place, args),
        "bench" => bench::run(&place, args),
        "reference" => reference::run(&place, args),
        "screens" => screens::run(&place, args),
        "journey" => journey::run(&place, args),
        "icons" => icons::run(&place, args),
        "dist" => dist::run(&place, args),
        "faults" => faults::run(&place, args),
        "soak" => soak::run(&place, args),
        "fuzz" => fuzz::run(&place, args),
        "ray" => ray::run(&place, args),
        "licences" => licences::run(&place, args),
        "help" => {
            eprint!("{USAGE}");
            Ok(())
        }
        other => bail!("There is no command {other:?}. `cargo xtask help` lists them"),
    }
}
