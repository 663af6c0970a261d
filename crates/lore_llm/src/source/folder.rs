//! Hugging Face folders: `config.json` and one or more safetensors files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use candle_core::quantized::GgmlDType;
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use lore_core::{ModelInfo, ModelKind};

use super::hf_config::HfConfig;
use super::packing::pack_safetensors;
use super::{StoredTensor, TensorSource, files_ending, most_frequent};
use crate::weights::StoredRows;
use crate::{ModelConfig, numbers};

/// Headers beyond this are damage, not models.
const MAX_HEADER_BYTES: u64 = 25_000_000;

/// An open Hugging Face folder.
pub(crate) struct HfFolder {
    dir: PathBuf,
    /// `config.json`.
    pub(crate) config: HfConfig,
    files: Vec<File>,
    tensors: BTreeMap<String, Entry>,
    num_bytes: u64,
}

/// Where a tensor is.
struct Entry {
    file: usize,
    start: u64,
    num_bytes: usize,
    dtype: Dtype,
    shape: Vec<usize>,
}

impl HfFolder {
    /// Reads the headers.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let mut folder = Self {
            dir: dir.to_owned(),
            config: HfConfig::read(dir)?,
            files: Vec::new(),
            tensors: BTreeMap::new(),
            num_bytes: 0,
        };
        for path in files_ending(dir, ".safetensors")? {
            folder.open_file(&path)?;
        }
        Ok(folder)
    }

    fn open_file(&mut self, path: &Path) -> Result<()> {
        let mut file =
            File::open(path).with_context(|| format!("Could not open {}", path.display()))?;
        let num_bytes = file.metadata()?.len();
        let entries = read_header(&mut file, num_bytes, self.files.len()).with_context(|| {
            format!(
                "{} is damaged or was not downloaded completely",
                path.display()
            )
        })?;
        self.tensors.extend(entries);
        self.files.push(file);
        self.num_bytes += num_bytes;
        Ok(())
    }

    /// The decoder's shape; an error when it is of a family that is not supported.
    pub(crate) fn model_config(&self) -> Result<ModelConfig> {
        let mut config = self.config.model_config()?;
        // Checkpoints that were saved without the copy are tied, whatever they say.
        let has_head = ["lm_head.weight", "language_model.lm_head.weight"]
            .iter()
            .any(|name| self.contains(name));
        config.tie_embeddings |= !has_head;
        Ok(config)
    }

    /// What lists show.
    pub(crate) fn info(&self) -> ModelInfo {
        let kind = if self.is_embedder() {
            ModelKind::Embedder
        } else {
            ModelKind::Language
        };
        let number = |value: Option<usize>| value.unwrap_or(0) as u64;
        ModelInfo {
            name: self.folder_name(),
            kind,
            architecture: self.config.model_type.clone(),
            num_parameters: self.num_parameters(),
            precision: self.precision(),
            context_length: number(self.config.max_position_embeddings),
            num_layers: number(self.config.num_hidden_layers),
            hidden_size: number(self.config.hidden_size),
            vocab_size: number(self.config.vocab_size),
            num_bytes: self.num_bytes,
            hub_name: self.hub_name(),
            problem: self.problem(kind),
            ..ModelInfo::default()
        }
    }

    /// Sentence transformers carry a list of modules; bare encoders are known by name.
    fn is_embedder(&self) -> bool {
        self.dir.join("modules.json").is_file()
            || matches!(
                self.config.model_type.as_str(),
                "bert" | "mpnet" | "distilbert" | "roberta" | "xlm-roberta" | "nomic_bert"
            )
    }

    fn problem(&self, kind: ModelKind) -> String {
        if !self.dir.join("tokenizer.json").is_file() {
            return "The folder has no tokenizer.json".to_owned();
        }
        match kind {
            ModelKind::Language => self.model_config().err().map(|error| format!("{error:#}")),
            ModelKind::Embedder if self.config.model_type == "bert" => None,
            ModelKind::Embedder => self.model_config().err().map(|_| {
                let family = &self.config.model_type;
                format!(
                    "Embedders of the family {family:?} do not run here; choose one that is built \
                     on BERT (MiniLM, BGE) or Qwen3"
                )
            }),
        }
        .unwrap_or_default()
    }

    fn num_parameters(&self) -> u64 {
        let counts = self.tensors.values().map(|entry| entry.shape.iter());
        counts
            .map(|dims| dims.fold(1u64, |count, dim| count.saturating_mul(*dim as u64)))
            .fold(0, u64::saturating_add)
    }

    /// The format of most tensors, for example `BF16`.
    fn precision(&self) -> String {
        let formats = self
            .tensors
            .values()
            .map(|entry| format!("{:?}", entry.dtype));
        most_frequent(formats)
    }

    /// Names and shapes of all tensors of real numbers, in order of name.
    pub(crate) fn float_tensors_in_order(&self) -> Vec<(String, Vec<usize>)> {
        let is_float = |entry: &Entry| matches!(entry.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16);
        self.tensors
            .iter()
            .filter(|(_, entry)| is_float(entry))
            .map(|(name, entry)| (name.clone(), entry.shape.clone()))
            .collect()
    }

    /// All tensors of real numbers, by name.
    pub(crate) fn float_tensors(&mut self) -> Result<Vec<(String, StoredTensor)>> {
        self.float_tensors_in_order()
            .into_iter()
            .map(|(name, _)| {
                let tensor = self.tensor(&name)?;
                Ok((name, tensor))
            })
            .collect()
    }

    /// A tensor's description and its bytes.
    fn read(&self, name: &str) -> Result<(&Entry, Vec<u8>)> {
        let entry = self.tensors.get(name);
        let entry = entry.with_context(|| format!("There are no weights {name:?}"))?;
        let mut file = &self.files[entry.file];
        let mut bytes = vec![0; entry.num_bytes];
        file.seek(SeekFrom::Start(entry.start))
            .and_then(|_| file.read_exact(&mut bytes))
            .with_context(|| format!("Could not read the weights {name:?}"))?;
        Ok((entry, bytes))
    }

    fn folder_name(&self) -> String {
        let name = self.dir.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The maker's name for the model, or the folder's.
    pub(crate) fn name_for_records(&self) -> String {
        let hub_name = self.hub_name();
        if hub_name.is_empty() {
            self.folder_name()
        } else {
            hub_name
        }
    }

    /// Checkpoints made by older libraries remember what they were loaded from.
    fn hub_name(&self) -> String {
        let name = self.config.name_or_path.clone().unwrap_or_default();
        let is_repository = name.matches('/').count() == 1 && !name.starts_with(['/', '.']);
        if is_repository { name } else { String::new() }
    }
}

impl TensorSource for HfFolder {
    fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn tensor(&mut self, name: &str) -> Result<StoredTensor> {
        let (entry, bytes) = self.read(name)?;
        Ok(StoredTensor {
            shape: entry.shape.clone(),
            values: numbers::to_f32(entry.dtype, &bytes)?,
            packed: pack_safetensors(entry.dtype, &entry.shape, &bytes),
        })
    }

    fn stored_rows(&mut self, name: &str, shape: [usize; 2]) -> Result<Option<StoredRows>> {
        let (entry, bytes) = self.read(name)?;
        let format = match entry.dtype {
            Dtype::F16 => GgmlDType::F16,
            Dtype::BF16 => GgmlDType::BF16,
            _ => return Ok(None),
        };
        if entry.shape != shape {
            return Ok(None);
        }
        StoredRows::new(format, shape, bytes)
    }
}

/// Reads a safetensors header and checks that all data follow.
///
/// Files are read, not mapped: a mapped file that another program shortens ends this process.
fn read_header(file: &mut File, num_bytes: u64, index: usize) -> Result<Vec<(String, Entry)>> {
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let header_bytes = u64::from_le_bytes(length);
    ensure!(
        header_bytes <= MAX_HEADER_BYTES && header_bytes + 8 <= num_bytes,
        "its header is longer than the file"
    );
    let mut header = Vec::new();
    file.take(header_bytes).read_to_end(&mut header)?;
    let header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&header)?;
    let data_start = header_bytes + 8;
    let tensors = header
        .into_iter()
        .filter(|(name, _)| name != "__metadata__");
    tensors
        .map(|(name, value)| {
            let info: TensorInfo = serde_json::from_value(value)?;
            let entry = entry(&info, data_start, index)?;
            ensure!(
                entry.start.saturating_add(entry.num_bytes as u64) <= num_bytes,
                "its end is missing"
            );
            Ok((name, entry))
        })
        .collect()
}

/// Where a tensor is, after a check that its description makes sense.
fn entry(info: &TensorInfo, data_start: u64, file: usize) -> Result<Entry> {
    let (start, end) = info.data_offsets;
    let dims = info.shape.iter();
    let num_bits = dims.fold(info.dtype.bitsize(), |bits, dim| bits.saturating_mul(*dim));
    ensure!(
        end.checked_sub(start) == Some(num_bits / 8),
        "the size of a tensor does not fit its shape"
    );
    Ok(Entry {
        file,
        start: data_start.saturating_add(start as u64),
        num_bytes: end - start,
        dtype: info.dtype,
        shape: info.shape.clone(),
    })
}
