//! Writing safetensors files, one tensor at a time.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use safetensors::Dtype;
use serde_json::{Value, json};

use super::Progress;
use super::tensor_file::TensorFile;

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
pub(crate) struct SafetensorsWriter(TensorFile);

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
        let mut start = (header.len() as u64).to_le_bytes().to_vec();
        start.append(&mut header);
        TensorFile::create(path, &start, offset).map(Self)
    }

    /// Writes the next tensor. `false` when `progress` said to stop.
    pub(crate) fn tensor(
        &mut self,
        tensor: &SafetensorsTensor,
        bytes: Vec<u8>,
        progress: &mut Progress<'_>,
    ) -> Result<bool> {
        let num_bytes = tensor.num_bytes();
        self.0
            .tensor(&tensor.name, bytes, num_bytes, num_bytes, progress)
    }

    /// Makes sure that everything is on the disk.
    pub(crate) fn finish(self) -> Result<()> {
        self.0.finish()
    }
}
