//! Reading an archive that somebody else may have made: nothing in it is believed before it is checked,
//! and never more is read than the manifest says.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read as _, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use zip::ZipArchive;

use super::{ArchiveHead, ArchivedFile, FORMAT, MANIFEST, Manifest, names};
use crate::tree::{Tell, pump};

/// The largest manifest: a million files.
const MAX_MANIFEST: u64 = 256 << 20;

/// An archive whose list of files was checked; their contents are checked as they are read.
pub struct ArchiveReader {
    zip: ZipArchive<BufReader<File>>,
    manifest: Manifest,
    num_bytes: u64,
}

impl ArchiveReader {
    /// Opens the archive at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is none, was made by a later version of the program, or holds anything
    /// else than its manifest says.
    pub fn open(path: &Path) -> Result<Self> {
        let file =
            File::open(path).with_context(|| format!("Could not read {}.", path.display()))?;
        let num_bytes = file.metadata().map_or(0, |metadata| metadata.len());
        let mut zip = ZipArchive::new(BufReader::new(file)).with_context(|| {
            format!(
                "{} is not a backup of Lorekeeper, or only a part of one.",
                path.display()
            )
        })?;
        let manifest = read_manifest(&mut zip)
            .with_context(|| format!("{} cannot be used.", path.display()))?;
        check(&mut zip, &manifest)
            .with_context(|| format!("{} cannot be used.", path.display()))?;
        Ok(Self {
            zip,
            manifest,
            num_bytes,
        })
    }

    /// What is known besides the files.
    pub fn head(&self) -> &ArchiveHead {
        &self.manifest.head
    }

    /// The files, in the order in which they were added.
    pub fn files(&self) -> &[ArchivedFile] {
        &self.manifest.files
    }

    /// The archive's own size in bytes.
    pub fn num_bytes(&self) -> u64 {
        self.num_bytes
    }

    /// Writes one file into `into` and checks it; false when `tell` wanted no more.
    ///
    /// # Errors
    /// When it is not what the manifest says, or `into` takes no more.
    pub fn read(&mut self, index: usize, into: &mut dyn Write, tell: Tell<'_>) -> Result<bool> {
        let known = self
            .manifest
            .files
            .get(index)
            .context("There is no such file in the backup.")?;
        let damaged = || {
            format!(
                "The backup is damaged at {:?}. Nothing was taken from it; use another copy.",
                known.path
            )
        };
        let entry = self.zip.by_name(&known.path).with_context(damaged)?;
        // One byte more than there may be tells that there is too much.
        let mut limited = entry.take(known.num_bytes.saturating_add(1));
        let pumped = pump(&mut limited, into, tell).with_context(damaged)?;
        let Some(pumped) = pumped else {
            return Ok(false);
        };
        let is_whole = pumped.num_bytes == known.num_bytes && pumped.sha256 == known.sha256;
        ensure!(is_whole, damaged());
        Ok(true)
    }
}

fn read_manifest(zip: &mut ZipArchive<BufReader<File>>) -> Result<Manifest> {
    let entry = zip
        .by_name(MANIFEST)
        .context("It is not a backup of Lorekeeper: it does not say what it holds.")?;
    ensure!(
        entry.size() <= MAX_MANIFEST,
        "It says more about itself than a backup would."
    );
    let mut text = Vec::new();
    entry
        .take(MAX_MANIFEST)
        .read_to_end(&mut text)
        .context("It is damaged.")?;
    let format: Format = serde_json::from_slice(&text).context("It is damaged.")?;
    ensure!(
        format.format <= FORMAT,
        "It was made by a later version of Lorekeeper. Install the newest version first."
    );
    serde_json::from_slice(&text).context("It is damaged.")
}

/// The part of the manifest that every version can read.
#[derive(serde::Deserialize)]
struct Format {
    format: u32,
}

/// The archive holds the files of the manifest, all of them and no others, each as large as it says.
fn check(zip: &mut ZipArchive<BufReader<File>>, manifest: &Manifest) -> Result<()> {
    names::check_all(manifest.files.iter().map(|file| file.path.as_str()))?;
    let known: BTreeSet<&str> = manifest
        .files
        .iter()
        .map(|file| file.path.as_str())
        .chain([MANIFEST])
        .collect();
    for name in zip.file_names() {
        ensure!(
            known.contains(name),
            "It holds {name:?}, of which its own list says nothing."
        );
    }
    for file in &manifest.files {
        let entry = zip
            .by_name(&file.path)
            .with_context(|| format!("It lacks {:?}.", file.path))?;
        if entry.size() != file.num_bytes || !entry.is_file() {
            bail!("It is damaged at {:?}.", file.path);
        }
    }
    Ok(())
}
