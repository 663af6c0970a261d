//! What the system's desktop does for a window: open, reveal, say what a dialog is for.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail};
use lore_protocol::{BACKUP_ENDING, FileKind};

/// Opens a file or web page with the system's program for it.
pub fn open(target: &str) -> Result<()> {
    let is_page = target.starts_with("https://") || target.starts_with("http://");
    if !is_page {
        must_exist(target)?;
    }
    start(opener(), &[target]).with_context(|| format!("Could not open {target:?}"))
}

/// Shows a file or folder in the system's file browser.
pub fn reveal(path: &str) -> Result<()> {
    let path = must_exist(path)?;
    let shown = path.to_string_lossy();
    let started = if cfg!(target_os = "macos") {
        start("open", &["-R", &shown])
    } else if cfg!(windows) {
        start("explorer", &[&format!("/select,{shown}")])
    } else {
        // There is no common way to select a file, so its folder is shown.
        let folder = if path.is_dir() {
            path
        } else {
            path.parent().unwrap_or(path)
        };
        start(opener(), &[&folder.to_string_lossy()])
    };
    started.with_context(|| format!("Could not show {} in the file browser", path.display()))
}

/// Shows why the program cannot start to a person who has no terminal before them.
pub fn show_error(sentence: &str) {
    let has_display = !cfg!(target_os = "linux")
        || std::env::var_os("DISPLAY").is_some()
        || std::env::var_os("WAYLAND_DISPLAY").is_some();
    if has_display && !std::io::stderr().is_terminal() {
        rfd::MessageDialog::new()
            .set_level(rfd::MessageLevel::Error)
            .set_title("Lorekeeper")
            .set_description(sentence)
            .show();
    }
}

/// The title of the dialog for a kind of file.
pub fn title_of(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Dataset => "Choose a file with episodes or games",
        FileKind::DatasetFolder => "Choose a folder with episodes or games",
        FileKind::ModelFile => "Choose a GGUF model file",
        FileKind::ModelFolder => "Choose a Hugging Face model folder",
        FileKind::WorldFile => "Choose a wheel or a JAR of a world",
        FileKind::ExportFolder => "Choose where to write the adapter",
        FileKind::NewFile => "Choose where to write the file",
        FileKind::Backup => "Choose a backup",
        FileKind::DataFolder => "Choose an empty folder for everything",
    }
}

/// The file endings a dialog offers, with their names.
pub fn filters_of(kind: FileKind) -> &'static [(&'static str, &'static [&'static str])] {
    match kind {
        FileKind::Dataset => &[
            (
                "Episodes and games",
                &["jsonl", "json", "gz", "zip", "parquet", "csv", "tw-pddl"],
            ),
            ("All files", &["*"]),
        ],
        FileKind::ModelFile => &[("GGUF models", &["gguf"])],
        FileKind::WorldFile => &[("Wheels and JARs", &["whl", "jar"])],
        FileKind::Backup => &[("Backups", &[BACKUP_ENDING]), ("All files", &["*"])],
        FileKind::DatasetFolder
        | FileKind::ModelFolder
        | FileKind::ExportFolder
        | FileKind::DataFolder
        | FileKind::NewFile => &[],
    }
}

/// True when the dialog asks for a folder.
pub fn is_folder(kind: FileKind) -> bool {
    match kind {
        FileKind::DatasetFolder
        | FileKind::ModelFolder
        | FileKind::ExportFolder
        | FileKind::DataFolder => true,
        FileKind::Dataset
        | FileKind::ModelFile
        | FileKind::WorldFile
        | FileKind::Backup
        | FileKind::NewFile => false,
    }
}

/// Only what is there is handed to other programs; a word that begins with a dash never is.
fn must_exist(path: &str) -> Result<&Path> {
    let path = Path::new(path);
    if !path.is_absolute() || !path.exists() {
        bail!("{} is not there any more", path.display());
    }
    Ok(path)
}

fn opener() -> &'static str {
    if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    }
}

/// Starts a program and lets it go; a thread waits for it, so that none is left as a zombie.
fn start(program: &'static str, words: &[&str]) -> Result<()> {
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{program} could not be started"))?;
    thread::Builder::new()
        .name(program.to_owned())
        .spawn(move || child.wait())
        .context("no thread could be started")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_not_opened() {
        for target in [
            "--help",
            "/no/such/file",
            "relative.txt",
            "file:///etc/passwd",
        ] {
            assert!(open(target).is_err(), "{target:?} must be refused");
            assert!(reveal(target).is_err(), "{target:?} must be refused");
        }
    }
}
