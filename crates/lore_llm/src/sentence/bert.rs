//! BERT: every token sees all others.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};

use super::Encoder;
use crate::json::optional_json;
use crate::source::HfFolder;

pub(super) struct Bert {
    model: BertModel,
    dim: usize,
}

impl Bert {
    pub(super) fn load(dir: &Path, folder: &mut HfFolder) -> Result<Self> {
        let config: Config = serde_json::from_value(optional_json(&dir.join("config.json"))?)
            .context("config.json does not describe a BERT model")?;
        let tensors: HashMap<String, Tensor> = folder
            .float_tensors()?
            .into_iter()
            .map(|(name, tensor)| {
                let values = Tensor::from_vec(tensor.values, tensor.shape, &Device::Cpu)?;
                Ok((name, values))
            })
            .collect::<Result<_>>()?;
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        Ok(Self {
            model: BertModel::load(weights, &config).context("The model is not complete")?,
            dim: config.hidden_size,
        })
    }
}

impl Encoder for Bert {
    /// Pads all texts to the longest.
    fn encode(&mut self, batch: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let rows = batch.len();
        let longest = batch.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let mut ids = vec![0u32; rows * longest];
        let mut mask = vec![0f32; rows * longest];
        for (row, tokens) in batch.iter().enumerate() {
            let start = row * longest;
            ids[start..start + tokens.len()].copy_from_slice(tokens);
            mask[start..start + tokens.len()].fill(1.0);
        }
        let ids = Tensor::from_vec(ids, (rows, longest), &Device::Cpu)?;
        let mask = Tensor::from_vec(mask, (rows, longest), &Device::Cpu)?;
        let hidden = self
            .model
            .forward(&ids, &ids.zeros_like()?, Some(&mask))?
            .flatten_all()?
            .to_vec1::<f32>()?;
        let texts = hidden.chunks_exact(longest * self.dim).zip(batch);
        Ok(texts
            .map(|(states, tokens)| states[..tokens.len() * self.dim].to_vec())
            .collect())
    }
}
