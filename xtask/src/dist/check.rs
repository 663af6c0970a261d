//! `cargo xtask dist --check`: what happens to somebody who installs the package.
//!
//! In a clean Debian root: what the package depends on is installed as the system's own; then the network
//! goes. The package is installed, the sample experiment runs to its end, both windows open, a backup
//! is opened by its file, and the package is removed. Nothing may be left but the person's own files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::journey::hand;
use crate::place::Place;
use crate::screens::{self, Running, Screen, Size};
use crate::{process, setup};

use super::clean_root::CleanRoot;

/// The package, seen from the clean root.
const PACKAGE: &str = "/tmp/lorekeeper.deb";

/// How long the window may take to save that the welcome was seen.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a desktop has besides, which keeps the lists of applications and kinds of files.
const DESKTOP: &str = "desktop-file-utils, shared-mime-info, hicolor-icon-theme";

/// The kind of file that the package brings.
const KIND: &str = "application/vnd.lorekeeper.backup+zip";

/// Tries the package `deb`; pictures go to `docs/screens/installed`.
pub(super) fn run(place: &Place, deb: &Path) -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "Only a .deb can be checked");
    setup::require(setup::PACKAGES)?;
    setup::require(setup::SCREENS)?;
    let root = CleanRoot::make(&place.target.join("clean-root"))?;
    prepare(&root, deb)?;
    let before = root.installed()?;
    let visit = Visit {
        root: &root,
        deb,
        pictures: place.root.join("docs").join("screens").join("installed"),
        start: Instant::now(),
    };
    visit.install(&before)?;
    visit.begin()?;
    visit.play()?;
    visit.look()?;
    visit.remove(&before)
}

/// Installs what the package wants to be there, as long as there is a network.
fn prepare(root: &CleanRoot, deb: &Path) -> Result<()> {
    let mut field = Command::new("dpkg-deb");
    field.arg("--field").arg(deb).arg("Depends");
    let depends = process::output(&mut field).context("dpkg-deb could not read the package")?;
    let apt = ["apt-get", "--quiet", "--yes", "--no-install-recommends"];
    process::run(root.enter().args(apt).arg("update"))?;
    let wanted = format!("{depends}, {DESKTOP}");
    process::run(root.enter().args(apt).args(["satisfy", &wanted]))?;
    root.bring(deb, PACKAGE)
}

/// What a person does, step by step.
struct Visit<'a> {
    root: &'a CleanRoot,
    deb: &'a Path,
    pictures: PathBuf,
    start: Instant,
}

impl Visit<'_> {
    fn install(&self, before: &BTreeSet<PathBuf>) -> Result<()> {
        process::run(self.root.enter_alone().args(["dpkg", "--install", PACKAGE]))?;
        let after = self.root.installed()?;
        self.tell(&format!(
            "installed without a network: {} files and folders more",
            after.difference(before).count()
        ));
        for list in [
            "usr/share/mime/globs2",
            "usr/share/applications/mimeinfo.cache",
        ] {
            ensure!(
                self.root.text(list).contains(KIND),
                "{list} does not know the package's kind of file"
            );
        }
        let entry = self.root.text("usr/share/applications/Lorekeeper.desktop");
        ensure!(
            entry.contains("Exec=lorekeeper %F") && entry.contains("Icon=lorekeeper"),
            "the entry in the menu lacks the program or the icon:\n{entry}"
        );
        self.tell("the menu and the file manager know it");
        Ok(())
    }

    /// The first start, and out of the welcome.
    fn begin(&self) -> Result<()> {
        fs::create_dir_all(&self.pictures)?;
        let _screen = Screen::start(Size::USUAL)?;
        let _window = self.open(&[], "first-start")?;
        hand::press("Escape")?;
        sleep(PATIENCE);
        Ok(())
    }

    /// The sample experiment in the terminal, to its end.
    fn play(&self) -> Result<()> {
        process::run(
            self.root
                .work_alone()
                .args(["lorekeeper", "--demo", "smoke"]),
        )?;
        let kept = self.root.kept()?;
        let report = kept
            .iter()
            .find(|(path, _)| path.ends_with("report.html"))
            .context("the sample experiment left no report")?;
        self.tell(&format!("the sample experiment: {}", report.0.display()));
        Ok(())
    }

    /// Both windows on its results, and the window that a backup opens.
    fn look(&self) -> Result<()> {
        let _screen = Screen::start(Size::USUAL)?;
        for kind in ["webview", "native"] {
            let words = ["--window", kind, "--page", "results"];
            self.open(&words, &format!("results-{kind}"))?;
        }
        // No backup, and the window says so: what counts is that it opens and looks into the file.
        self.root.bring(self.deb, "/tmp/all.lorekeeper")?;
        self.open(&["/tmp/all.lorekeeper"], "opened")?;
        Ok(())
    }

    /// Opens the window and takes a picture of it.
    fn open(&self, words: &[&str], name: &str) -> Result<Running> {
        let file = self.pictures.join(format!("{name}.png"));
        let mut app = self.root.work_alone();
        app.arg("lorekeeper").args(words);
        let window = screens::open(&mut app, &file)
            .with_context(|| format!("The window did not open with {words:?}"))?;
        self.tell(&format!("opened: {}", file.display()));
        Ok(window)
    }

    fn remove(&self, before: &BTreeSet<PathBuf>) -> Result<()> {
        let purge = ["dpkg", "--purge", "lorekeeper"];
        process::run(self.root.enter_alone().args(purge))?;
        let after = self.root.installed()?;
        let left: Vec<&PathBuf> = after.difference(before).collect();
        let gone: Vec<&PathBuf> = before.difference(&after).collect();
        if !left.is_empty() || !gone.is_empty() {
            bail!("Removing left {left:?} and took {gone:?} that was not the package's");
        }
        let kept = self.root.kept()?;
        ensure!(
            kept.iter().any(|(path, _)| path.ends_with("report.html")),
            "Removing took the person's own files"
        );
        let bytes: u64 = kept.iter().map(|(_, bytes)| bytes).sum();
        self.tell(&format!(
            "removed; left are the person's own {} files, {:.0} MB",
            kept.len(),
            bytes as f64 / 1e6
        ));
        Ok(())
    }

    fn tell(&self, words: &str) {
        eprintln!("{:>6.1} s  {words}", self.start.elapsed().as_secs_f64());
    }
}
