//! LoRA adapters on disk: in PEFT's format, in llama.cpp's and in MLX's.

pub(crate) mod dora;
mod gguf;
mod mlx;
mod peft;

use lore_core::{LoraConfig, TargetModule};

use crate::ModelConfig;

/// A LoRA adapter: for each adapted projection, two matrices whose product, scaled, is added to
/// the frozen weight.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterWeights {
    /// Rank, alpha and targets.
    pub config: LoraConfig,
    /// The name of the model it belongs to, as PEFT writes it.
    pub base_model: String,
    /// One pair for each layer and target.
    pub pairs: Vec<LoraPair>,
}

/// The update of one projection: `scale * b * a`, and with `DoRA` the lengths of the rows that come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraPair {
    /// Which transformer block.
    pub layer: usize,
    /// Which projection.
    pub module: TargetModule,
    /// `[r, in]`, row major.
    pub a: Vec<f32>,
    /// `[out, r]`, row major.
    pub b: Vec<f32>,
    /// `DoRA`'s magnitudes, `[out]`; empty without.
    pub magnitude: Vec<f32>,
}

impl LoraPair {
    /// All that is trained: A, B, and the magnitudes, which may be none.
    pub fn trained(&self) -> [&[f32]; 3] {
        [&self.a, &self.b, &self.magnitude]
    }

    /// The same, to be changed.
    pub fn trained_mut(&mut self) -> [&mut [f32]; 3] {
        [&mut self.a, &mut self.b, &mut self.magnitude]
    }
}

impl AdapterWeights {
    /// The pair of a projection, if it is adapted.
    pub fn pair(&self, layer: usize, module: TargetModule) -> Option<&LoraPair> {
        self.pairs
            .iter()
            .find(|pair| pair.layer == layer && pair.module == module)
    }

    /// Checks that every pair fits the model.
    pub fn check_fits(&self, config: &ModelConfig) -> anyhow::Result<()> {
        let rank = self.config.rank;
        for pair in &self.pairs {
            let (out, into) = module_shape(config, pair.module);
            let num_magnitudes = if self.config.use_dora { out } else { 0 };
            anyhow::ensure!(
                pair.layer < config.num_layers
                    && pair.a.len() == rank * into
                    && pair.b.len() == out * rank
                    && pair.magnitude.len() == num_magnitudes,
                "The adapter does not fit the model: {} of layer {} has another shape. It was \
                 probably trained on another model ({:?}).",
                pair.module.name(),
                pair.layer,
                self.base_model,
            );
        }
        Ok(())
    }

    /// An error for adapters with magnitudes, which the form of file `form` has no place for.
    fn refuse_magnitudes(&self, form: &str) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.config.use_dora,
            "This is a DoRA adapter, and {form} files have no place for DoRA's magnitudes: export it as \
             a PEFT adapter or merged into its model"
        );
        Ok(())
    }
}

/// `(out, in)` of a projection.
pub fn module_shape(config: &ModelConfig, module: TargetModule) -> (usize, usize) {
    let hidden = config.hidden_size;
    match module {
        TargetModule::QProj => (config.query_size(), hidden),
        TargetModule::KProj | TargetModule::VProj => (config.kv_size(), hidden),
        TargetModule::OProj => (hidden, config.query_size()),
        TargetModule::GateProj | TargetModule::UpProj => (config.intermediate_size, hidden),
        TargetModule::DownProj => (hidden, config.intermediate_size),
    }
}
