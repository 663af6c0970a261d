//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use lore_core::DataDir;
use lore_lab::LabOptions;

pub(crate) const USAGE: &str = "\
Usage: lore_worker --data DIR --job JOB_JSON [--events FILE] [--models DIR]... [--hub URL]
       lore_worker --data DIR --assist JOB_JSON
       lore_worker --data DIR --serve [--models DIR]...
       lore_worker --data DIR --endpoint
       lore_worker --data DIR --version

  --data DIR     the data folder
  --job FILE     does the job in this file, then ends
  --events FILE  writes events into this file instead, and goes on when standard input closes: for work on
                 another computer than the application's
  --assist FILE  computes for the training in this file, which another worker of the same cluster leads
  --serve        answers questions on standard input until it closes
  --endpoint     answers other programs; who answers is read from standard input
  --version      says which version this is, then ends
  --models DIR   a folder with the starter models; may be given several times
  --hub URL      where models are fetched from

The environment variables LOREKEEPER_MODELS (folders, separated as in PATH) and LOREKEEPER_HUB stand
in for the last two; LOREKEEPER_INDEX names another package index for Java worlds. By RAY_ADDRESS the worker
finds out by which of its addresses others in a cluster reach it.";

/// What the worker was told.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) data: DataDir,
    pub(crate) mode: Mode,
    /// Where events go, if not to standard output.
    pub(crate) events: Option<PathBuf>,
    pub(crate) options: LabOptions,
}

/// What it is to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Mode {
    /// The job in this file.
    Job(PathBuf),
    /// Compute for the job in this file.
    Assist(PathBuf),
    /// Answer questions.
    Serve,
    /// Answer other programs.
    Endpoint,
    /// Say which version this is.
    Version,
}

impl Args {
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self> {
        let mut args = args.into_iter();
        let (mut data, mut mode, mut events) = (None, None, None);
        let mut options = from_environment();
        while let Some(arg) = args.next() {
            let mut value = || {
                args.next()
                    .with_context(|| format!("{} needs a value.", arg.display()))
            };
            match arg.to_str() {
                Some("--data") => data = Some(DataDir::new(PathBuf::from(value()?))),
                Some("--job") => mode = Some(Mode::Job(value()?.into())),
                Some("--assist") => mode = Some(Mode::Assist(value()?.into())),
                Some("--events") => events = Some(value()?.into()),
                Some("--serve") => mode = Some(Mode::Serve),
                Some("--endpoint") => mode = Some(Mode::Endpoint),
                Some("--version") => mode = Some(Mode::Version),
                Some("--models") => options.bundled_models.insert(0, value()?.into()),
                Some("--hub") => options.hub_url = value()?.to_string_lossy().into_owned(),
                _ => bail!("{} is not understood.", arg.display()),
            }
        }
        Ok(Self {
            data: data.context("The data folder is missing (--data DIR).")?,
            mode: mode.context("There is nothing to do (--job FILE or --serve).")?,
            events,
            options,
        })
    }
}

/// The options before the command line: the environment, and the folder `models` beside the program.
fn from_environment() -> LabOptions {
    let mut options = LabOptions::default();
    if let Some(folders) = std::env::var_os("LOREKEEPER_MODELS") {
        options
            .bundled_models
            .extend(std::env::split_paths(&folders));
    }
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(std::path::Path::parent);
    options
        .bundled_models
        .extend(beside.map(|folder| folder.join("models")));
    if let Ok(url) = std::env::var("LOREKEEPER_HUB") {
        options.hub_url = url;
    }
    if let Ok(url) = std::env::var("LOREKEEPER_INDEX") {
        options.index_url = url;
    }
    // As Ray tells those that it starts; a name instead of a number is none that helps here.
    let cluster = std::env::var("RAY_ADDRESS").ok();
    options.cluster = cluster.and_then(|address| address.parse().ok());
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args> {
        Args::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_job_needs_a_folder_and_a_file() {
        let args = parse("--data d --job j.json --models m").unwrap();
        assert_eq!(args.mode, Mode::Job("j.json".into()));
        assert_eq!(args.options.bundled_models[0], PathBuf::from("m"));
        assert_eq!(args.events, None);
        let args = parse("--data d --job j.json --events e.jsonl").unwrap();
        assert_eq!(args.events, Some(PathBuf::from("e.jsonl")));
        let args = parse("--data d --assist j.json").unwrap();
        assert_eq!(args.mode, Mode::Assist("j.json".into()));
        for wrong in [
            "",
            "--data d",
            "--serve",
            "--data",
            "--data d --serve --what",
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
