//! A new file that tensors are written to one after another.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{Progress, cannot_write};

/// A file whose header is written and whose tensors follow in order.
pub(super) struct TensorFile {
    path: PathBuf,
    file: BufWriter<File>,
    done: u64,
    total: u64,
}

impl TensorFile {
    /// Makes the file and writes its header; `total` bytes of tensors follow.
    pub(super) fn create(path: &Path, header: &[u8], total: u64) -> Result<Self> {
        let file = File::create_new(path).with_context(|| cannot_write(path))?;
        let mut made = Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            done: 0,
            total,
        };
        made.write(header)?;
        Ok(made)
    }

    /// Writes the next tensor, which the header says takes `announced` bytes, and zeros up to `room` bytes.
    /// `false` when `progress` said to stop.
    pub(super) fn tensor(
        &mut self,
        name: &str,
        mut bytes: Vec<u8>,
        announced: u64,
        room: u64,
        progress: &mut Progress<'_>,
    ) -> Result<bool> {
        ensure!(
            bytes.len() as u64 == announced,
            "The weights {name:?} do not have the size that was announced"
        );
        bytes.resize(room as usize, 0);
        self.write(&bytes)?;
        self.done += bytes.len() as u64;
        Ok(progress(self.done, self.total))
    }

    /// Makes sure that everything is on the disk.
    pub(super) fn finish(self) -> Result<()> {
        let path = self.path;
        self.file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .with_context(|| cannot_write(&path))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .with_context(|| cannot_write(&self.path))
    }
}
