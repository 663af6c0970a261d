//! Writing safetensors files, one tensor at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use safetensors::Dtype;
use serde_json::{Value, json};

use super::{Progress, cannot_write};

/// A tensor as the header describes it.
pub(crate) struct SafetensorsTensor {
    /// Its name.
    pub(crate) name: String,
    /// Outermost dimension first.
    pub(crate) shape: Vec<usize>,
    /// How its numbers are stored.
    pub(crate) dtype: Dtype,
}

impl SafetensorsTensor {
    fn num_bytes(&self) -> u64 {
        (self.shape.iter().product::<usize>() * self.dtype.bitsize() / 8) as u64
    }
}

/// A safetensors file whose header is written and whose tensors follow in order.
pub(crate) struct SafetensorsWriter {
    path: PathBuf,
    file: BufWriter<File>,
    done: u64,
    total: u64,
}

impl SafetensorsWriter {
    /// Makes the file and writes its header.
    pub(crate) fn create(path: &Path, tensors: &[SafetensorsTensor]) -> Result<Self> {
        let mut header = BTreeMap::from([("__metadata__".to_owned(), json!({"format": "pt"}))]);
        let mut offset = 0;
        for tensor in tensors {
            let end = offset + tensor.num_bytes();
            let entry = json!({
                "dtype": tensor.dtype,
                "shape": tensor.shape,
                "data_offsets": [offset, end],
            });
            let replaced: Option<Value> = header.insert(tensor.name.clone(), entry);
            ensure!(
                replaced.is_none(),
                "The model names two of its parts {:?}",
                tensor.name
            );
            offset = end;
        }
        let mut header = serde_json::to_vec(&header)?;
        // Numbers begin at a multiple of eight bytes.
        header.resize(header.len().next_multiple_of(8), b' ');
        let file = File::create_new(path).with_context(|| cannot_write(path))?;
        let mut writer = Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            done: 0,
            total: offset,
        };
        writer.write(&(header.len() as u64).to_le_bytes())?;
        writer.write(&header)?;
        Ok(writer)
    }

    /// Writes the next tensor. `false` when `progress` said to stop.
    pub(crate) fn tensor(
        &mut self,
        tensor: &SafetensorsTensor,
        bytes: &[u8],
        progress: &mut Progress<'_>,
    ) -> Result<bool> {
        ensure!(
            bytes.len() as u64 == tensor.num_bytes(),
            "The weights {:?} do not have the size that was announced",
            tensor.name
        );
        self.write(bytes)?;
        self.done += bytes.len() as u64;
        Ok(progress(self.done, self.total))
    }

    /// Makes sure that everything is on the disk.
    pub(crate) fn finish(self) -> Result<()> {
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
