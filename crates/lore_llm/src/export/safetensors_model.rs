//! A merged model as a Hugging Face folder.

use std::path::Path;

use anyhow::Result;

use super::merge::{BaseFiles, MergedModel};
use super::{FloatFormat, Progress, SafetensorsTensor, SafetensorsWriter, hf_files};
use crate::source::Naming;

impl MergedModel<'_> {
    /// Writes the merged model into an empty folder: `model.safetensors`, `config.json` and the
    /// tokenizer. `false` when `progress` said to stop; the folder is then not whole.
    pub fn write_safetensors(
        &mut self,
        dir: &Path,
        format: FloatFormat,
        progress: &mut Progress<'_>,
    ) -> Result<bool> {
        self.check_translatable(Naming::HuggingFace)?;
        match &self.base {
            BaseFiles::Gguf(file) => hf_files::from_gguf(file, &self.config, dir, format)?,
            BaseFiles::Folder(_, base) => hf_files::copy(base, dir, format)?,
        }
        let merged = self.tensors(Naming::HuggingFace)?;
        let described: Vec<SafetensorsTensor> = merged
            .iter()
            .map(|tensor| SafetensorsTensor {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                dtype: format.dtype(),
            })
            .collect();
        let path = dir.join("model.safetensors");
        let mut writer = SafetensorsWriter::create(&path, &described)?;
        for (tensor, described) in merged.iter().zip(&described) {
            let values = self.values(tensor, Naming::HuggingFace)?;
            if !writer.tensor(described, format.encode(&values)?, progress)? {
                return Ok(false);
            }
        }
        writer.finish()?;
        Ok(true)
    }
}
