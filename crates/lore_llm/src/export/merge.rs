//! A base model and an adapter as one, tensor by tensor.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::names::{PermutedRows, TensorName};
use crate::adapter::{dora, module_shape};
use crate::kernels::{MatMut, MatRef, Threads, Write, dot::dot, gemm};
use crate::source::{GgufFile, HfFolder, Location, Naming, TensorSource};
use crate::{AdapterWeights, Family, LoraPair, ModelConfig};

/// A base model's files with an adapter that is added while they are read.
pub struct MergedModel<'a> {
    pub(super) base: BaseFiles,
    pub(super) config: ModelConfig,
    adapter: &'a AdapterWeights,
}

/// Where the base model is.
pub(super) enum BaseFiles {
    Gguf(Box<GgufFile>),
    Folder(Box<HfFolder>, PathBuf),
}

impl BaseFiles {
    /// How this kind of file names tensors.
    pub(super) fn naming(&self) -> Naming {
        match self {
            Self::Gguf(_) => Naming::Gguf,
            Self::Folder(..) => Naming::HuggingFace,
        }
    }

    fn source(&mut self) -> &mut dyn TensorSource {
        match self {
            Self::Gguf(file) => file.as_mut(),
            Self::Folder(folder, _) => folder.as_mut(),
        }
    }

    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        match self {
            Self::Gguf(file) => file.tensors_in_order(),
            Self::Folder(folder, _) => folder.float_tensors_in_order(),
        }
    }
}

/// A tensor of the merged model, before it is read.
pub(super) struct MergedTensor {
    /// Its name in the new file.
    pub(super) name: String,
    /// Outermost dimension first.
    pub(super) shape: Vec<usize>,
    /// The name taken apart, where it is a known one.
    pub(super) parsed: Option<TensorName>,
    /// The name in the base model's file.
    stored_as: String,
}

impl MergedTensor {
    /// Numbers in a row.
    pub(super) fn cols(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }
}

impl<'a> MergedModel<'a> {
    /// Opens a base model: a GGUF file, a Hugging Face folder, or a folder with one GGUF file. An error
    /// when the adapter does not fit it.
    pub fn open(path: &Path, adapter: &'a AdapterWeights) -> Result<Self> {
        let (base, config) = match Location::of(path)? {
            Location::Gguf(file) => {
                let mut file = GgufFile::open(&file)?;
                let config = file.config()?;
                (BaseFiles::Gguf(Box::new(file)), config)
            }
            Location::Folder(dir) => {
                let folder = HfFolder::open(&dir)?;
                let config = folder.model_config()?;
                (BaseFiles::Folder(Box::new(folder), dir), config)
            }
        };
        adapter.check_fits(&config)?;
        Ok(Self {
            base,
            config,
            adapter,
        })
    }

    /// What the new file will hold. Within a kind of file that is whatever the base model's file holds;
    /// from one kind to the other, every tensor must have a name in both.
    pub(super) fn tensors(&self, to: Naming) -> Result<Vec<MergedTensor>> {
        let from = self.base.naming();
        let mut tensors = Vec::new();
        for (stored_as, shape) in self.base.tensors() {
            let parsed = TensorName::parse(from, &stored_as);
            let is_left_out = from != to && self.is_left_out(&stored_as, parsed.as_ref());
            if is_left_out {
                continue;
            }
            let name = match &parsed {
                _ if from == to => stored_as.clone(),
                Some(parsed) => parsed.write(to),
                None => anyhow::bail!(
                    "This model has a part that has no name in the other kind of file ({stored_as:?}). \
                     Choose a form of the same kind as the base model."
                ),
            };
            tensors.push(MergedTensor {
                name,
                shape,
                parsed,
                stored_as,
            });
        }
        self.check_every_pair_lands(&tensors)?;
        Ok(tensors)
    }

    /// An adapter that was merged in part would look whole.
    fn check_every_pair_lands(&self, tensors: &[MergedTensor]) -> Result<()> {
        let projections = tensors
            .iter()
            .filter_map(|tensor| tensor.parsed.as_ref()?.projection());
        let num_changed = projections
            .filter(|(layer, module)| self.adapter.pair(*layer, *module).is_some())
            .count();
        let num_pairs = self.adapter.pairs.len();
        ensure!(
            num_changed == num_pairs,
            "The base model names its parts in a way that is not known here: only {num_changed} of \
             {num_pairs} parts of the adapter found theirs. Export the adapter by itself instead."
        );
        Ok(())
    }

    /// True for tensors that the other kind of file expresses in another way: rotary frequencies, and a
    /// copy of the embeddings as output projection.
    fn is_left_out(&self, name: &str, parsed: Option<&TensorName>) -> bool {
        let is_copy = self.config.tie_embeddings && parsed.is_some_and(TensorName::is_output);
        is_copy || name == "rope_freqs.weight" || name.ends_with("rotary_emb.inv_freq")
    }

    /// Refuses models whose two kinds of files differ in more than names.
    pub(super) fn check_translatable(&self, to: Naming) -> Result<()> {
        let (family, rotary) = (self.config.architecture, &self.config.rotary);
        let is_plain = !matches!(family, Family::Gemma3 | Family::Ministral3)
            && self.config.sliding.is_none()
            && rotary.growth.is_none()
            && rotary.amplitude.to_bits() == 1f32.to_bits();
        ensure!(
            self.base.naming() == to || is_plain,
            "This {family} model cannot be turned from one kind of file into the other: the two say \
             different things about it. Choose a form of the same kind as the base model."
        );
        Ok(())
    }

    /// The numbers of a tensor, with the adapter's update and in the order of the new file.
    pub(super) fn values(&mut self, tensor: &MergedTensor, to: Naming) -> Result<Vec<f32>> {
        let mut values = self.base.source().tensor(&tensor.stored_as)?.values;
        let Some(parsed) = &tensor.parsed else {
            return Ok(values);
        };
        let Some((_, module)) = parsed.module() else {
            return Ok(values);
        };
        let order = PermutedRows::of(&self.config, module);
        let pair = parsed
            .projection()
            .and_then(|(layer, module)| self.adapter.pair(layer, module));
        let from = self.base.naming();
        if let (Naming::Gguf, Some(order)) = (from, &order)
            && (pair.is_some() || to != from)
        {
            values = order.to_hugging_face(&values);
        }
        if let Some(pair) = pair {
            self.add(pair, &mut values);
        }
        if let (Naming::Gguf, Some(order)) = (to, &order)
            && (pair.is_some() || to != from)
        {
            values = order.to_gguf(&values);
        }
        Ok(values)
    }

    /// `weight += scale * b * a`, and with `DoRA` its rows scaled to their lengths.
    fn add(&self, pair: &LoraPair, weight: &mut [f32]) {
        let rank = self.adapter.config.rank;
        let (out, into) = module_shape(&self.config, pair.module);
        gemm(
            &mut MatMut::new(weight, out, into),
            Write::Add,
            self.adapter.config.scale() as f32,
            MatRef::new(&pair.b, out, rank),
            MatRef::new(&pair.a, rank, into),
            Threads::All,
        );
        for (row, magnitude) in weight.chunks_exact_mut(into).zip(&pair.magnitude) {
            let gain = dora::gain(*magnitude, dot(row, row).sqrt());
            for weight in row {
                *weight *= gain;
            }
        }
    }
}
