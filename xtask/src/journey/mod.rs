//! `cargo xtask journey STORY`: a real window on an empty data folder, and what a newcomer would do in
//! it, by mouse and keyboard, with a picture of every step.
//!
//! What stands where is read from what a screen reader is told, so a control without a name cannot be
//! found. Every other word goes the way of a person's: through the virtual screen's pointer and keys.

pub(crate) mod hand;
mod native;
mod official;
mod sample;
mod servers;
mod thing;
mod visitor;
mod webview;
mod worlds;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::args::Args;
use crate::build_ui::{self, Choices};
use crate::place::Place;
use crate::screens::{Screen, Size};
use crate::setup::{self, Ready};
use crate::{cargo, process};

use visitor::{Reader, Visitor};

/// `cargo xtask journey [sample|official|worlds|look] [--window KIND] [--data DIR] [--games DIR] [--no-build]`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let story = args.positional().unwrap_or_else(|| "sample".to_owned());
    let window = args.value("--window")?.unwrap_or_else(|| "native".into());
    let data = args.value("--data")?.map(PathBuf::from);
    let games = args.value("--games")?.map(PathBuf::from);
    let no_build = args.flag("--no-build");
    args.finish()?;
    let ready = setup::everything(place)?;
    setup::require(setup::SCREENS)?;
    setup::require(setup::JOURNEYS)?;
    if !no_build {
        build(place, &ready, &window)?;
    }
    let own_data = std::env::temp_dir().join(format!("lorekeeper-journey-{}", std::process::id()));
    let folder = data.as_deref().unwrap_or(&own_data);
    fs::create_dir_all(folder).context("Could not make the data folder")?;
    let _screen = Screen::start(Size::USUAL)?;
    let start = Instant::now();
    let reader = open(place, &ready, &window, folder)?;
    let pictures = place.root.join("docs").join("screens").join("journeys");
    let mut visitor = Visitor::new(reader, &pictures, &format!("{story}-{window}"))?;
    match story.as_str() {
        // The data folder itself is no place for what is taken along.
        "sample" => sample::tell(&mut visitor, &folder.with_extension("exported"))?,
        "official" => official::tell(&mut visitor, &games_folder(place, games)?)?,
        "worlds" => worlds::tell(&mut visitor, place)?,
        "look" => visitor.look()?,
        other => bail!("There is no story {other:?}; there are: sample, official, worlds, look"),
    }
    drop(visitor);
    eprintln!(
        "{story} in the {window} window: to its end in {:.0} s",
        start.elapsed().as_secs_f64()
    );
    if data.is_none() {
        fs::remove_dir_all(&own_data).context("Could not clear the data folder")?;
    }
    Ok(())
}

/// The application with the doors that drivers need: none in the product.
fn build(place: &Place, ready: &Ready, window: &str) -> Result<()> {
    if window == "webview" {
        build_ui::build(place, &ready.wasm, Choices::default())?;
    }
    process::run(cargo::native(place, "build").args([
        "--workspace",
        "--bins",
        "--features",
        "lorekeeper/inspect",
    ]))
}

fn open(place: &Place, ready: &Ready, window: &str, data: &Path) -> Result<Box<dyn Reader>> {
    Ok(match window {
        "native" => Box::new(native::Native::open(place, ready, data)?),
        "webview" => Box::new(webview::Webview::open(place, ready, data)?),
        other => bail!("--window is webview or native, not {other:?}"),
    })
}

/// Where the official games are: beside the checkout unless told otherwise.
fn games_folder(place: &Place, told: Option<PathBuf>) -> Result<PathBuf> {
    let beside = || {
        place
            .root
            .parent()
            .map(|it| it.join("shared/data/alfworld"))
    };
    let folder = told.or_else(beside).filter(|folder| folder.is_dir());
    folder.context("The official games are missing; say where they are with --games DIR")
}
