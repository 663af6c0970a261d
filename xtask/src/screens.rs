//! `cargo xtask screens`: a picture of every page, both windows, both themes, in `docs/screens`.
//!
//! Each picture is a fresh start of the application on a virtual screen, opened on the page by its
//! command line. A picture is taken once two in a row are equal, so slow machines only take longer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::args::Args;
use crate::build_ui::{self, Choices};
use crate::journey::hand;
use crate::place::Place;
use crate::{launch, process, setup};

/// The pages, as `--page` knows them.
const PAGES: [&str; 12] = [
    "home",
    "datasets",
    "worlds",
    "bank",
    "models",
    "train",
    "try",
    "runs",
    "trajectories",
    "results",
    "export",
    "settings",
];

/// The display that no person looks at: one that nobody else has, so that stories can go on side by side.
pub(crate) fn display() -> &'static str {
    static FREE: LazyLock<String> = LazyLock::new(|| {
        let is_free = |number: &u32| !Path::new(&format!("/tmp/.X{number}-lock")).exists();
        let number = (97..200).find(is_free).unwrap_or(97);
        format!(":{number}")
    });
    &FREE
}

/// The size of the display, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: i64,
    pub(crate) height: i64,
}

impl Size {
    /// That of the committed pictures.
    pub(crate) const USUAL: Self = Self {
        width: 1280,
        height: 860,
    };

    /// Reads `1280x860`.
    pub(crate) fn read(word: &str) -> Option<Self> {
        let (width, height) = word.split_once('x')?;
        Some(Self {
            width: width.parse().ok()?,
            height: height.parse().ok()?,
        })
    }

    /// A place where nothing is.
    pub(crate) fn corner(self) -> (i64, i64) {
        (self.width - 1, self.height - 1)
    }
}

/// How long a window may take to settle.
const PATIENCE: Duration = Duration::from_secs(40);

/// `cargo xtask screens [--data DIR] [--window KIND] [--page NAME] [--size 1280x860] [--to DIR] [--no-build]`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let data = args.value("--data")?;
    let size = match args.value("--size")? {
        Some(word) => Size::read(&word).context("--size is a width, an x and a height")?,
        None => Size::USUAL,
    };
    let to = args.value("--to")?.map(PathBuf::from);
    let only_window = args.value("--window")?;
    let only_page = args.value("--page")?;
    let no_build = args.flag("--no-build");
    args.finish()?;
    let ready = setup::everything(place)?;
    setup::require(setup::SCREENS)?;
    if !no_build {
        build_ui::build(place, &ready.wasm, Choices::default())?;
        launch::build(place, false)?;
    }
    let folder = to.unwrap_or_else(|| place.root.join("docs").join("screens"));
    fs::create_dir_all(&folder)?;
    let _screen = Screen::start(size)?;
    let wanted = |only: &Option<String>, name: &str| only.as_deref().is_none_or(|it| it == name);
    for window in ["webview", "native"] {
        for theme in ["light", "dark"] {
            for page in PAGES {
                if wanted(&only_window, window) && wanted(&only_page, page) {
                    let mut app = launch::application(place, &ready, data.as_deref(), false);
                    app.args(["--window", window, "--page", page, "--theme", theme]);
                    let file = folder.join(format!("{page}-{window}-{theme}.png"));
                    picture(&mut app, &file).with_context(|| {
                        format!("Could not take a picture of {page} in the {window} window")
                    })?;
                    eprintln!("{}", file.display());
                }
            }
        }
    }
    Ok(())
}

/// Starts the application, waits until its window is still, saves what it shows, and closes it.
fn picture(app: &mut Command, file: &Path) -> Result<()> {
    open(app, file).map(drop)
}

/// The same, with the window left open for as long as the value lives.
pub(crate) fn open(app: &mut Command, file: &Path) -> Result<Running> {
    let child = app
        .env("DISPLAY", display())
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .spawn()
        .context("Could not start the application")?;
    let mut child = Running(child);
    let start = Instant::now();
    let mut last = Vec::new();
    while start.elapsed() < PATIENCE {
        sleep(Duration::from_millis(1500));
        if let Some(status) = child.0.try_wait()? {
            bail!("the application ended with {status}");
        }
        let now = capture(file)?;
        // An empty screen is also still; it compresses to next to nothing.
        if now == last && now.len() > 8_000 {
            return Ok(child);
        }
        last = now;
    }
    eprintln!("the window never stood still; the last picture is kept");
    Ok(child)
}

/// Saves what the virtual screen shows, and returns the file's bytes.
pub(crate) fn capture(file: &Path) -> Result<Vec<u8>> {
    let status = Command::new("import")
        .args(["-display", display(), "-window", "root", "-strip"])
        .args(["-define", "png:exclude-chunk=date,time"])
        .arg(file)
        .stderr(Stdio::null())
        .status()
        .context("Could not start import (package imagemagick)")?;
    anyhow::ensure!(status.success(), "import could not read the screen");
    Ok(fs::read(file)?)
}

/// A program that ends with this value.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        if self.0.kill().is_ok() {
            self.0.wait().ok();
        }
    }
}

/// A virtual screen with a window manager that makes every window fill it.
pub(crate) struct Screen {
    _windows: Running,
    _server: Running,
    config: PathBuf,
}

impl Screen {
    /// Starts it; it ends with the value.
    pub(crate) fn start(size: Size) -> Result<Self> {
        let Size { width, height } = size;
        let server = Command::new("Xvfb")
            .args([display(), "-screen", "0", &format!("{width}x{height}x24")])
            .args(["-nolisten", "tcp"])
            .stderr(Stdio::null())
            .spawn()
            .map(Running)
            .context("Could not start Xvfb")?;
        sleep(Duration::from_secs(1));
        let config = std::env::temp_dir().join(format!("lorekeeper-{}.xml", std::process::id()));
        fs::write(&config, OPENBOX)?;
        let windows = Command::new("openbox")
            .arg("--config-file")
            .arg(&config)
            .env("DISPLAY", display())
            .stderr(Stdio::null())
            .spawn()
            .map(Running)
            .context("Could not start openbox")?;
        sleep(Duration::from_millis(500));
        if !process::exists("import", "-version") {
            bail!("import is missing (package imagemagick)");
        }
        // In the middle, where it starts, the pointer would call up the hints of what is under it.
        hand::point(size.corner())?;
        Ok(Self {
            _windows: windows,
            _server: server,
            config,
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        fs::remove_file(&self.config).ok();
    }
}

const OPENBOX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <applications>
    <application class="*"><decor>no</decor><maximized>yes</maximized></application>
  </applications>
</openbox_config>
"#;
