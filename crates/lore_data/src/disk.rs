//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The first lines of a failure that people read most: the disk is full, or the folder is locked.
pub(crate) const WRITE_FAILED: &str =
    "The data set could not be written. Is the disk full, or the data folder write-protected?";

/// A folder that is being filled. It becomes visible under its name all at once, or never.
pub(crate) struct PartialFolder {
    path: PathBuf,
    target: PathBuf,
    done: bool,
}

impl PartialFolder {
    /// Starts `parent/name`; what a killed attempt left behind is thrown away.
    pub(crate) fn create(parent: &Path, name: &str) -> Result<Self> {
        check_name(name)?;
        let target = parent.join(name);
        if target.exists() {
            bail!("There is already a data set called {name:?}. Please choose another name.");
        }
        let path = parent.join(format!(".partial-{name}"));
        if path.exists() {
            fs::remove_dir_all(&path).context(WRITE_FAILED)?;
        }
        fs::create_dir_all(&path).context(WRITE_FAILED)?;
        Ok(Self {
            path,
            target,
            done: false,
        })
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Starts a folder that will take the place of `parent/name`.
    pub(crate) fn replacing(parent: &Path, name: &str) -> Result<Self> {
        check_name(name)?;
        let path = parent.join(format!(".partial-{name}"));
        if path.exists() {
            fs::remove_dir_all(&path).context(WRITE_FAILED)?;
        }
        fs::create_dir_all(&path).context(WRITE_FAILED)?;
        Ok(Self {
            path,
            target: parent.join(name),
            done: false,
        })
    }

    /// Puts the folder in the place of the one that is there. A program that is killed in between
    /// leaves both; [`recover`] then takes the old one back.
    pub(crate) fn replace(self) -> Result<()> {
        let old = replaced(&self.target);
        if old.exists() {
            fs::remove_dir_all(&old).context(WRITE_FAILED)?;
        }
        fs::rename(&self.target, &old).context(WRITE_FAILED)?;
        self.publish()?;
        fs::remove_dir_all(&old).context(WRITE_FAILED)
    }

    /// The same, and sets the one that was there aside; what was set aside before is gone.
    pub(crate) fn replace_keeping(self) -> Result<()> {
        let aside = set_aside(&self.target);
        let target = self.target.clone();
        if aside.exists() {
            fs::remove_dir_all(&aside).context(WRITE_FAILED)?;
        }
        let old = replaced(&target);
        if old.exists() {
            fs::remove_dir_all(&old).context(WRITE_FAILED)?;
        }
        fs::rename(&target, &old).context(WRITE_FAILED)?;
        self.publish()?;
        fs::rename(old, aside).context(WRITE_FAILED)
    }

    /// Makes the folder visible.
    pub(crate) fn publish(mut self) -> Result<()> {
        sync(&self.path)?;
        fs::rename(&self.path, &self.target).context(WRITE_FAILED)?;
        self.done = true;
        self.target.parent().map_or(Ok(()), sync)
    }
}

impl Drop for PartialFolder {
    fn drop(&mut self) {
        if !self.done {
            // What cannot be removed now is removed by the next attempt of the same name.
            fs::remove_dir_all(&self.path).ok();
        }
    }
}

/// Takes back the folder that [`PartialFolder::replace`] had set aside when the program was killed. When
/// the new one stands in its place already, the old one may still be wanted back.
pub(crate) fn recover(folder: &Path) {
    let (old, aside) = (replaced(folder), set_aside(folder));
    if !old.is_dir() {
        return;
    }
    let place = if folder.exists() {
        aside
    } else {
        folder.to_owned()
    };
    if !place.exists() {
        // If it cannot be renamed, the data set is told to be gone, and the next look tries again.
        fs::rename(old, place).ok();
    }
}

/// Does so for every folder in `parent`.
pub(crate) fn recover_all(parent: &Path) {
    // What cannot be read here is told by whoever lists the folder next.
    for item in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = item.file_name();
        let name = name.to_str().unwrap_or_default();
        if let Some(name) = name.strip_prefix(REPLACED) {
            recover(&parent.join(name));
        }
        if let Some(name) = name.strip_prefix(SET_ASIDE)
            && !parent.join(name).exists()
        {
            // Nobody can want it back; what cannot be removed now is removed by the next look.
            fs::remove_dir_all(item.path()).ok();
        }
    }
}

/// Exchanges a folder with the one that [`PartialFolder::replace_keeping`] set aside. A program that is
/// killed in between leaves one of the two in its place, at the latest after [`recover`].
pub(crate) fn exchange(folder: &Path) -> Result<()> {
    let (old, aside) = (replaced(folder), set_aside(folder));
    if old.exists() {
        fs::remove_dir_all(&old).context(WRITE_FAILED)?;
    }
    fs::rename(folder, &old).context(WRITE_FAILED)?;
    fs::rename(&aside, folder).context(WRITE_FAILED)?;
    fs::rename(old, aside).context(WRITE_FAILED)
}

/// Where a folder stands that another one took the place of and that may be wanted back.
pub(crate) fn set_aside(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{SET_ASIDE}{name}"))
}

/// The start of the name of a folder that may be wanted back.
const SET_ASIDE: &str = ".before-";

/// The start of the name of a folder that another one is taking the place of.
const REPLACED: &str = ".replaced-";

/// Where a folder stands while another one takes its place.
fn replaced(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{REPLACED}{name}"))
}

/// Writes a file beside `path` and puts it in its place.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    let mut file = File::create(&partial).context(WRITE_FAILED)?;
    file.write_all(content).context(WRITE_FAILED)?;
    file.sync_all().context(WRITE_FAILED)?;
    fs::rename(&partial, path).context(WRITE_FAILED)
}

/// Refuses names that would leave the folder they belong in.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
        bail!("{name:?} is no name for a data set: use letters, digits, - and _.");
    }
    Ok(())
}

/// Waits until the entries of a folder are on the disk; not every system can, and none must.
fn sync(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .context(WRITE_FAILED)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unpublished_folder_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let partial = PartialFolder::create(parent.path(), "a").unwrap();
        fs::write(partial.path().join("x"), "x").unwrap();
        drop(partial);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_attempt_left_is_thrown_away() {
        let parent = tempfile::tempdir().unwrap();
        fs::create_dir(parent.path().join(".partial-a")).unwrap();
        fs::write(parent.path().join(".partial-a/old"), "x").unwrap();
        PartialFolder::create(parent.path(), "a")
            .unwrap()
            .publish()
            .unwrap();
        assert!(!parent.path().join("a/old").exists());
        assert!(PartialFolder::create(parent.path(), "a").is_err(), "taken");
    }

    #[test]
    fn a_folder_is_replaced_whole_or_not_at_all() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("a");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("old"), "x").unwrap();
        let partial = PartialFolder::replacing(parent.path(), "a").unwrap();
        fs::write(partial.path().join("new"), "x").unwrap();
        partial.replace().unwrap();
        assert!(target.join("new").exists() && !target.join("old").exists());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
        // Killed between setting aside and putting in place.
        fs::rename(&target, replaced(&target)).unwrap();
        recover_all(parent.path());
        assert!(target.join("new").exists());
        // Killed between putting in place and keeping the old one.
        fs::create_dir(replaced(&target)).unwrap();
        recover_all(parent.path());
        assert!(target.join("new").exists() && set_aside(&target).is_dir());
    }

    #[test]
    fn what_was_set_aside_comes_back_and_goes_again() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("a");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("old"), "x").unwrap();
        for _ in 0..2 {
            let partial = PartialFolder::replacing(parent.path(), "a").unwrap();
            fs::write(partial.path().join("new"), "x").unwrap();
            partial.replace_keeping().unwrap();
        }
        exchange(&target).unwrap();
        assert!(target.join("new").exists(), "only the last one is kept");
        fs::write(target.join("mine"), "x").unwrap();
        exchange(&target).unwrap();
        exchange(&target).unwrap();
        assert!(target.join("mine").exists());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
    }

    #[test]
    fn names_stay_in_their_folder() {
        for name in ["", "..", ".x", "a/b", "a\\b", "a:b"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name("alfworld-games_2.1").is_ok());
    }
}
