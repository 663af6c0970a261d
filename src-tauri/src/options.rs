//! What stood on the command line, and the folders that follow from it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use lore_app::{AppConfig, DataHome, Keychain};
use lore_core::Preset;
use lore_native::Start;
use lore_protocol::WindowKind;

/// Printed for `--help`.
pub(crate) const USAGE: &str = "\
Lorekeeper: agents that learn from experience, on your desktop

lorekeeper [--window webview|native] [--data DIR] [--page NAME] [--theme light|dark] [FILE …]
        files open in the window: a backup to be restored, all else to be looked into as a data set
lorekeeper --demo smoke|laptop|paper [--data DIR]    the sample experiment in this terminal
lorekeeper --experiment FILE [--import FILE …] [--data DIR]
        the experiment that the file describes (an experiment.json) in this terminal; files of games or
        episodes and packages of Java worlds that it needs are imported first. The same line goes on
        after a stop
";

/// What stood on the command line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// Which window to open; the setting decides when absent.
    pub(crate) window: Option<WindowKind>,
    /// The data folder; the user's own when absent.
    pub(crate) data: Option<PathBuf>,
    /// The page to open on and the theme of this start.
    pub(crate) start: Start,
    /// Files to open in the window.
    pub(crate) files: Vec<PathBuf>,
    /// What to do in the terminal instead of opening a window.
    pub(crate) in_terminal: Option<InTerminal>,
    /// Files that become data sets or worlds before that.
    pub(crate) imports: Vec<PathBuf>,
    /// Say what can be said and end.
    pub(crate) help: bool,
}

/// What is done in the terminal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum InTerminal {
    /// The sample experiment of this size.
    Sample(Preset),
    /// The experiment that this file describes.
    Experiment(PathBuf),
}

impl Options {
    /// Reads the words behind the program's name.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .with_context(|| format!("{word} wants a value"))
            };
            match word.as_str() {
                "--window" => options.window = Some(window_kind(&value()?)?),
                "--data" => options.data = Some(value()?.into()),
                "--page" => {
                    let name = value()?;
                    let page = Start::page_named(&name);
                    options.start.page = Some(page.with_context(|| {
                        let pages = Start::page_names().join(", ");
                        format!("there is no page {name:?}; choose one of {pages}")
                    })?);
                }
                "--theme" => {
                    let name = value()?;
                    let theme = Start::theme_named(&name);
                    options.start.theme = Some(theme.with_context(|| {
                        format!("--theme is light, dark or system, not {name:?}")
                    })?);
                }
                "--demo" => {
                    options.in_terminal = Some(InTerminal::Sample(preset(&value()?)?));
                }
                "--experiment" => {
                    options.in_terminal = Some(InTerminal::Experiment(value()?.into()));
                }
                "--import" => options.imports.push(value()?.into()),
                "--help" | "-h" => options.help = true,
                other if other.starts_with('-') => {
                    bail!("{other:?} is not understood; --help lists what is")
                }
                file => options.files.push(file.into()),
            }
        }
        Ok(options)
    }

    /// The files to open, as the window is told: whole paths, seen from the folder `from`. A name that
    /// is not Unicode cannot be told.
    pub(crate) fn opened(&self, from: &Path) -> Vec<String> {
        let whole = self.files.iter().map(|file| from.join(file));
        whole
            .filter_map(|path| path.into_os_string().into_string().ok())
            .collect()
    }

    /// Where the application finds things.
    pub(crate) fn config(&self) -> Result<AppConfig> {
        let program = std::env::current_exe().context("Could not find the program's own place")?;
        let beside = program
            .parent()
            .context("The program stands in no folder")?;
        let (data_dir, home, warning) = if let Some(dir) = &self.data {
            (dir.clone(), None, None)
        } else {
            let home = user_data_home()
                .context("Could not find your home folder; choose a data folder with --data")?;
            let settled = home.settle()?;
            (settled.folder, Some(Arc::new(home)), settled.warning)
        };
        Ok(AppConfig {
            data_dir,
            keychain: Keychain::System,
            home,
            warnings: warning.into_iter().collect(),
            worker: beside.join(format!("lore_worker{}", std::env::consts::EXE_SUFFIX)),
            bundled_models: bundled_models(beside),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}

fn window_kind(word: &str) -> Result<WindowKind> {
    match word {
        "webview" => Ok(WindowKind::Webview),
        "native" => Ok(WindowKind::Native),
        "automatic" => Ok(WindowKind::Automatic),
        other => bail!("--window is webview, native or automatic, not {other:?}"),
    }
}

fn preset(word: &str) -> Result<Preset> {
    match word {
        "smoke" => Ok(Preset::Smoke),
        "laptop" => Ok(Preset::Laptop),
        "paper" => Ok(Preset::Paper),
        other => bail!("--demo is smoke, laptop or paper, not {other:?}"),
    }
}

/// The models that came with the program: named by the environment, or where its package put them.
fn bundled_models(beside: &Path) -> Option<PathBuf> {
    let named = std::env::var_os("LOREKEEPER_MODELS")
        .and_then(|folders| std::env::split_paths(&folders).next());
    let packed = || Some(resources(beside)?.join("models"));
    named.or_else(packed).filter(|folder| folder.is_dir())
}

/// Where packages put what belongs to a program that stands in the folder `beside`.
fn resources(beside: &Path) -> Option<PathBuf> {
    if cfg!(windows) {
        Some(beside.to_owned())
    } else if cfg!(target_os = "macos") {
        Some(beside.parent()?.join("Resources"))
    } else {
        Some(beside.parent()?.join("lib").join("Lorekeeper"))
    }
}

/// Where programs of this system keep a user's data, and the note that says when it is elsewhere: in the
/// folder for settings, which stays when the data goes.
fn user_data_home() -> Option<DataHome> {
    const NOTE: &str = "data-folder.json";
    let var = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    if cfg!(windows) {
        let note = var("LOCALAPPDATA")?.join("Lorekeeper").join(NOTE);
        return Some(DataHome::new(note, var("APPDATA")?.join("Lorekeeper")));
    }
    if cfg!(target_os = "macos") {
        let library = var("HOME")?.join("Library");
        let note = library.join("Preferences").join("Lorekeeper").join(NOTE);
        let usual = library.join("Application Support").join("Lorekeeper");
        return Some(DataHome::new(note, usual));
    }
    let in_home = |name, usual| var(name).or_else(|| Some(var("HOME")?.join(usual)));
    let config = in_home("XDG_CONFIG_HOME", ".config")?.join("lorekeeper");
    let share = in_home("XDG_DATA_HOME", ".local/share")?.join("lorekeeper");
    Some(DataHome::new(config.join(NOTE), share))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_option_is_understood() {
        let options = parse("--window native --data /tmp/x --page train --theme dark").unwrap();
        assert_eq!(options.window, Some(WindowKind::Native));
        assert_eq!(options.data, Some("/tmp/x".into()));
        assert_eq!(options.start.fragment(), "page=train&theme=dark");
        let sample = parse("--demo smoke").unwrap().in_terminal;
        assert_eq!(sample, Some(InTerminal::Sample(Preset::Smoke)));
        let own = parse("--experiment plan.json --import a.gz --import b.gz").unwrap();
        let plan = InTerminal::Experiment("plan.json".into());
        assert_eq!(own.in_terminal, Some(plan));
        assert_eq!(own.imports.len(), 2);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for line in ["--windows native", "--window", "--window x", "--demo big"] {
            assert!(parse(line).is_err(), "{line:?} must be refused");
        }
    }

    #[test]
    fn files_are_seen_from_the_folder_of_the_start() {
        let options = parse("all.lorekeeper --window native /tmp/runs.jsonl").unwrap();
        let from = std::env::temp_dir();
        let opened = options.opened(&from);
        assert_eq!(opened.len(), 2);
        assert_eq!(Path::new(&opened[0]), from.join("all.lorekeeper"));
        assert_eq!(Path::new(&opened[1]), Path::new("/tmp/runs.jsonl"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_installed_program_finds_its_models() {
        let usr = std::env::temp_dir().join(format!("lorekeeper-usr-{}", std::process::id()));
        let models = usr.join("lib/Lorekeeper/models");
        std::fs::create_dir_all(&models).unwrap();
        assert_eq!(bundled_models(&usr.join("bin")), Some(models));
        std::fs::remove_dir_all(&usr).unwrap();
        assert_eq!(
            bundled_models(&usr.join("bin")),
            None,
            "no folder, no models"
        );
    }
}
