//! GGUF files: metadata, and weights of any quantisation that candle knows.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Seek as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};

use lore_core::{ModelInfo, ModelKind};

use super::packing::pack_gguf;
use super::{StoredTensor, TensorSource, gguf_check, most_frequent};
use crate::weights::StoredRows;

/// An open GGUF file.
pub(crate) struct GgufFile {
    pub(super) content: Content,
    reader: BufReader<File>,
    num_bytes: u64,
    file_stem: String,
}

impl GgufFile {
    /// Reads the header and checks that all weights are there.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file =
            File::open(path).with_context(|| format!("Could not open {}", path.display()))?;
        let num_bytes = file.metadata()?.len();
        let mut reader = BufReader::new(file);
        let damaged = || {
            format!(
                "{} is damaged or was not downloaded completely",
                path.display()
            )
        };
        gguf_check::check(&mut reader).with_context(damaged)?;
        reader.rewind().with_context(damaged)?;
        let content = Content::read(&mut reader).with_context(damaged)?;
        ensure!(
            end_of_tensors(&content) <= num_bytes,
            "{} was not downloaded completely: the end is missing; get it again",
            path.display()
        );
        let stem = path.file_stem().unwrap_or_default();
        Ok(Self {
            content,
            reader,
            num_bytes,
            file_stem: stem.to_string_lossy().into_owned(),
        })
    }

    /// Text stored under `key`.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.content.metadata.get(key)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A number that is not negative, of any integer type.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        as_number(self.content.metadata.get(key)?)
    }

    /// Yes or no.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        self.content.metadata.get(key)?.to_bool().ok()
    }

    /// A list of texts.
    pub(crate) fn texts(&self, key: &str) -> Option<Vec<&str>> {
        self.list(key)?
            .iter()
            .map(|value| match value {
                Value::String(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// A list of numbers.
    pub(crate) fn numbers(&self, key: &str) -> Option<Vec<u64>> {
        self.list(key)?.iter().map(as_number).collect()
    }

    /// A list of real numbers.
    pub(crate) fn reals(&self, key: &str) -> Option<Vec<f32>> {
        self.list(key)?
            .iter()
            .map(|value| value.to_f32().ok())
            .collect()
    }

    /// A tensor in the file's own form.
    fn read(&mut self, name: &str) -> Result<QTensor> {
        self.content
            .tensor(&mut self.reader, name, &Device::Cpu)
            .with_context(|| format!("Could not read the weights {name:?}"))
    }

    fn list(&self, key: &str) -> Option<&Vec<Value>> {
        self.content.metadata.get(key)?.to_vec().ok()
    }

    /// A real number.
    pub(crate) fn real(&self, key: &str) -> Option<f32> {
        match self.content.metadata.get(key)? {
            Value::F32(value) => Some(*value),
            Value::F64(value) => Some(*value as f32),
            _ => None,
        }
    }

    /// Everything the file says, by key.
    pub(crate) fn metadata_in_order(&self) -> BTreeMap<&String, &Value> {
        self.content.metadata.iter().collect()
    }

    /// Names and shapes of all tensors, in the order of the file.
    pub(crate) fn tensors_in_order(&self) -> Vec<(String, Vec<usize>)> {
        let mut tensors: Vec<_> = self.content.tensor_infos.iter().collect();
        tensors.sort_by_key(|(name, info)| (info.offset, *name));
        tensors
            .into_iter()
            .map(|(name, info)| (name.clone(), info.shape.dims().to_vec()))
            .collect()
    }

    /// `general.architecture`.
    pub(super) fn architecture(&self) -> &str {
        self.text("general.architecture").unwrap_or("unknown")
    }

    /// What lists show.
    pub(crate) fn info(&mut self) -> ModelInfo {
        let architecture = self.architecture().to_owned();
        let number = |key: &str| self.number(&format!("{architecture}.{key}")).unwrap_or(0);
        let embedding = self.content.tensor_infos.get("token_embd.weight");
        let mut info = ModelInfo {
            name: self.model_name(),
            kind: match architecture.as_str() {
                "bert" | "nomic-bert" => ModelKind::Embedder,
                _ => ModelKind::Language,
            },
            num_parameters: self.num_parameters(),
            precision: self.precision(),
            context_length: number("context_length"),
            num_layers: number("block_count"),
            hidden_size: number("embedding_length"),
            vocab_size: embedding
                .and_then(|tensor| tensor.shape.dims().first())
                .map_or(0, |rows| *rows as u64),
            num_bytes: self.num_bytes,
            hub_name: self.hub_name(),
            license: self.text("general.license").unwrap_or_default().to_owned(),
            architecture: architecture.clone(),
            ..ModelInfo::default()
        };
        info.problem = match info.kind {
            ModelKind::Language => self.config().err().map(|error| format!("{error:#}")),
            ModelKind::Embedder => Some("Embedders in GGUF files are not supported".to_owned()),
        }
        .unwrap_or_default();
        info
    }

    fn num_parameters(&self) -> u64 {
        let tensors = self.content.tensor_infos.values();
        tensors
            .map(|tensor| tensor.shape.elem_count() as u64)
            .fold(0, u64::saturating_add)
    }

    /// The format of most matrices, for example `Q4_1`.
    fn precision(&self) -> String {
        let matrices = self.content.tensor_infos.values();
        let formats = matrices
            .filter(|tensor| tensor.shape.rank() > 1)
            .map(|tensor| format!("{:?}", tensor.ggml_dtype).to_uppercase());
        most_frequent(formats)
    }

    /// The file's own name without the quantisation: metadata names are often those of a training
    /// run.
    fn model_name(&self) -> String {
        let stem = self.file_stem.as_str();
        let split = stem.rsplit_once(['.', '-']);
        match split {
            Some((name, last)) if is_quantisation(last) => name.to_owned(),
            _ => stem.to_owned(),
        }
    }

    /// The maker's name for the model, or the file's.
    pub(crate) fn name_for_records(&self) -> String {
        let hub_name = self.hub_name();
        if hub_name.is_empty() {
            self.model_name()
        } else {
            hub_name
        }
    }

    /// `owner/name` where the file tells, else owner and file name, which by custom are the same.
    fn hub_name(&self) -> String {
        let url = self
            .text("general.source.huggingface.repository")
            .or_else(|| self.text("general.repo_url"))
            .or_else(|| self.text("general.source.url"));
        if let Some(url) = url {
            return url.trim_start_matches("https://huggingface.co/").to_owned();
        }
        self.text("general.organization")
            .map(|owner| format!("{}/{}", owner.replace(' ', "-"), self.model_name()))
            .unwrap_or_default()
    }
}

impl TensorSource for GgufFile {
    fn contains(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    fn tensor(&mut self, name: &str) -> Result<StoredTensor> {
        let stored = self.read(name)?;
        let tensor = stored.dequantize(&Device::Cpu)?;
        Ok(StoredTensor {
            shape: tensor.dims().to_vec(),
            values: tensor.flatten_all()?.to_vec1()?,
            packed: pack_gguf(&stored)?,
        })
    }

    fn stored_rows(&mut self, name: &str, shape: [usize; 2]) -> Result<Option<StoredRows>> {
        let stored = self.read(name)?;
        if stored.shape().dims() != shape {
            return Ok(None);
        }
        StoredRows::new(stored.dtype(), shape, stored.data()?.into_owned())
    }
}

/// Where the weights end within the file; the largest number when a shape is absurd.
fn end_of_tensors(content: &Content) -> u64 {
    let ends = content.tensor_infos.values().map(|tensor| {
        let dims = tensor.shape.dims().iter();
        let count = dims.fold(1u64, |count, dim| count.saturating_mul(*dim as u64));
        let blocks = count / tensor.ggml_dtype.block_size() as u64;
        let bytes = blocks.saturating_mul(tensor.ggml_dtype.type_size() as u64);
        let start = content.tensor_data_offset.saturating_add(tensor.offset);
        start.saturating_add(bytes)
    });
    ends.max().unwrap_or(0)
}

fn as_number(value: &Value) -> Option<u64> {
    match value {
        Value::U8(v) => Some((*v).into()),
        Value::U16(v) => Some((*v).into()),
        Value::U32(v) => Some((*v).into()),
        Value::U64(v) => Some(*v),
        Value::I8(v) => (*v).try_into().ok(),
        Value::I16(v) => (*v).try_into().ok(),
        Value::I32(v) => (*v).try_into().ok(),
        Value::I64(v) => (*v).try_into().ok(),
        _ => None,
    }
}

/// True for `Q4_K_M`, `q8_0`, `IQ3_XS`, `F16`, `bf16`, …
fn is_quantisation(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    let rest = word.trim_start_matches("IQ").trim_start_matches('Q');
    matches!(word.as_str(), "F16" | "F32" | "BF16")
        || (rest.len() < word.len() && rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;

    /// See `tests/reference/tiny_gguf.py`.
    #[test]
    fn every_quantisation_stands_for_the_numbers_that_the_gguf_package_says() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let mut file = GgufFile::open(&fixtures.join("quants.gguf")).unwrap();
        let expected = std::fs::read(fixtures.join("quants.safetensors")).unwrap();
        let expected = SafeTensors::deserialize(&expected).unwrap();
        assert_eq!(expected.len(), 10);
        for (name, view) in expected.iter() {
            let theirs = crate::numbers::to_f32(view.dtype(), view.data()).unwrap();
            let ours = file.tensor(name).unwrap();
            assert_eq!(ours.shape, view.shape());
            assert_eq!(ours.values, theirs, "{name}");
            let [rows, cols] = *view.shape() else {
                continue;
            };
            let Some(stored) = file.stored_rows(name, [rows, cols]).unwrap() else {
                assert!(name.to_lowercase().contains("f32"), "{name} stays as it is");
                continue;
            };
            assert_eq!(stored.unpack(0..rows), theirs, "{name}");
            let last = &theirs[(rows - 1) * cols..];
            assert_eq!(stored.unpack(rows - 1..rows), last, "{name}");
            assert_eq!(stored.reordered(&[rows - 1]).unpack(0..1), last, "{name}");
        }
    }

    #[test]
    fn quantisations_are_told_from_names() {
        for word in ["Q4_1", "q4_k_m", "IQ3_XS", "f16", "BF16"] {
            assert!(is_quantisation(word), "{word}");
        }
        for word in ["Instruct", "Qwen2", "1B", "Q", "135M"] {
            assert!(!is_quantisation(word), "{word}");
        }
    }
}
