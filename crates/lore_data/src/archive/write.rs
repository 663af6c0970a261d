//! Writing an archive: beside its place under another name, then renamed, so that no half one is ever
//! found under the name that somebody chose.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use super::{ArchiveHead, ArchivedFile, FORMAT, MANIFEST, Manifest, names};
use crate::tree::{Tell, pump};

/// Endings of files whose bytes are as good as random, so that packing them only takes time.
const PACKED: [&str; 7] = ["safetensors", "gguf", "lance", "gz", "zst", "png", "jar"];

/// How hard the rest is packed; zstd's own choice.
const LEVEL: i64 = 3;

/// An archive that is being written. Dropping it before [`ArchiveWriter::finish`] leaves nothing behind.
pub struct ArchiveWriter {
    zip: Option<ZipWriter<BufWriter<File>>>,
    files: Vec<ArchivedFile>,
    draft: PathBuf,
    target: PathBuf,
}

impl ArchiveWriter {
    /// Begins an archive that will stand at `target`.
    pub fn create(target: &Path) -> Result<Self> {
        let name = target
            .file_name()
            .with_context(|| format!("{} is not a file.", target.display()))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".part");
        let draft = target.with_file_name(hidden);
        let file = File::create(&draft).with_context(|| {
            format!(
                "Could not write to {}. Choose a folder that you may write to.",
                draft.parent().unwrap_or(target).display()
            )
        })?;
        Ok(Self {
            zip: Some(ZipWriter::new(BufWriter::with_capacity(1 << 20, file))),
            files: Vec::new(),
            draft,
            target: target.to_owned(),
        })
    }

    /// Adds what `source` gives as the file at `path`; false when `tell` wanted no more, and then the
    /// archive is to be dropped.
    pub fn add(&mut self, path: &str, source: &mut dyn Read, tell: Tell<'_>) -> Result<bool> {
        names::check(path)?;
        let failed = || format!("Could not write {}.", self.target.display());
        let zip = self.zip.as_mut().with_context(failed)?;
        zip.start_file(path, options(path)).with_context(failed)?;
        let Some(pumped) = pump(source, zip, tell).with_context(failed)? else {
            return Ok(false);
        };
        self.files.push(ArchivedFile {
            path: path.to_owned(),
            num_bytes: pumped.num_bytes,
            sha256: pumped.sha256,
        });
        Ok(true)
    }

    /// Ends the archive and puts it in its place. Returns its size in bytes.
    pub fn finish(mut self, head: ArchiveHead) -> Result<u64> {
        names::check_all(self.files.iter().map(|file| file.path.as_str()))?;
        let target = self.target.clone();
        let failed = || format!("Could not write {}.", target.display());
        let manifest = Manifest {
            format: FORMAT,
            head,
            files: std::mem::take(&mut self.files),
        };
        let text = serde_json::to_vec_pretty(&manifest).with_context(failed)?;
        let Some(mut zip) = self.zip.take() else {
            bail!("The archive was finished before.");
        };
        zip.start_file(MANIFEST, options(MANIFEST))
            .with_context(failed)?;
        zip.write_all(&text).with_context(failed)?;
        let buffer = zip.finish().with_context(failed)?;
        let file = buffer
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error);
        let file = file.with_context(failed)?;
        file.sync_all().with_context(failed)?;
        let num_bytes = file.metadata().with_context(failed)?.len();
        fs::rename(&self.draft, &self.target).with_context(failed)?;
        Ok(num_bytes)
    }
}

impl Drop for ArchiveWriter {
    fn drop(&mut self) {
        // Closed first: Windows removes no open file. After `finish` there is nothing to remove.
        self.zip = None;
        fs::remove_file(&self.draft).ok();
    }
}

fn options(path: &str) -> SimpleFileOptions {
    let ending = path.rsplit('.').next().unwrap_or_default();
    let options = SimpleFileOptions::default()
        // How large a file becomes is known only behind it.
        .large_file(true)
        // The manifest says when; the same files make the same archive.
        .last_modified_time(DateTime::default());
    if PACKED.contains(&ending) {
        options.compression_method(CompressionMethod::Stored)
    } else {
        options
            .compression_method(CompressionMethod::Zstd)
            .compression_level(Some(LEVEL))
    }
}
