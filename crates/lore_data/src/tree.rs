//! The files below a folder, and copies of them whose bytes are counted and hashed on the way.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

/// Folders deeper than this are not walked; nothing that the program writes is.
const MAX_DEPTH: usize = 24;

/// Bytes that are moved at once.
const BLOCK: usize = 1 << 18;

/// Told of every block that went by, in bytes; answers whether to go on.
pub type Tell<'a> = &'a mut dyn FnMut(u64) -> bool;

/// A file below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    /// Its path within the folder, with `/` between its parts.
    pub path: String,
    /// Where it stands.
    pub place: PathBuf,
    /// Its size.
    pub num_bytes: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified_ns: u64,
}

/// What went by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pumped {
    /// How much.
    pub num_bytes: u64,
    /// Its SHA-256 in 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// The files below `root` in the order of their names. Names with a dot in front belong to writers that
/// are not done, links to folders to somebody else; both are left out. The folders in which LanceDB
/// says what a table is made of come before those that hold it: what is said there is then listed, too,
/// even when somebody writes meanwhile.
pub fn tree(root: &Path) -> Result<Vec<TreeFile>> {
    let mut files = Vec::new();
    walk(root, "", 0, &mut files)?;
    Ok(files)
}

fn walk(root: &Path, below: &str, depth: usize, files: &mut Vec<TreeFile>) -> Result<()> {
    let folder = root.join(below);
    let unreadable = || format!("The folder {} could not be read.", folder.display());
    if depth > MAX_DEPTH {
        bail!("The folder {} is nested too deeply.", folder.display());
    }
    let listing = match fs::read_dir(&folder) {
        Ok(listing) => listing,
        // Somebody deleted it just now; that is as if it had been gone before.
        Err(error) if error.kind() == ErrorKind::NotFound && depth > 0 => return Ok(()),
        Err(error) => return Err(error).with_context(unreadable),
    };
    let mut names = Vec::new();
    for item in listing {
        let name = item.with_context(unreadable)?.file_name();
        // The program writes no name that is not text.
        names.extend(
            name.into_string()
                .ok()
                .filter(|name| !name.starts_with('.')),
        );
    }
    names.sort_by_key(|name| {
        (
            !matches!(name.as_str(), "_versions" | "_refs"),
            name.clone(),
        )
    });
    for name in names {
        let place = folder.join(&name);
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        let Ok(kind) = place.symlink_metadata() else {
            continue;
        };
        if kind.is_dir() {
            walk(root, &path, depth + 1, files)?;
        } else if let Ok(metadata) = place.metadata()
            && metadata.is_file()
        {
            files.push(TreeFile {
                path,
                num_bytes: metadata.len(),
                modified_ns: modified_ns(&metadata),
                place,
            });
        }
    }
    Ok(())
}

fn modified_ns(metadata: &fs::Metadata) -> u64 {
    let modified = metadata.modified().ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_nanos() as u64)
}

/// Moves everything from `from` to `into`; `None` when `tell` wanted no more.
pub fn pump(
    from: &mut dyn Read,
    into: &mut dyn Write,
    tell: Tell<'_>,
) -> io::Result<Option<Pumped>> {
    let mut hasher = Sha256::new();
    let mut num_bytes = 0;
    let mut block = vec![0; BLOCK];
    loop {
        let count = match from.read(&mut block) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&block[..count]);
        into.write_all(&block[..count])?;
        num_bytes += count as u64;
        if !tell(count as u64) {
            return Ok(None);
        }
    }
    let sha256 = format!("{:x}", hasher.finalize());
    Ok(Some(Pumped { num_bytes, sha256 }))
}

/// Copies a file, folders included, and waits until the disk has it. One that was there is replaced.
/// `None` when `tell` wanted no more; half a file may then be there.
pub fn copy_file(from: &Path, to: &Path, tell: Tell<'_>) -> Result<Option<Pumped>> {
    let mut copy = || -> io::Result<Option<Pumped>> {
        let mut source = File::open(from)?;
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut target = File::create(to)?;
        let pumped = pump(&mut source, &mut target, tell)?;
        target.sync_all()?;
        Ok(pumped)
    };
    copy().with_context(|| format!("Could not copy {} to {}.", from.display(), to.display()))
}

/// Reads a file through; `None` when `tell` wanted no more.
pub fn hash_file(path: &Path, tell: Tell<'_>) -> Result<Option<Pumped>> {
    let mut hash = || pump(&mut File::open(path)?, &mut io::sink(), tell);
    hash().with_context(|| format!("Could not read {}.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, path: &str, text: &str) {
        let place = root.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    #[test]
    fn what_a_table_is_made_of_comes_first_and_drafts_never() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "b.lance/_deletions/1",
            "b.lance/data/1",
            "b.lance/_versions/1",
            "b.lance/_refs/tags/t",
            ".draft/1",
            "a/.part",
            "a/x",
        ] {
            put(folder.path(), path, "text");
        }
        let files = tree(folder.path()).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "a/x",
                "b.lance/_refs/tags/t",
                "b.lance/_versions/1",
                "b.lance/_deletions/1",
                "b.lance/data/1"
            ]
        );
        assert!(
            files
                .iter()
                .all(|file| file.num_bytes == 4 && file.modified_ns > 0)
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "a/x", "text");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        std::os::unix::fs::symlink("/no/such/file", folder.path().join("a/gone")).unwrap();
        assert_eq!(tree(folder.path()).unwrap().len(), 1);
    }

    #[test]
    fn a_copy_has_the_bytes_and_their_hash() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "x", "abc");
        let to = folder.path().join("deep/y");
        let mut told = 0;
        let copied = copy_file(&folder.path().join("x"), &to, &mut |count| {
            told += count;
            true
        });
        let copied = copied.unwrap().expect("nobody stopped it");
        assert_eq!((told, copied.num_bytes), (3, 3));
        // SHA-256 of "abc" (FIPS 180-2, appendix B.1).
        assert!(copied.sha256.starts_with("ba7816bf8f01cfea"));
        assert_eq!(hash_file(&to, &mut |_| true).unwrap(), Some(copied));
        assert_eq!(hash_file(&to, &mut |_| false).unwrap(), None);
    }
}
