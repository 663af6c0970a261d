//! Files that are whole or not there.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a file under another name beside it, then renames it, so that a reader never sees half of it.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(fs::OpenOptions::new(), path, bytes)
}

/// The same for what only its owner may read, where the system knows owners.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // A file that is there keeps the rights it has.
    fs::remove_file(beside(path, "part")).ok();
    write_with(options, path, bytes)
}

fn write_with(mut options: fs::OpenOptions, path: &Path, bytes: &[u8]) -> Result<()> {
    let mut attempt = || -> std::io::Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let temporary = beside(path, "part");
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    attempt().with_context(|| format!("Could not write {}.", path.display()))
}

/// Like [`write_atomic`], with readable JSON.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)
        .with_context(|| format!("Could not turn {} into JSON.", path.display()))?;
    text.push('\n');
    write_atomic(path, text.as_bytes())
}

/// Reads a JSON file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("Could not read {}.", path.display()))?;
    serde_json::from_str(&text)
        .with_context(|| format!("{} is damaged and cannot be read.", path.display()))
}

/// A name in the same folder that lists leave out.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    path.with_file_name(format!(".{name}.{suffix}"))
}

/// Makes a folder by filling another one beside it and renaming that. What stood there before is
/// replaced only once the new one is whole.
pub(crate) fn replace_folder(folder: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let fresh = beside(folder, "new");
    let old = beside(folder, "old");
    recover_folder(folder)?;
    remove_folder(&fresh)?;
    fs::create_dir_all(&fresh)
        .with_context(|| format!("Could not make the folder {}.", fresh.display()))?;
    if let Err(error) = fill(&fresh) {
        remove_folder(&fresh)?;
        return Err(error);
    }
    let swap = || -> Result<()> {
        remove_folder(&old)?;
        if folder.exists() {
            fs::rename(folder, &old)?;
        }
        fs::rename(&fresh, folder)?;
        remove_folder(&old)
    };
    swap().with_context(|| format!("Could not put {} in its place.", folder.display()))
}

/// Takes back what [`replace_folder`] was about to replace when the program was killed.
pub(crate) fn recover_folder(folder: &Path) -> Result<()> {
    let old = beside(folder, "old");
    if old.is_dir() && !folder.exists() {
        fs::rename(&old, folder)
            .with_context(|| format!("Could not take {} back.", folder.display()))?;
    }
    Ok(())
}

/// Removes a folder that may not be there.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("Could not remove {}.", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |passed| passed.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_fill_leaves_what_was_there() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("adapter");
        replace_folder(&folder, |fresh| write_atomic(&fresh.join("a"), b"one")).unwrap();
        let failed = replace_folder(&folder, |fresh| {
            write_atomic(&fresh.join("a"), b"two")?;
            anyhow::bail!("no")
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(folder.join("a")).unwrap(), b"one");
        let left = fs::read_dir(root.path()).unwrap().count();
        assert_eq!(left, 1, "no temporary folders stay");
        // Killed between the two moves.
        fs::rename(&folder, beside(&folder, "old")).unwrap();
        recover_folder(&folder).unwrap();
        assert_eq!(fs::read(folder.join("a")).unwrap(), b"one");
    }

    #[test]
    fn json_comes_back() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("deep/value.json");
        write_json(&path, &vec![1, 2]).unwrap();
        assert_eq!(read_json::<Vec<u32>>(&path).unwrap(), [1, 2]);
        assert!(read_json::<Vec<u32>>(&root.path().join("none")).is_err());
    }
}
