//! Bookmarks and notes: one small file, read when asked for, replaced in one move.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use lore_core::{DataDir, TrajectoryId};
use lore_protocol::{Mark, Source};

use crate::files;
use crate::settings::Warnings;

/// The file of marks, and the one in which a restored backup brought some.
#[derive(Debug)]
pub(crate) struct MarksFile {
    /// Held from reading to writing, so that no mark of another window is lost.
    path: Mutex<PathBuf>,
    warnings: Arc<Warnings>,
    brought: PathBuf,
}

impl MarksFile {
    /// The marks of a data folder.
    pub(crate) fn new(dir: &DataDir, warnings: Arc<Warnings>) -> Self {
        Self {
            path: Mutex::new(dir.marks()),
            warnings,
            brought: dir.brought_marks(),
        }
    }

    /// Every mark, newest first. A damaged file is set aside, with a warning: what somebody wrote is not
    /// thrown away.
    pub(crate) fn all(&self) -> Result<Vec<Mark>> {
        self.change(|_| false)
    }

    /// Puts a mark first, in place of the one the trajectory had.
    pub(crate) fn put(&self, mark: Mark) -> Result<Vec<Mark>> {
        self.change(|marks| {
            marks.retain(|known| !is_of(known, &mark.source, &mark.id));
            marks.insert(0, mark);
            true
        })
    }

    /// Takes the mark of a trajectory off.
    pub(crate) fn remove(&self, source: &Source, id: &TrajectoryId) -> Result<Vec<Mark>> {
        self.change(|marks| {
            marks.retain(|known| !is_of(known, source, id));
            true
        })
    }

    /// Adds the marks that were brought, except of trajectories that have one here.
    fn add_brought(&self, marks: &mut Vec<Mark>) {
        match files::read_json::<Vec<Mark>>(&self.brought) {
            Ok(brought) => {
                for mark in brought {
                    if !marks
                        .iter()
                        .any(|known| is_of(known, &mark.source, &mark.id))
                    {
                        marks.push(mark);
                    }
                }
            }
            Err(error) => log::warn!("{error:?}"),
        }
    }

    /// Reads, lets `edit` work, and writes when it says that something changed.
    fn change(&self, edit: impl FnOnce(&mut Vec<Mark>) -> bool) -> Result<Vec<Mark>> {
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner);
        let warn = |sentence| self.warnings.add(sentence);
        let mut marks: Vec<Mark> = files::read_or_set_aside(&path, "marks and notes", warn)?;
        let has_more = self.brought.exists();
        if has_more {
            self.add_brought(&mut marks);
        }
        if edit(&mut marks) || has_more {
            files::write_json(&path, &marks)?;
        }
        if has_more {
            std::fs::remove_file(&self.brought).ok();
        }
        Ok(marks)
    }
}

fn is_of(mark: &Mark, source: &Source, id: &TrajectoryId) -> bool {
    mark.source == *source && mark.id == *id
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::EpisodeEnd;

    fn mark(id: &str, note: &str) -> Mark {
        Mark {
            source: Source::Dataset { id: "d".into() },
            id: id.into(),
            goal: "put a mug on the desk".into(),
            who: "expert".into(),
            end: EpisodeEnd::Success,
            steps: vec![2],
            note: note.into(),
        }
    }

    #[test]
    fn a_mark_replaces_the_one_before_and_comes_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = MarksFile::new(&DataDir::new(folder.path()), Arc::default());
        assert!(file.all().expect("no file is no marks").is_empty());
        file.put(mark("a", "")).expect("writes");
        file.put(mark("b", "")).expect("writes");
        let marks = file.put(mark("a", "look again")).expect("writes");
        let ids: Vec<&str> = marks.iter().map(|mark| mark.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(file.all().expect("reads"), marks);
        let rest = file.remove(&marks[0].source, &marks[0].id).expect("writes");
        assert_eq!(rest, [mark("b", "")]);
    }

    #[test]
    fn brought_marks_are_added_and_replace_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let file = MarksFile::new(&dir, Arc::default());
        file.put(mark("a", "mine")).expect("writes");
        let brought = [mark("a", "theirs"), mark("b", "theirs")];
        files::write_json(&dir.brought_marks(), &brought).expect("writes");
        for _ in 0..2 {
            let marks = file.all().expect("reads");
            assert_eq!(marks, [mark("a", "mine"), mark("b", "theirs")]);
        }
        assert!(!dir.brought_marks().exists(), "it was taken in");
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        std::fs::write(dir.marks(), "{").expect("writes");
        let warnings = Arc::<Warnings>::default();
        let file = MarksFile::new(&dir, Arc::clone(&warnings));
        assert_eq!(file.put(mark("a", "")).expect("writes"), [mark("a", "")]);
        let aside = folder.path().join("marks.json.damaged-1");
        assert_eq!(std::fs::read_to_string(aside).expect("reads"), "{");
        let warned = warnings.all();
        assert!(warned[0].contains("marks.json.damaged-1"), "{warned:?}");
    }
}
