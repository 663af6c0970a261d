//! Where the data folder is: the usual place, or the one somebody moved it to. A small note in the
//! system's folder for settings says so.
//!
//! Moving has two halves. A job copies everything while the program goes on; the next start, before
//! anybody else looks at the folder, brings along what changed since. Only then the note is changed, in
//! one move: whatever ends the program on the way, the folder that was in use is still the one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use lore_core::DataDir;
use lore_data::{copy_file, hash_file, tree};
use lore_protocol::{ApiError, DataPlace, MOVED_FILE, Moved, MovedFile};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::lock::FolderLock;

/// Where the data folder is, and how that is remembered.
#[derive(Debug)]
pub struct DataHome {
    note: PathBuf,
    usual: PathBuf,
    /// Held from reading the note to writing it.
    changing: Mutex<()>,
}

/// What a start begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The data folder.
    pub folder: PathBuf,
    /// Why a move could not be finished, in a sentence for people.
    pub warning: Option<String>,
}

/// The note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    /// The folder in use, if not the usual one.
    folder: Option<PathBuf>,
    /// The folder to go on in at the next start.
    next: Option<PathBuf>,
    /// The folder that was in use before.
    previous: Option<PathBuf>,
}

impl DataHome {
    /// A note at `note`; without one, the data is in `usual`.
    pub fn new(note: PathBuf, usual: PathBuf) -> Self {
        Self {
            note,
            usual,
            changing: Mutex::default(),
        }
    }

    /// The folder for this start; finishes a move that was begun.
    ///
    /// # Errors
    /// When the folder somebody chose is not there: an empty one in its place would look as if everything
    /// were lost.
    pub fn settle(&self) -> Result<Settled> {
        let mut note = self.read()?;
        let folder = self.in_use(&note);
        if note.folder.is_some() && !folder.is_dir() {
            bail!(ApiError::new(format!(
                "Your data folder {} is not there. Connect the disk that holds it and start Lorekeeper \
                 again. To begin with an empty folder instead, remove the file {}.",
                folder.display(),
                self.note.display()
            )));
        }
        let Some(next) = note.next.take() else {
            return Ok(Settled {
                folder,
                warning: None,
            });
        };
        // Another window still works in the folder; whoever opens it says so.
        let Ok(lock) = FolderLock::take(&DataDir::new(&folder)) else {
            return Ok(Settled {
                folder,
                warning: None,
            });
        };
        let brought = bring_along(&folder, &next);
        let settled = match brought {
            Ok(()) => {
                note.previous = Some(folder);
                note.folder = Some(next.clone());
                Settled {
                    folder: next.clone(),
                    warning: None,
                }
            }
            Err(error) => {
                log::warn!("{error:?}");
                Settled {
                    warning: Some(format!(
                        "The data folder could not be moved to {}: {error:#} Everything is still in {}.",
                        next.display(),
                        folder.display()
                    )),
                    folder,
                }
            }
        };
        self.write(&note)?;
        // From here on the copy is the original.
        if settled.warning.is_none() {
            fs::remove_file(next.join(MOVED_FILE)).ok();
        }
        drop(lock);
        Ok(settled)
    }

    /// Where the data folder was and will be.
    pub(crate) fn place(&self) -> Result<DataPlace> {
        let note = self.read()?;
        let words = |path: PathBuf| path.to_string_lossy().into_owned();
        Ok(DataPlace {
            why_fixed: String::new(),
            next: note.next.map(words),
            previous: note.previous.filter(|path| path.is_dir()).map(words),
        })
    }

    /// Goes on in `next` from the next start on; `None` stays.
    pub(crate) fn set_next(&self, next: Option<PathBuf>) -> Result<()> {
        self.change(|note| note.next = next)
    }

    /// Forgets the folder that was in use before.
    pub(crate) fn forget_previous(&self) -> Result<()> {
        self.change(|note| note.previous = None)
    }

    fn change(&self, edit: impl FnOnce(&mut Note)) -> Result<()> {
        let changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut note = self.read()?;
        edit(&mut note);
        self.write(&note)?;
        drop(changing);
        Ok(())
    }

    fn in_use(&self, note: &Note) -> PathBuf {
        note.folder.clone().unwrap_or_else(|| self.usual.clone())
    }

    fn read(&self) -> Result<Note> {
        if !self.note.exists() {
            return Ok(Note::default());
        }
        files::read_json(&self.note).with_context(|| {
            format!(
                "The note that says where your data folder is cannot be read. Remove the file {} to use \
                 the usual folder {}.",
                self.note.display(),
                self.usual.display()
            )
        })
    }

    fn write(&self, note: &Note) -> Result<()> {
        files::write_json(&self.note, note)
    }
}

/// Brings what changed in `from` since it was copied along to `to`.
fn bring_along(from: &Path, to: &Path) -> Result<()> {
    let moved: Moved =
        files::read_json(&to.join(MOVED_FILE)).context("The copy there is gone or not whole.")?;
    ensure!(
        Path::new(&moved.from) == from,
        "The copy there is one of another data folder."
    );
    let lock = DataDir::new(from).lock();
    let mut copied: BTreeMap<String, MovedFile> = moved
        .files
        .into_iter()
        .map(|file| (file.path.clone(), file))
        .collect();
    for file in tree(from)? {
        let known = copied.remove(&file.path);
        let is_same = known.is_some_and(|known| {
            known.num_bytes == file.num_bytes && known.modified_ns == file.modified_ns
        });
        let target = to.join(&file.path);
        let has_size = |size| target.metadata().is_ok_and(|target| target.len() == size);
        if file.place == lock || (is_same && has_size(file.num_bytes)) {
            continue;
        }
        let written = copy_file(&file.place, &target, &mut |_| true)?;
        ensure!(
            hash_file(&target, &mut |_| true)? == written,
            "The copy of {} differs from the original.",
            file.path
        );
    }
    // What was deleted in the meantime.
    for path in copied.keys() {
        remove(to, path);
    }
    Ok(())
}

/// Removes a file, and the folders that are empty without it.
fn remove(root: &Path, path: &str) {
    let place = root.join(path);
    if !place.starts_with(root) || path.split('/').any(|part| part == "..") {
        return;
    }
    fs::remove_file(&place).ok();
    let folders = place.ancestors().skip(1);
    for folder in folders.take_while(|folder| *folder != root) {
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        folder: tempfile::TempDir,
        home: DataHome,
    }

    impl Case {
        /// Data in the usual folder, copied to `new`.
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let (note, usual) = (folder.path().join("note.json"), folder.path().join("old"));
            let case = Self {
                home: DataHome::new(note, usual),
                folder,
            };
            case.put("old/datasets/d/dataset.json", "1");
            case.put("old/datasets/e/dataset.json", "2");
            let mut moved = Moved {
                from: case.path("old").to_string_lossy().into_owned(),
                files: Vec::new(),
            };
            for file in tree(&case.path("old")).expect("is listed") {
                let target = case.path("new").join(&file.path);
                copy_file(&file.place, &target, &mut |_| true).expect("copies");
                moved.files.push(MovedFile {
                    path: file.path,
                    num_bytes: file.num_bytes,
                    modified_ns: file.modified_ns,
                });
            }
            files::write_json(&case.path("new").join(MOVED_FILE), &moved).expect("writes");
            case
        }

        fn path(&self, path: &str) -> PathBuf {
            self.folder.path().join(path)
        }

        fn put(&self, path: &str, text: &str) {
            let path = self.path(path);
            fs::create_dir_all(path.parent().expect("in a folder")).expect("makes");
            fs::write(path, text).expect("writes");
        }

        fn read(&self, path: &str) -> Option<String> {
            fs::read_to_string(self.path(path)).ok()
        }
    }

    #[test]
    fn without_a_note_the_data_is_in_the_usual_place() {
        let case = Case::new();
        let settled = case.home.settle().expect("settles");
        assert_eq!(settled.folder, case.path("old"));
        assert_eq!(settled.warning, None);
    }

    #[test]
    fn the_next_start_brings_along_what_changed() {
        let case = Case::new();
        case.home.set_next(Some(case.path("new"))).expect("notes");
        case.put("old/datasets/d/dataset.json", "changed");
        case.put("old/settings.json", "new");
        fs::remove_dir_all(case.path("old/datasets/e")).expect("removes");
        let settled = case.home.settle().expect("settles");
        assert_eq!(settled.folder, case.path("new"));
        let changed = case.read("new/datasets/d/dataset.json");
        assert_eq!(changed.as_deref(), Some("changed"));
        assert_eq!(case.read("new/settings.json").as_deref(), Some("new"));
        assert!(!case.path("new/datasets/e").exists(), "what was deleted");
        assert!(!case.path("new/lorekeeper.lock").exists());
        let place = case.home.place().expect("reads");
        let old = case.path("old").to_string_lossy().into_owned();
        assert_eq!((place.next, place.previous), (None, Some(old)));
        assert!(case.path("old/datasets/d").exists(), "the old one stays");
        // And so at every later start.
        let again = case.home.settle().expect("settles");
        assert_eq!(again.folder, case.path("new"));
    }

    #[test]
    fn a_copy_that_is_not_whole_is_not_used() {
        let case = Case::new();
        case.home.set_next(Some(case.path("new"))).expect("notes");
        fs::remove_file(case.path("new").join(MOVED_FILE)).expect("removes");
        let settled = case.home.settle().expect("settles");
        assert_eq!(settled.folder, case.path("old"));
        let warning = settled.warning.expect("says so");
        assert!(warning.contains("Everything is still in"), "{warning}");
        assert_eq!(case.home.place().expect("reads").next, None);
    }

    #[test]
    fn while_somebody_works_in_the_folder_nothing_is_moved() {
        let case = Case::new();
        case.home.set_next(Some(case.path("new"))).expect("notes");
        let lock = FolderLock::take(&DataDir::new(case.path("old"))).expect("is free");
        assert_eq!(
            case.home.settle().expect("settles").folder,
            case.path("old")
        );
        drop(lock);
        assert_eq!(
            case.home.settle().expect("settles").folder,
            case.path("new")
        );
    }

    #[test]
    fn a_folder_that_is_away_is_not_replaced_by_an_empty_one() {
        let case = Case::new();
        case.home.set_next(Some(case.path("new"))).expect("notes");
        case.home.settle().expect("settles");
        fs::rename(case.path("new"), case.path("unplugged")).expect("goes away");
        let error = case.home.settle().expect_err("is not there");
        assert!(error.to_string().contains("Connect the disk"), "{error}");
        case.put("note.json", "{ cut");
        let error = case.home.settle().expect_err("is damaged");
        assert!(error.to_string().contains("Remove the file"), "{error}");
    }
}
