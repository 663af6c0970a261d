//! Adapters as llama.cpp reads them: one GGUF file with the two matrices of every projection.
//!
//! Source: llama.cpp's `convert_lora_to_gguf.py` and `llama-adapter.cpp`. The update is scaled by
//! `adapter.lora.alpha` over the rank, whatever the adapter was trained with, and rows of q and k are
//! ordered as in a GGUF base model.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;

use lore_core::{LoraConfig, TargetModule};

use super::{AdapterWeights, LoraPair, module_shape};
use crate::ModelConfig;
use crate::export::{GgufTensor, GgufWriter, PermutedRows, gguf_architecture, gguf_stem};
use crate::source::{GgufFile, TensorSource as _};

impl AdapterWeights {
    /// Writes a new GGUF file in single precision, named `name` in its metadata, for a base model of this
    /// shape.
    pub fn save_gguf(&self, path: &Path, config: &ModelConfig, name: &str) -> Result<()> {
        self.check_fits(config)?;
        self.refuse_magnitudes("GGUF adapter")?;
        let text = |value: &str| Value::String(value.to_owned());
        let metadata = [
            (
                "general.architecture",
                text(gguf_architecture(config.architecture)),
            ),
            ("general.type", text("adapter")),
            ("general.name", text(name)),
            ("general.file_type", Value::U32(0)),
            ("adapter.type", text("lora")),
            (
                "adapter.lora.alpha",
                Value::F32(self.config.plain_alpha() as f32),
            ),
        ]
        .map(|(key, value)| (key.to_owned(), value));
        let mut tensors = Vec::with_capacity(2 * self.pairs.len());
        for pair in &self.pairs {
            let (out, into) = module_shape(config, pair.module);
            let rank = self.config.rank;
            let [a, b] = names(pair.layer, pair.module);
            for (name, shape) in [(a, vec![rank, into]), (b, vec![out, rank])] {
                tensors.push(GgufTensor {
                    name,
                    shape,
                    dtype: GgmlDType::F32,
                });
            }
        }
        let mut writer = GgufWriter::create(path, &metadata, &tensors)?;
        let mut go_on = |_, _| true;
        for (pair, tensors) in self.pairs.iter().zip(tensors.chunks_exact(2)) {
            let reordered =
                PermutedRows::of(config, pair.module).map(|order| order.to_gguf(&pair.b));
            writer.tensor(&tensors[0], &pair.a, &mut go_on)?;
            writer.tensor(
                &tensors[1],
                reordered.as_ref().unwrap_or(&pair.b),
                &mut go_on,
            )?;
        }
        writer.finish()
    }

    /// Reads an adapter that [`AdapterWeights::save_gguf`] or llama.cpp's converter wrote for a base model
    /// of this shape.
    pub fn load_gguf(path: &Path, config: &ModelConfig) -> Result<Self> {
        let mut file = GgufFile::open(path)?;
        ensure!(
            file.text("adapter.type") == Some("lora"),
            "{} is not a LoRA adapter",
            path.display()
        );
        let alpha = file
            .real("adapter.lora.alpha")
            .context("The adapter does not say its alpha")?;
        let mut pairs = Vec::new();
        let mut rank = 0;
        for layer in 0..config.num_layers {
            for module in TargetModule::ALL {
                let [name_a, name_b] = names(layer, module);
                if !file.contains(&name_a) {
                    continue;
                }
                let a = file.tensor(&name_a)?;
                rank = a.shape[0];
                let mut b = file.tensor(&name_b)?.values;
                if let Some(order) = PermutedRows::of(config, module) {
                    b = order.to_hugging_face(&b);
                }
                pairs.push(LoraPair {
                    layer,
                    module,
                    a: a.values,
                    b,
                    magnitude: Vec::new(),
                });
            }
        }
        ensure!(!pairs.is_empty(), "The adapter holds no LoRA matrices");
        let mut target_modules: Vec<_> = pairs.iter().map(|pair| pair.module).collect();
        target_modules.sort_unstable();
        target_modules.dedup();
        let weights = Self {
            config: LoraConfig {
                rank,
                alpha: alpha.into(),
                dropout: 0.0,
                target_modules,
                ..LoraConfig::default()
            },
            base_model: String::new(),
            pairs,
        };
        weights.check_fits(config)?;
        Ok(weights)
    }
}

/// GGUF's names of the two matrices of a projection.
fn names(layer: usize, module: TargetModule) -> [String; 2] {
    let stem = format!("blk.{layer}.{}.weight", gguf_stem(module));
    [format!("{stem}.lora_a"), format!("{stem}.lora_b")]
}
