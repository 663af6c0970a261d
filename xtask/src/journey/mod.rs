//! `cargo xtask journey STORY`: a real window on an empty data folder, and what a newcomer would do in
//! it, by mouse and keyboard, with a picture of every step.
//!
//! What stands where is read from what a screen reader is told, so a control without a name cannot be
//! found. Every other word goes the way of a person's: through the virtual screen's pointer and keys.

mod care;
mod cluster;
mod everyday;
pub(crate) mod hand;
mod native;
mod official;
mod sample;
mod servers;
mod thing;
mod visitor;
mod webview;
mod words;
mod worlds;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::args::Args;
use crate::build_ui::{self, Choices};
use crate::launch::OwnCopy;
use crate::place::Place;
use crate::screens::{Screen, Size};
use crate::setup::{self, Ready};
use crate::{cargo, process};

pub(crate) use everyday::round;
use visitor::{Reader, Visitor};
use words::Words;

/// How the window stands before the visitor.
pub(crate) struct Looks {
    size: Size,
    theme: Option<String>,
    language: String,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            size: Size::USUAL,
            theme: None,
            language: "en".into(),
        }
    }
}

impl Looks {
    fn read(args: &mut Args) -> Result<Self> {
        let size = args.value("--size")?.map(|word| {
            Size::read(&word).context("--size is a width, an x and a height, like 900x620")
        });
        Ok(Self {
            size: size.transpose()?.unwrap_or(Size::USUAL),
            theme: args.value("--theme")?,
            language: args.value("--language")?.unwrap_or_else(|| "en".into()),
        })
    }

    /// What tells pictures of these looks from those of the usual ones.
    fn suffix(&self) -> String {
        let Size { width, height } = self.size;
        let language = (self.language != "en").then(|| format!("-{}", self.language));
        let theme = self.theme.as_ref().map(|theme| format!("-{theme}"));
        let size = (self.size != Size::USUAL).then(|| format!("-{width}x{height}"));
        [language, theme, size].into_iter().flatten().collect()
    }
}

/// `cargo xtask journey [STORY] [--window KIND] [--language en|de] [--theme KIND] [--size 1280x860]
/// [--data DIR] [--games DIR] [--no-build]`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let story = args.positional().unwrap_or_else(|| "sample".to_owned());
    let window = args.value("--window")?.unwrap_or_else(|| "native".into());
    let looks = Looks::read(&mut args)?;
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
    let start = Instant::now();
    let pictures = place.root.join("docs").join("screens").join("journeys");
    let name = format!("{story}-{window}{}", looks.suffix());
    let mut visit = open(place, &ready, &window, &looks, folder, (&pictures, &name))?;
    let visitor = &mut visit.visitor;
    match story.as_str() {
        // The data folder itself is no place for what is taken along.
        "sample" => sample::tell(visitor, &folder.with_extension("exported"))?,
        "official" => official::tell(visitor, &games_folder(place, games)?)?,
        "care" => care::tell(visitor, &folder.with_extension("lorekeeper"))?,
        "worlds" => worlds::tell(visitor, place)?,
        "cluster" => cluster::tell(visitor, place, folder)?,
        "look" => visitor.look()?,
        other => {
            bail!(
                "There is no story {other:?}; there are: sample, official, worlds, care, cluster, look"
            )
        }
    }
    drop(visit);
    eprintln!(
        "{story} in the {window} window: to its end in {:.0} s",
        start.elapsed().as_secs_f64()
    );
    if data.is_none() {
        fs::remove_dir_all(&own_data).context("Could not clear the data folder")?;
    }
    Ok(())
}

/// A window on a virtual screen, and who looks at it. The window goes first.
pub(crate) struct Visit {
    /// Who looks.
    pub(crate) visitor: Visitor,
    _screen: Screen,
    _programs: OwnCopy,
}

/// Opens the application on a data folder. Pictures go to a folder and begin with a name.
pub(crate) fn open(
    place: &Place,
    ready: &Ready,
    window: &str,
    looks: &Looks,
    data: &Path,
    (pictures, name): (&Path, &str),
) -> Result<Visit> {
    let words = speak(place, data, &looks.language)?;
    let screen = Screen::start(looks.size)?;
    let programs = OwnCopy::make(place, data.with_extension("programs"))?;
    let mut app = programs.application(ready, data.to_str());
    app.args(["--window", window]);
    let theme = looks.theme.iter();
    app.args(theme.flat_map(|theme| ["--theme", theme.as_str()]));
    let reader: Box<dyn Reader> = match window {
        "native" => Box::new(native::Native::open(app, data)?),
        "webview" => Box::new(webview::Webview::open(&app)?),
        other => bail!("--window is webview or native, not {other:?}"),
    };
    Ok(Visit {
        visitor: Visitor::new(reader, (looks.size, words), pictures, name)?,
        _screen: screen,
        _programs: programs,
    })
}

/// Has the window speak a language, where it is not the usual one.
fn speak(place: &Place, data: &Path, language: &str) -> Result<Words> {
    let (words, name) = Words::of(place, language)?;
    if language != "en" {
        let settings = format!("{{\"language\": \"{name}\"}}\n");
        fs::write(data.join("settings.json"), settings).context("Could not write the settings")?;
    }
    Ok(words)
}

/// The application with the doors that drivers need: none in the product.
pub(crate) fn build(place: &Place, ready: &Ready, window: &str) -> Result<()> {
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
