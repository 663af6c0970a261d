//! Sees that what LanceDB wrote is whole.
//!
//! Its writer (lance-io 14.0.2) takes a file for written although its last part could not be, say
//! because the disk is full, and makes it part of the table, of which nothing can be read from then on.
//! So every change is looked at, and taken back when one of its files breaks off.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Where a table's versions stand.
const VERSIONS: &str = "_versions";

/// Where its rows stand.
const DATA: &str = "data";

/// Says which version is the newest, so that nobody has to look for it. May be missing.
const HINT: &str = "latest_version_hint.json";

/// The files of a table before a change.
pub(crate) struct Before {
    folder: PathBuf,
    files: BTreeSet<PathBuf>,
}

impl Before {
    /// Notes what is in a table's folder.
    pub(crate) fn note(folder: &Path) -> Self {
        let mut files = BTreeSet::new();
        list(folder, &mut files);
        Self {
            folder: folder.to_owned(),
            files,
        }
    }

    /// Takes the change back when one of the files that came with it breaks off.
    pub(crate) fn check(&self) -> Result<()> {
        let mut now = BTreeSet::new();
        list(&self.folder, &mut now);
        let new: Vec<&PathBuf> = now.difference(&self.files).collect();
        let Some(broken) = new.iter().find(|path| breaks_off(path)) else {
            return Ok(());
        };
        let versions = self.folder.join(VERSIONS);
        for version in new.iter().filter(|path| path.starts_with(&versions)) {
            fs::remove_file(version)
                .with_context(|| format!("{} could not be taken back.", version.display()))?;
        }
        fs::remove_file(versions.join(HINT)).ok();
        bail!("{} could not be written to its end.", broken.display());
    }
}

/// True when the folder of a table holds neither a version nor rows: whoever was to make it was killed, or
/// had no memory left, before there was anything. It is then made as if there were none.
pub(crate) fn is_unborn(folder: &Path) -> bool {
    let mut files = BTreeSet::new();
    list(folder, &mut files);
    let data = folder.join(DATA);
    let versions = folder.join(VERSIONS);
    !files
        .iter()
        .any(|path| path.starts_with(&versions) || path.starts_with(&data))
}

/// Every file below a folder; a name that begins with a dot is a writer's that is still at work.
fn list(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(&path, files);
        } else if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            files.insert(path);
        }
    }
}

/// True when the file lacks the end that all of its kind have.
fn breaks_off(path: &Path) -> bool {
    let end: &[u8] = match path.extension().and_then(|kind| kind.to_str()) {
        Some("lance" | "manifest") => b"LANC",
        Some("arrow") => b"ARROW1",
        _ => return false,
    };
    let ends_well = || -> io::Result<bool> {
        let mut file = File::open(path)?;
        if file.metadata()?.len() < end.len() as u64 {
            return Ok(false);
        }
        let mut last = vec![0; end.len()];
        file.seek(SeekFrom::End(-(end.len() as i64)))?;
        file.read_exact(&mut last)?;
        Ok(last == end)
    };
    // One that cannot be looked at has gone meanwhile: others may tidy up.
    !ends_well().unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_with_a_file_that_breaks_off_is_taken_back() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("_versions/2.manifest", "old LANC");
        write("data/a.lance", "rows LANC");
        let before = Before::note(root.path());
        write("data/b.lance", "more rows LANC");
        write("_deletions/b.arrow", "rows ARROW1");
        write("_versions/1.manifest", "new LANC");
        before.check().unwrap();

        let before = Before::note(root.path());
        write("_versions/latest_version_hint.json", "{}");
        write("_versions/0.manifest", "newer LANC");
        write("data/.tmp.lance", "at work");
        before.check().unwrap();
        write("data/c.lance", "rows that br");
        let error = before.check().unwrap_err().to_string();
        assert!(error.contains("c.lance"), "{error}");
        let left = fs::read_dir(root.path().join(VERSIONS)).unwrap().count();
        assert_eq!(left, 2, "the new version is gone, and the hint with it");
    }
}
