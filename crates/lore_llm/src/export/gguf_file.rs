//! Writing GGUF files (version 3), one tensor at a time.
//!
//! Source: the GGUF specification in ggml's repository, `docs/gguf.md`.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;

use super::Progress;
use super::encode::{encode, encoded_len, ggml_number};
use super::tensor_file::TensorFile;

const MAGIC: &[u8; 4] = b"GGUF";
const VERSION: u32 = 3;
/// Tensors begin at multiples of this; the default of the format.
const ALIGNMENT: u64 = 32;

/// A tensor as the header describes it.
pub(crate) struct GgufTensor {
    /// Its name.
    pub(crate) name: String,
    /// Outermost dimension first.
    pub(crate) shape: Vec<usize>,
    /// How its numbers are stored.
    pub(crate) dtype: GgmlDType,
}

impl GgufTensor {
    fn num_bytes(&self) -> u64 {
        encoded_len(self.dtype, self.shape.iter().product())
    }
}

/// A GGUF file whose header is written and whose tensors follow in order.
pub(crate) struct GgufWriter(TensorFile);

impl GgufWriter {
    /// Makes the file and writes metadata and the list of tensors.
    pub(crate) fn create(
        path: &Path,
        metadata: &[(String, Value)],
        tensors: &[GgufTensor],
    ) -> Result<Self> {
        let header = header(metadata, tensors)?;
        let total = tensors.iter().map(|it| aligned(it.num_bytes())).sum();
        TensorFile::create(path, &header, total).map(Self)
    }

    /// Writes the next tensor; `values` are row major. `false` when `progress` said to stop.
    pub(crate) fn tensor(
        &mut self,
        tensor: &GgufTensor,
        values: &[f32],
        progress: &mut Progress<'_>,
    ) -> Result<bool> {
        let cols = tensor.shape.last().copied().unwrap_or(1);
        let bytes = encode(values, cols, tensor.dtype)?;
        let num_bytes = tensor.num_bytes();
        let room = aligned(num_bytes);
        self.0
            .tensor(&tensor.name, bytes, num_bytes, room, progress)
    }

    /// Makes sure that everything is on the disk.
    pub(crate) fn finish(self) -> Result<()> {
        self.0.finish()
    }
}

/// Everything ahead of the first tensor's numbers.
fn header(metadata: &[(String, Value)], tensors: &[GgufTensor]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((tensors.len() as u64).to_le_bytes());
    bytes.extend((metadata.len() as u64).to_le_bytes());
    for (key, value) in metadata {
        put_text(&mut bytes, key);
        bytes.extend(type_number(value).to_le_bytes());
        put_value(&mut bytes, value)
            .with_context(|| format!("Could not write the model's property {key:?}"))?;
    }
    let mut offset = 0u64;
    for tensor in tensors {
        put_text(&mut bytes, &tensor.name);
        bytes.extend((tensor.shape.len() as u32).to_le_bytes());
        for dim in tensor.shape.iter().rev() {
            bytes.extend((*dim as u64).to_le_bytes());
        }
        bytes.extend(ggml_number(tensor.dtype).to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        offset += aligned(tensor.num_bytes());
    }
    bytes.resize(aligned(bytes.len() as u64) as usize, 0);
    Ok(bytes)
}

fn aligned(num_bytes: u64) -> u64 {
    num_bytes.next_multiple_of(ALIGNMENT)
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn put_value(bytes: &mut Vec<u8>, value: &Value) -> Result<()> {
    match value {
        Value::U8(it) => bytes.push(*it),
        Value::I8(it) => bytes.extend(it.to_le_bytes()),
        Value::U16(it) => bytes.extend(it.to_le_bytes()),
        Value::I16(it) => bytes.extend(it.to_le_bytes()),
        Value::U32(it) => bytes.extend(it.to_le_bytes()),
        Value::I32(it) => bytes.extend(it.to_le_bytes()),
        Value::U64(it) => bytes.extend(it.to_le_bytes()),
        Value::I64(it) => bytes.extend(it.to_le_bytes()),
        Value::F32(it) => bytes.extend(it.to_le_bytes()),
        Value::F64(it) => bytes.extend(it.to_le_bytes()),
        Value::Bool(it) => bytes.push(u8::from(*it)),
        Value::String(it) => put_text(bytes, it),
        Value::Array(items) => {
            let kind = items.first().map_or(8, type_number);
            ensure!(
                items.iter().all(|item| type_number(item) == kind),
                "a list must hold values of one kind"
            );
            bytes.extend(kind.to_le_bytes());
            bytes.extend((items.len() as u64).to_le_bytes());
            for item in items {
                put_value(bytes, item)?;
            }
        }
    }
    Ok(())
}

/// The format's number of a kind of value.
fn type_number(value: &Value) -> u32 {
    match value {
        Value::U8(_) => 0,
        Value::I8(_) => 1,
        Value::U16(_) => 2,
        Value::I16(_) => 3,
        Value::U32(_) => 4,
        Value::I32(_) => 5,
        Value::F32(_) => 6,
        Value::Bool(_) => 7,
        Value::String(_) => 8,
        Value::Array(_) => 9,
        Value::U64(_) => 10,
        Value::I64(_) => 11,
        Value::F64(_) => 12,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{GgufFile, TensorSource as _};

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.gguf");
        let tensor = |name: &str, shape: &[usize], dtype| GgufTensor {
            name: name.to_owned(),
            shape: shape.to_vec(),
            dtype,
        };
        let tensors = [
            tensor("norm", &[3], GgmlDType::F32),
            tensor("matrix", &[2, 32], GgmlDType::F16),
        ];
        let metadata = [
            ("general.name".to_owned(), Value::String("é".to_owned())),
            (
                "list".to_owned(),
                Value::Array(vec![Value::I32(1), Value::I32(2)]),
            ),
        ];
        let matrix: Vec<f32> = (0..64u8).map(f32::from).collect();
        let mut seen = Vec::new();
        let mut progress = |done, total| {
            seen.push((done, total));
            true
        };
        let mut writer = GgufWriter::create(&path, &metadata, &tensors).unwrap();
        assert!(
            writer
                .tensor(&tensors[0], &[1.0, 2.0, 3.0], &mut progress)
                .unwrap()
        );
        assert!(writer.tensor(&tensors[1], &matrix, &mut progress).unwrap());
        writer.finish().unwrap();
        assert_eq!(seen, [(32, 160), (160, 160)]);
        let mut file = GgufFile::open(&path).unwrap();
        assert_eq!(file.text("general.name"), Some("é"));
        assert_eq!(file.numbers("list").unwrap(), [1, 2]);
        assert_eq!(file.tensor("norm").unwrap().values, [1.0, 2.0, 3.0]);
        let read = file.tensor("matrix").unwrap();
        assert_eq!((read.shape, read.values), (vec![2, 32], matrix));
        assert!(
            GgufWriter::create(&path, &metadata, &tensors).is_err(),
            "nothing is overwritten"
        );
    }
}
