//! Adapters as Apple's `mlx-lm` reads them: `adapters.safetensors` and `adapter_config.json`.
//!
//! Source: `mlx_lm/tuner/{lora,utils}.py`. Both matrices are transposed against PEFT's, the factor of the
//! update is written out, and projections are named by their path within a block.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use lore_core::{LoraConfig, TargetModule};

use super::{AdapterWeights, LoraPair, module_shape};
use crate::export::{SafetensorsTensor, SafetensorsWriter};
use crate::{ModelConfig, numbers};

const CONFIG_FILE: &str = "adapter_config.json";
const WEIGHTS_FILE: &str = "adapters.safetensors";

/// The fields that `mlx-lm` reads.
#[derive(Serialize, Deserialize)]
struct MlxConfig {
    /// The base model, for people and for `mlx_lm.fuse`.
    model: String,
    fine_tune_type: String,
    /// How many blocks carry an adapter, counted from the last.
    num_layers: usize,
    lora_parameters: MlxParameters,
}

#[derive(Serialize, Deserialize)]
struct MlxParameters {
    rank: usize,
    scale: f64,
    dropout: f64,
    keys: BTreeSet<String>,
}

impl AdapterWeights {
    /// Writes the two files into an existing folder, for a base model of this shape whose name on the hub
    /// is `hub_name`.
    pub fn save_mlx(&self, dir: &Path, config: &ModelConfig, hub_name: &str) -> Result<()> {
        self.check_fits(config)?;
        self.refuse_magnitudes("our MLX adapter")?;
        let first = self.pairs.iter().map(|pair| pair.layer).min().unwrap_or(0);
        let settings = MlxConfig {
            model: hub_name.to_owned(),
            fine_tune_type: "lora".to_owned(),
            num_layers: config.num_layers - first,
            lora_parameters: MlxParameters {
                rank: self.config.rank,
                scale: self.config.scale(),
                dropout: self.config.dropout,
                keys: self.pairs.iter().map(|pair| path_of(pair.module)).collect(),
            },
        };
        let path = dir.join(CONFIG_FILE);
        fs::write(&path, serde_json::to_vec_pretty(&settings)?)
            .with_context(|| format!("Could not write {}", path.display()))?;
        let rank = self.config.rank;
        let mut tensors = Vec::with_capacity(2 * self.pairs.len());
        for pair in &self.pairs {
            let (out, into) = module_shape(config, pair.module);
            let [a, b] = names(pair.layer, pair.module);
            for (name, shape) in [(a, vec![into, rank]), (b, vec![rank, out])] {
                tensors.push(SafetensorsTensor {
                    name,
                    shape,
                    dtype: Dtype::F32,
                });
            }
        }
        let mut writer = SafetensorsWriter::create(&dir.join(WEIGHTS_FILE), &tensors)?;
        let mut go_on = |_, _| true;
        for (pair, tensors) in self.pairs.iter().zip(tensors.chunks_exact(2)) {
            for (values, rows, tensor) in [
                (&pair.a, rank, &tensors[0]),
                (&pair.b, pair.b.len() / rank, &tensors[1]),
            ] {
                let bytes = numbers::to_le_bytes(&transposed(values, rows));
                writer.tensor(tensor, bytes, &mut go_on)?;
            }
        }
        writer.finish()
    }

    /// Reads an adapter that [`AdapterWeights::save_mlx`] or `mlx-lm` wrote.
    pub fn load_mlx(dir: &Path, config: &ModelConfig) -> Result<Self> {
        let path = dir.join(CONFIG_FILE);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("Could not read {}", path.display()))?;
        let settings: MlxConfig = serde_json::from_str(&text)
            .with_context(|| format!("{} is not an MLX adapter's settings", path.display()))?;
        ensure!(
            settings.fine_tune_type == "lora",
            "This MLX adapter is of the kind {:?}; only LoRA adapters can be used",
            settings.fine_tune_type
        );
        let path = dir.join(WEIGHTS_FILE);
        let bytes =
            fs::read(&path).with_context(|| format!("Could not read {}", path.display()))?;
        let tensors = SafeTensors::deserialize(&bytes)
            .with_context(|| format!("The adapter's weights {} are damaged", path.display()))?;
        let rank = settings.lora_parameters.rank;
        let mut pairs = Vec::new();
        for layer in 0..config.num_layers {
            for module in TargetModule::ALL {
                let (out, into) = module_shape(config, module);
                let [a, b] = names(layer, module);
                let (Ok(a), Ok(b)) = (tensors.tensor(&a), tensors.tensor(&b)) else {
                    continue;
                };
                ensure!(
                    a.shape() == [into, rank] && b.shape() == [rank, out],
                    "The adapter does not fit the model: {} of layer {layer} has another shape",
                    module.name()
                );
                pairs.push(LoraPair {
                    layer,
                    module,
                    a: transposed(&numbers::to_f32(a.dtype(), a.data())?, into),
                    b: transposed(&numbers::to_f32(b.dtype(), b.data())?, rank),
                    magnitude: Vec::new(),
                });
            }
        }
        ensure!(!pairs.is_empty(), "The adapter holds no LoRA matrices");
        let mut target_modules: Vec<_> = pairs.iter().map(|pair| pair.module).collect();
        target_modules.sort_unstable();
        target_modules.dedup();
        Ok(Self {
            config: LoraConfig {
                rank,
                alpha: settings.lora_parameters.scale * rank as f64,
                dropout: settings.lora_parameters.dropout,
                target_modules,
                ..LoraConfig::default()
            },
            base_model: settings.model,
            pairs,
        })
    }
}

/// The path of a projection within a block.
fn path_of(module: TargetModule) -> String {
    format!("{}.{}", module.parent(), module.name())
}

/// The names of the two matrices of a projection.
fn names(layer: usize, module: TargetModule) -> [String; 2] {
    let stem = format!("model.layers.{layer}.{}", path_of(module));
    [format!("{stem}.lora_a"), format!("{stem}.lora_b")]
}

/// A row-major matrix of `rows` rows, transposed.
fn transposed(values: &[f32], rows: usize) -> Vec<f32> {
    let cols = values.len() / rows;
    (0..cols)
        .flat_map(|col| (0..rows).map(move |row| values[row * cols + col]))
        .collect()
}
