//! One program, one data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use anyhow::{Context as _, Result};
use lore_core::DataDir;
use lore_protocol::ApiError;

/// Holds the data folder until it is dropped. The system lets go of it when the process dies, so
/// that a crash leaves nothing to clean up.
#[derive(Debug)]
pub(crate) struct FolderLock {
    file: File,
}

impl Drop for FolderLock {
    /// Closing the file would do, were there not a moment in the start of every child process in
    /// which it still has a copy of it.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            log::warn!("could not let go of the data folder: {error}");
        }
    }
}

impl FolderLock {
    /// Takes the folder, or says who has it.
    pub(crate) fn take(dir: &DataDir) -> Result<Self> {
        let path = dir.lock();
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .with_context(|| {
                format!(
                    "Could not write to the data folder {}",
                    dir.root().display()
                )
            })?;
        let locked = file.try_lock();
        if let Err(TryLockError::Error(error)) = locked {
            return Err(error).with_context(|| {
                format!(
                    "The data folder {} could not be locked, which keeps two programs from writing to it. \
                     Choose a folder on a disk of this computer.",
                    dir.root().display()
                )
            });
        }
        if locked.is_err() {
            let mut owner = String::new();
            let who = match file.read_to_string(&mut owner) {
                Ok(_) if !owner.trim().is_empty() => format!(" (process {})", owner.trim()),
                _ => String::new(),
            };
            let summary = format!(
                "Lorekeeper is already open{who} with the data folder {}. Close that window, or \
                 choose another data folder.",
                dir.root().display()
            );
            return Err(ApiError::precondition(summary).into());
        }
        // The number is only for the sentence above; the lock does not depend on it.
        let note = |file: &mut File| -> std::io::Result<()> {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            write!(file, "{}", std::process::id())
        };
        if let Err(error) = note(&mut file) {
            log::warn!("could not note the owner in {}: {error}", path.display());
        }
        Ok(Self { file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_owner_is_told_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = DataDir::new(folder.path());
        let first = FolderLock::take(&dir).expect("is free");
        let error = FolderLock::take(&dir).expect_err("is taken");
        assert!(error.to_string().contains("already open"), "{error}");
        drop(first);
        FolderLock::take(&dir).expect("is free again");
    }
}
