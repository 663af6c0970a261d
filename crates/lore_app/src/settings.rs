//! The settings file, and warnings for people.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use lore_core::DataDir;
use lore_protocol::Settings;

use crate::files;

/// The settings, in memory and on disk.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    path: PathBuf,
    current: Mutex<Settings>,
}

impl SettingsFile {
    /// Reads the file. One that cannot be read is set aside, noted in `warnings`, and replaced by
    /// the defaults.
    pub(crate) fn load(dir: &DataDir, warnings: &Warnings) -> Self {
        let path = dir.settings();
        let current = match files::read_json(&path) {
            Ok(settings) => sound(settings),
            Err(error) if path.exists() => {
                set_aside(&path, &error, warnings);
                Settings::default()
            }
            Err(_) => Settings::default(),
        };
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
                *current = sound(settings);
            }
            Err(error) => log::warn!("{error:?}"),
        }
    }

    /// The settings now.
    pub(crate) fn get(&self) -> Settings {
        let current = self.current.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the settings; values out of range are moved to the nearest sensible one.
    pub(crate) fn set(&self, settings: Settings) -> Result<Settings> {
        let settings = sound(settings);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        files::write_json(&self.path, &settings)?;
        *current = settings.clone();
        Ok(settings)
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

fn set_aside(path: &std::path::Path, error: &anyhow::Error, warnings: &Warnings) {
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
