//! Deleted things, until the undo time is over.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use lore_core::DataDir;
use lore_protocol::ApiError;

use crate::clock::Clock;
use crate::files;

/// Days a deleted thing is kept.
const DAYS: u64 = 30;

/// A day in milliseconds.
const DAY: u64 = 24 * 3600 * 1000;

/// The trash of a data folder: `trash/<kind>/<name>`, with the date in a file beside it.
///
/// Clocks jump. A thing is deleted for good once two starts that lie a day apart have found that its time
/// is over; a clock that was wrong for an hour costs nothing.
pub(crate) struct Trash<'a> {
    dir: &'a DataDir,
    clock: &'a dyn Clock,
}

impl<'a> Trash<'a> {
    /// The trash of `dir`.
    pub(crate) fn new(dir: &'a DataDir, clock: &'a dyn Clock) -> Self {
        Self { dir, clock }
    }

    fn place(&self, kind: &str, name: &str) -> PathBuf {
        self.dir.trash().join(kind).join(name)
    }

    /// Moves a folder to the trash; one of the same name that lay there is gone for good.
    pub(crate) fn put(&self, kind: &str, name: &str, folder: &Path) -> Result<()> {
        if !folder.is_dir() {
            return Err(ApiError::not_found(format!("{name:?} is gone already")).into());
        }
        let place = self.place(kind, name);
        let put = || -> std::io::Result<()> {
            if let Some(parent) = place.parent() {
                fs::create_dir_all(parent)?;
            }
            if place.exists() {
                fs::remove_dir_all(&place)?;
            }
            Ok(())
        };
        let problem = || format!("Could not delete {name:?}; another program may be using it");
        put().with_context(problem)?;
        // The date first: what is in the trash without one would stay there for ever.
        files::write_json(&date_of(&place), &self.clock.now_ms())?;
        fs::remove_file(overdue(&place)).ok();
        fs::rename(folder, &place).with_context(problem)
    }

    /// Moves a folder back.
    pub(crate) fn take_back(&self, kind: &str, name: &str, folder: &Path) -> Result<()> {
        let place = self.place(kind, name);
        if !place.is_dir() {
            return Err(
                ApiError::not_found(format!("{name:?} is not in the trash any more")).into(),
            );
        }
        if folder.exists() {
            let sentence = format!("There is another {name:?} by now; delete that one first");
            return Err(ApiError::precondition(sentence).into());
        }
        fs::rename(&place, folder)
            .with_context(|| format!("Could not take {name:?} back from the trash"))?;
        forget_dates(&place);
        Ok(())
    }

    /// Deletes for good what has lain there longer than the undo time.
    pub(crate) fn empty_old(&self) {
        for kind in files::subfolders(&self.dir.trash()) {
            for place in files::subfolders(&kind) {
                if !self.is_over(&place) {
                    continue;
                }
                match fs::remove_dir_all(&place) {
                    Ok(()) => forget_dates(&place),
                    Err(error) => log::warn!("could not empty {}: {error}", place.display()),
                }
            }
        }
    }

    /// True when the undo time was over a day ago already. The first time that it is over is noted.
    fn is_over(&self, place: &Path) -> bool {
        let now = self.clock.now_ms();
        let oldest = now.saturating_sub(DAYS * DAY);
        let deleted = files::read_json::<u64>(&date_of(place));
        if !deleted.is_ok_and(|deleted| deleted < oldest) {
            fs::remove_file(overdue(place)).ok();
            return false;
        }
        let noted = files::read_json::<u64>(&overdue(place)).ok();
        if let Some(noted) = noted.filter(|noted| *noted <= now) {
            return now - noted >= DAY;
        }
        if let Err(error) = files::write_json(&overdue(place), &now) {
            log::warn!("{error:?}");
        }
        false
    }
}

/// Where the date stands at which a thing was deleted.
fn date_of(place: &Path) -> PathBuf {
    beside(place, ".deleted.json")
}

/// Where the date stands at which its undo time was first found to be over.
fn overdue(place: &Path) -> PathBuf {
    beside(place, ".overdue.json")
}

fn beside(place: &Path, ending: &str) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    place.with_file_name(name)
}

/// Removes both dates; one that stays is of no consequence.
fn forget_dates(place: &Path) {
    fs::remove_file(date_of(place)).ok();
    fs::remove_file(overdue(place)).ok();
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct At(u64);

    impl Clock for At {
        fn now_ms(&self) -> u64 {
            self.0
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }

    #[test]
    fn what_was_deleted_comes_back_until_it_is_old() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let thing = dir.dataset(&"d".into());
        fs::create_dir_all(&thing).expect("makes");
        let trash = Trash::new(&dir, &At(0));
        trash.put("datasets", "d", &thing).expect("deletes");
        assert!(!thing.exists());
        trash.take_back("datasets", "d", &thing).expect("restores");
        assert!(thing.exists());
        trash
            .take_back("datasets", "d", &thing)
            .expect_err("is not there");

        trash.put("datasets", "d", &thing).expect("deletes");
        let is_kept_after = |days: u64| {
            Trash::new(&dir, &At(days * DAY)).empty_old();
            dir.trash().join("datasets/d").exists()
        };
        assert!(is_kept_after(29));
        assert!(is_kept_after(31), "a day more, should the clock be wrong");
        assert!(!is_kept_after(32));
    }

    #[test]
    fn what_cannot_be_dated_is_not_deleted() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let thing = dir.dataset(&"d".into());
        fs::create_dir_all(&thing).expect("makes");
        // A folder in the place of the file: it cannot be written.
        fs::create_dir_all(dir.trash().join("datasets/d.deleted.json")).expect("makes");
        let trash = Trash::new(&dir, &At(0));
        trash.put("datasets", "d", &thing).expect_err("has no date");
        assert!(thing.exists());
    }

    #[test]
    fn a_clock_that_jumps_empties_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let thing = dir.dataset(&"d".into());
        fs::create_dir_all(&thing).expect("makes");
        Trash::new(&dir, &At(DAY))
            .put("datasets", "d", &thing)
            .expect("deletes");
        for day in [4000, 2, 4002, 3, 4000] {
            Trash::new(&dir, &At(day * DAY)).empty_old();
            assert!(dir.trash().join("datasets/d").exists(), "on day {day}");
        }
    }
}
