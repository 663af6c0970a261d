//! Small reads and writes that survive what happens to files.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a JSON file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("Could not read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("The file {} is damaged", path.display()))
}

/// Writes a JSON file in one move: a crash leaves the old file or the new one, never half of one.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(value).context("Could not put the file into words")?;
    let draft = draft_of(path);
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    let written = write();
    if written.is_err() {
        // It takes room on a disk that may be full; the next writer makes it anew either way.
        fs::remove_file(&draft).ok();
    }
    written.with_context(|| format!("Could not write {}", path.display()))
}

/// Renames a damaged file, so that what somebody wrote is kept and a new one can be begun. Returns
/// where it is now.
pub(crate) fn set_aside(path: &Path) -> Result<PathBuf> {
    let named = |number: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".damaged-{number}"));
        path.with_file_name(name)
    };
    let mut number = 1;
    while named(number).exists() {
        number += 1;
    }
    let spare = named(number);
    fs::rename(path, &spare).with_context(|| format!("Could not set {} aside", path.display()))?;
    Ok(spare)
}

/// Reads a JSON file of which there may be none yet. One that is damaged is set aside and `warn` is told
/// what it held and where it is now; then it is as if there had been none.
pub(crate) fn read_or_set_aside<T: DeserializeOwned + Default>(
    path: &Path,
    what: &str,
    warn: impl FnOnce(String),
) -> Result<T> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => {
            return Err(error).with_context(|| format!("Could not read {}", path.display()));
        }
    };
    if let Ok(value) = serde_json::from_slice(&text) {
        return Ok(value);
    }
    let spare = set_aside(path)?;
    warn(format!(
        "A damaged file starts empty again: {what}. The old one was kept as {}.",
        spare.display()
    ));
    Ok(T::default())
}

/// Removes the folder of `file` when nothing is in it but a draft of that file: the program was killed, or
/// the disk was full, before there was anything. False when there is more.
pub(crate) fn remove_unborn(file: &Path) -> bool {
    let Some(folder) = file.parent() else {
        return false;
    };
    let draft = draft_of(file);
    let holds = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_unborn = holds.map(|entry| entry.path()).all(|path| path == draft);
    is_unborn && fs::remove_dir_all(folder).is_ok()
}

/// What a JSON file is called until it is whole.
fn draft_of(path: &Path) -> PathBuf {
    path.with_extension("json.new")
}

/// The folders in a folder, by name; none when it does not exist. Names with a dot in front belong
/// to writers that are not done.
pub(crate) fn subfolders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir() && !is_draft(path))
        .collect();
    folders.sort();
    folders
}

fn is_draft(path: &Path) -> bool {
    path.file_name()
        .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The last `max_bytes` of a text file, from the start of a line; empty when there is no file.
pub(crate) fn tail(path: &Path, max_bytes: u64) -> String {
    let read = || -> std::io::Result<(Vec<u8>, bool)> {
        let mut file = File::open(path)?;
        let start = file.metadata()?.len().saturating_sub(max_bytes);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(max_bytes).read_to_end(&mut bytes)?;
        Ok((bytes, start > 0))
    };
    let Ok((bytes, cut)) = read() else {
        return String::new();
    };
    let text = String::from_utf8_lossy(&bytes);
    match text.split_once('\n') {
        Some((_, rest)) if cut => rest.to_owned(),
        _ => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_starts_at_a_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        fs::write(&path, "first line\nsecond\nthird\n").expect("writes");
        assert_eq!(tail(&path, 10), "third\n", "the cut line is left out");
        assert_eq!(tail(&path, 1000), "first line\nsecond\nthird\n");
        assert_eq!(tail(&folder.path().join("absent"), 10), "");
    }

    #[test]
    fn a_damaged_file_is_an_error_with_a_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.json");
        fs::write(&path, "{\"a\": ").expect("writes");
        let error = read_json::<serde_json::Value>(&path).expect_err("is damaged");
        assert!(error.to_string().contains("damaged"), "{error}");
        write_json(&path, &[1, 2]).expect("writes");
        assert_eq!(read_json::<Vec<u32>>(&path).expect("reads"), [1, 2]);
    }
}
