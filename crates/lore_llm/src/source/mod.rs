//! Where weights come from: a GGUF file or a Hugging Face folder.

mod assemble;
mod folder;
mod gguf;
mod gguf_check;
mod gguf_config;
mod hf_config;
mod hf_rotary;
mod packing;
mod rope_scaling;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::kernels::panels::PackedMatrix;
use crate::weights::StoredRows;

pub(crate) use assemble::{Naming, ROOTS, assemble, half_split_order};
pub(crate) use folder::HfFolder;
pub(crate) use gguf::GgufFile;
pub(crate) use rope_scaling::llama3_scaling;

/// Numbers with a shape, as stored under a name.
pub(crate) struct StoredTensor {
    /// Outermost dimension first.
    pub(crate) shape: Vec<usize>,
    /// Row major.
    pub(crate) values: Vec<f32>,
    /// The same numbers as the file packs them, where decoding can use that.
    pub(crate) packed: Option<PackedMatrix>,
}

/// Gives tensors by name.
pub(crate) trait TensorSource {
    /// True when a tensor of this name is stored.
    fn contains(&self, name: &str) -> bool;

    /// Reads a tensor and converts it to f32.
    fn tensor(&mut self, name: &str) -> Result<StoredTensor>;

    /// Reads a matrix of this shape as the file has it; `None` when it has another shape, or when its
    /// numbers are stored ready to use.
    fn stored_rows(&mut self, name: &str, shape: [usize; 2]) -> Result<Option<StoredRows>>;
}

/// A place that holds a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// One GGUF file.
    Gguf(PathBuf),
    /// A folder with `config.json` and safetensors files.
    Folder(PathBuf),
}

impl Location {
    /// Finds out what `path` is: a GGUF file, a Hugging Face folder, or a folder with one GGUF file.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let metadata = fs::metadata(path)
            .with_context(|| format!("There is no file or folder {}", path.display()))?;
        if metadata.is_dir() {
            return Self::of_folder(path);
        }
        ensure!(
            starts_with_gguf(path)?,
            "{} is not a model: choose a GGUF file, or a folder with config.json and safetensors \
             files",
            path.display()
        );
        Ok(Self::Gguf(path.to_owned()))
    }

    fn of_folder(dir: &Path) -> Result<Self> {
        let names = files_ending(dir, ".safetensors")?;
        if dir.join("config.json").is_file() && !names.is_empty() {
            return Ok(Self::Folder(dir.to_owned()));
        }
        let mut gguf = files_ending(dir, ".gguf")?;
        match (gguf.pop(), gguf.is_empty()) {
            (Some(file), true) => Ok(Self::Gguf(file)),
            (Some(_), false) => bail!(
                "The folder {} holds several GGUF files; choose one of them",
                dir.display()
            ),
            (None, _) => bail!(
                "The folder {} holds no model: there is neither a GGUF file nor config.json with \
                 safetensors files",
                dir.display()
            ),
        }
    }

    /// The files that hold the weights, in order of name.
    pub(crate) fn weight_files(&self) -> Result<Vec<PathBuf>> {
        match self {
            Self::Gguf(file) => Ok(vec![file.clone()]),
            Self::Folder(dir) => files_ending(dir, ".safetensors"),
        }
    }
}

/// Files of a folder whose name ends so, in order of name.
pub(crate) fn files_ending(dir: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir)
        .with_context(|| format!("Could not look into the folder {}", dir.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(ending) && path.is_file() {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// The word that occurs most often; the last in the alphabet of equals, so that order does not count.
fn most_frequent(words: impl Iterator<Item = String>) -> String {
    let mut counts = BTreeMap::<String, usize>::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(word, _)| word).unwrap_or_default()
}

fn starts_with_gguf(path: &Path) -> Result<bool> {
    let file = File::open(path).with_context(|| format!("Could not open {}", path.display()))?;
    let mut magic = Vec::with_capacity(4);
    file.take(4)
        .read_to_end(&mut magic)
        .with_context(|| format!("Could not read {}", path.display()))?;
    Ok(magic == b"GGUF")
}
