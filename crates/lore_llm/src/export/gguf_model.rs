//! A merged model as one GGUF file.

use std::path::Path;

use anyhow::Result;
use candle_core::quantized::GgmlDType;

use super::encode::MatrixPlace;
use super::merge::{MergedModel, MergedTensor};
use super::names::TensorName;
use super::{GgufFormat, GgufTensor, GgufWriter, Progress, gguf_metadata};
use crate::source::Naming;

impl MergedModel<'_> {
    /// Writes the merged model as a new GGUF file named `name` in its metadata. `false` when `progress`
    /// said to stop; the file is then not whole.
    pub fn write_gguf(
        &mut self,
        path: &Path,
        format: GgufFormat,
        name: &str,
        progress: &mut Progress<'_>,
    ) -> Result<bool> {
        self.check_translatable(Naming::Gguf)?;
        let merged = self.tensors(Naming::Gguf)?;
        let mut described = self.describe(&merged, format);
        let metadata = gguf_metadata::of(self, format, name)?;
        let factors = self.frequencies_to_add(&merged);
        if let Some(factors) = &factors {
            described.push(GgufTensor {
                name: "rope_freqs.weight".to_owned(),
                shape: vec![factors.len()],
                dtype: GgmlDType::F32,
            });
        }
        let mut writer = GgufWriter::create(path, &metadata, &described)?;
        for (tensor, described) in merged.iter().zip(&described) {
            let values = self.values(tensor, Naming::Gguf)?;
            if !writer.tensor(described, &values, progress)? {
                return Ok(false);
            }
        }
        if let (Some(factors), Some(described)) = (factors, described.last()) {
            writer.tensor(described, &factors, progress)?;
        }
        writer.finish()?;
        Ok(true)
    }

    /// The format of every tensor: vectors stay exact, matrices follow `format`.
    fn describe(&self, merged: &[MergedTensor], format: GgufFormat) -> Vec<GgufTensor> {
        let is = |tensor: &MergedTensor, what: fn(&TensorName) -> bool| {
            tensor.parsed.as_ref().is_some_and(what)
        };
        let has_output = merged.iter().any(|it| is(it, TensorName::is_output));
        let describe = |tensor: &MergedTensor| {
            let dtype = if tensor.shape.len() < 2 {
                GgmlDType::F32
            } else {
                format.of_matrix(&MatrixPlace {
                    cols: tensor.cols(),
                    name: tensor.parsed.as_ref(),
                    is_output: is(tensor, TensorName::is_output)
                        || (!has_output && is(tensor, TensorName::is_embedding)),
                    num_layers: self.config.num_layers,
                })
            };
            GgufTensor {
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                dtype,
            }
        };
        merged.iter().map(describe).collect()
    }

    /// Divisors of the rotary frequencies that must be added, because the base model's own kind of file
    /// states them in `config.json`. Equal ones stand in the metadata.
    fn frequencies_to_add(&self, merged: &[MergedTensor]) -> Option<Vec<f32>> {
        let factors = &self.config.rotary.factors;
        let is_stored = merged.iter().any(|it| it.name == "rope_freqs.weight");
        let is_needed = gguf_metadata::linear_factor(factors).is_none() && !factors.is_empty();
        (self.base.naming() == Naming::HuggingFace && is_needed && !is_stored)
            .then(|| factors.clone())
    }
}
