//! The settings file, and warnings for people.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use anyhow::{Context as _, Result};
use lore_core::DataDir;
use lore_protocol::Settings;

use crate::files;

/// How often a file is read that cannot be, and how long is waited in between: what keeps it is often gone
/// at once.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);

/// The settings, in memory and on disk.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    path: PathBuf,
    current: Mutex<Current>,
}

#[derive(Debug, Default)]
struct Current {
    settings: Settings,
    /// The file holds others, which nobody could read. It is set aside before it is written over.
    is_unread: bool,
}

impl SettingsFile {
    /// Reads the file. One that is damaged is set aside, one that cannot be read stays; either is noted in
    /// `warnings`, and the usual settings are in use.
    pub(crate) fn load(dir: &DataDir, warnings: &Warnings) -> Self {
        let path = dir.settings();
        let mut current = Current::default();
        match read(&path) {
            Ok(Some(text)) => match serde_json::from_str(&text) {
                Ok(settings) => current.settings = sound(settings),
                Err(error) => set_aside(&path, &error.into(), warnings),
            },
            Ok(None) => {}
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                set_aside(&path, &error.into(), warnings);
            }
            Err(error) => {
                log::warn!("{error:?}");
                warnings.add(format!(
                    "The settings in {} cannot be read now; the usual ones are in use.",
                    path.display()
                ));
                current.is_unread = true;
            }
        }
        Self {
            path,
            current: Mutex::new(current),
        }
    }

    /// Reads the file again, which somebody else wrote. One that cannot be read changes nothing.
    pub(crate) fn reload(&self) {
        match files::read_json(&self.path) {
            Ok(settings) => {
                let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
                current.settings = sound(settings);
                current.is_unread = false;
            }
            Err(error) => log::warn!("{error:?}"),
        }
    }

    /// The settings now.
    pub(crate) fn get(&self) -> Settings {
        let current = self.current.lock();
        let current = current.unwrap_or_else(PoisonError::into_inner);
        current.settings.clone()
    }

    /// Replaces the settings; values out of range are moved to the nearest sensible one.
    pub(crate) fn set(&self, settings: Settings) -> Result<Settings> {
        let settings = sound(settings);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.is_unread && self.path.exists() {
            files::set_aside(&self.path).context("The settings could not be saved.")?;
        }
        files::write_json(&self.path, &settings)?;
        current.settings = settings.clone();
        current.is_unread = false;
        Ok(settings)
    }
}

/// What the file holds; `None` when there is none.
fn read(path: &Path) -> Result<Option<String>, Error> {
    let mut tries = 1;
    loop {
        match fs::read_to_string(path) {
            Ok(text) => return Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData || tries == TRIES => {
                return Err(error);
            }
            Err(_) => thread::sleep(PAUSE),
        }
        tries += 1;
    }
}

/// Keeps numbers where the window can be used and the machine is not overbooked.
fn sound(mut settings: Settings) -> Settings {
    let zoom = if settings.zoom.is_finite() {
        settings.zoom
    } else {
        1.0
    };
    settings.zoom = zoom.clamp(0.5, 3.0);
    settings.threads = settings.threads.min(1024);
    settings.stop_grace_secs = settings.stop_grace_secs.min(3600);
    settings
}

fn set_aside(path: &Path, error: &anyhow::Error, warnings: &Warnings) {
    log::warn!("{error:?}");
    warnings.add(match files::set_aside(path) {
        Ok(spare) => format!(
            "The settings were damaged and have been reset. The old file was kept as {}.",
            spare.display()
        ),
        Err(_) => format!(
            "The settings in {} are damaged; the usual ones are in use.",
            path.display()
        ),
    });
}

/// Sentences about damaged things, shown in the status, each once.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Mutex<Vec<String>>);

impl Warnings {
    /// Adds a sentence unless it is there.
    pub(crate) fn add(&self, sentence: String) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&sentence) {
            log::warn!("{sentence}");
            all.push(sentence);
        }
    }

    /// Every sentence so far.
    pub(crate) fn all(&self) -> Vec<String> {
        let all = self.0.lock();
        all.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn damaged_settings_are_set_aside() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let warnings = Warnings::default();
        for number in 1..=2 {
            fs::write(dir.settings(), "{ not json").expect("writes");
            let file = SettingsFile::load(&dir, &warnings);
            assert_eq!(file.get(), Settings::default());
            let spare = folder
                .path()
                .join(format!("settings.json.damaged-{number}"));
            assert!(spare.exists(), "{spare:?} keeps what was there");
        }
        assert_eq!(warnings.all().len(), 2);
    }

    /// A folder in their place is what everybody fails to read, the administrator too.
    #[test]
    fn settings_that_cannot_be_read_now_stay_until_others_are_saved() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let warnings = Warnings::default();
        fs::create_dir(dir.settings()).expect("a folder");
        let file = SettingsFile::load(&dir, &warnings);
        assert_eq!(file.get(), Settings::default());
        assert!(dir.settings().is_dir(), "it is still there");
        assert_eq!(warnings.all().len(), 1);
        let kept = file.set(Settings::default()).expect("writes");
        let spare = folder.path().join("settings.json.damaged-1");
        assert!(spare.is_dir(), "what was there is kept");
        assert_eq!(SettingsFile::load(&dir, &warnings).get(), kept);
        assert_eq!(warnings.all().len(), 1);
    }

    #[test]
    fn settings_survive_and_stay_sensible() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let warnings = Warnings::default();
        let file = SettingsFile::load(&dir, &warnings);
        let wild = Settings {
            zoom: f32::INFINITY,
            welcomed: true,
            ..Settings::default()
        };
        let kept = file.set(wild).expect("writes");
        assert!((kept.zoom - 1.0).abs() < f32::EPSILON);
        assert_eq!(SettingsFile::load(&dir, &warnings).get(), kept);
        assert!(warnings.all().is_empty());
    }
}
