//! Reading and writing adapters as PEFT does.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize, Serializer};

use lore_core::{LoraConfig, TargetModule};

use super::{AdapterWeights, LoraPair};
use crate::json::{MAX_JSON, read_text};
use crate::numbers;

const CONFIG_FILE: &str = "adapter_config.json";
const WEIGHTS_FILE: &str = "adapter_model.safetensors";
const PREFIX: &str = "base_model.model.model.layers.";
/// What stands there in adapters that were trained on a model with eyes, old and new.
const OTHER_PREFIXES: [&str; 2] = [
    "base_model.model.language_model.model.layers.",
    "base_model.model.model.language_model.layers.",
];

impl AdapterWeights {
    /// Writes the two PEFT files into `dir`, each under a temporary name first, so that a reader
    /// never meets half a file. `hub_name` is what PEFT will look for as the base model.
    pub fn save_peft(&self, dir: &Path, hub_name: &str) -> Result<()> {
        fs::create_dir_all(dir).with_context(|| format!("Could not create {}", dir.display()))?;
        let weights = self.safetensors_bytes()?;
        let config = serde_json::to_vec_pretty(&PeftConfig::new(&self.config, hub_name))?;
        replace_file(&dir.join(WEIGHTS_FILE), &weights)?;
        replace_file(&dir.join(CONFIG_FILE), &config)
    }

    /// Reads an adapter that PEFT or [`AdapterWeights::save_peft`] wrote. Anything the decoder
    /// would not compute (rank patterns, trained biases) is refused.
    pub fn load_peft(dir: &Path) -> Result<Self> {
        let config = read_config(dir)?;
        let path = dir.join(WEIGHTS_FILE);
        let bytes = fs::read(&path)
            .with_context(|| format!("Could not read the adapter's weights {}", path.display()))?;
        let tensors = SafeTensors::deserialize(&bytes)
            .with_context(|| format!("The adapter's weights {} are damaged", path.display()))?;
        let pairs = read_pairs(&tensors, &config)?;
        ensure!(!pairs.is_empty(), "The adapter holds no LoRA matrices");
        let mut target_modules: Vec<_> = pairs.iter().map(|pair| pair.module).collect();
        target_modules.sort_unstable();
        target_modules.dedup();
        Ok(Self {
            config: LoraConfig {
                rank: config.r,
                alpha: config.lora_alpha,
                dropout: config.lora_dropout,
                target_modules,
                use_rslora: config.use_rslora,
                use_dora: config.use_dora,
            },
            base_model: config.base_model_name_or_path.unwrap_or_default(),
            pairs,
        })
    }

    /// The weights file's bytes: PEFT's keys, in the order of the pairs.
    fn safetensors_bytes(&self) -> Result<Vec<u8>> {
        let rank = self.config.rank;
        let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
        for pair in &self.pairs {
            let (into, out) = (pair.a.len() / rank, pair.b.len() / rank);
            let shapes = [vec![rank, into], vec![out, rank], vec![out]];
            for ((part, shape), values) in Part::ALL.into_iter().zip(shapes).zip(pair.trained()) {
                if !values.is_empty() {
                    let key = peft_key(pair.layer, pair.module, part);
                    tensors.push((key, shape, numbers::to_le_bytes(values)));
                }
            }
        }
        let views = tensors
            .iter()
            .map(|(key, shape, bytes)| {
                Ok((
                    key.as_str(),
                    TensorView::new(Dtype::F32, shape.clone(), bytes)?,
                ))
            })
            .collect::<Result<Vec<_>>>()?;
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        Ok(safetensors::serialize(views, Some(metadata))?)
    }
}

/// What belongs to an adapted projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `[rank, in]`.
    A,
    /// `[out, rank]`.
    B,
    /// `DoRA`'s magnitudes, `[out]`.
    Magnitude,
}

impl Part {
    /// In the order of [`LoraPair::trained`].
    pub(crate) const ALL: [Self; 3] = [Self::A, Self::B, Self::Magnitude];

    /// How PEFT's key ends.
    fn ending(self) -> &'static str {
        match self {
            Self::A => ".lora_A.weight",
            Self::B => ".lora_B.weight",
            Self::Magnitude => ".lora_magnitude_vector",
        }
    }
}

/// PEFT's name of a part of an adapted projection.
pub(crate) fn peft_key(layer: usize, module: TargetModule, part: Part) -> String {
    let (parent, name) = (module.parent(), module.name());
    format!("{PREFIX}{layer}.{parent}.{name}{}", part.ending())
}

/// The fields PEFT writes for a plain LoRA adapter.
#[derive(Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields are those of PEFT's file"
)]
struct PeftConfig {
    peft_type: String,
    task_type: Option<String>,
    base_model_name_or_path: Option<String>,
    revision: Option<String>,
    r: usize,
    #[serde(serialize_with = "short_number")]
    lora_alpha: f64,
    #[serde(default)]
    lora_dropout: f64,
    target_modules: serde_json::Value,
    #[serde(default)]
    exclude_modules: Option<serde_json::Value>,
    #[serde(default = "no_bias")]
    bias: String,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    inference_mode: bool,
    #[serde(default)]
    init_lora_weights: serde_json::Value,
    #[serde(default)]
    modules_to_save: Option<Vec<String>>,
    #[serde(default)]
    layers_to_transform: Option<serde_json::Value>,
    #[serde(default)]
    layers_pattern: Option<serde_json::Value>,
    #[serde(default)]
    rank_pattern: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    alpha_pattern: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    peft_version: Option<String>,
}

/// Whole numbers without a decimal point: some readers of the file take nothing else.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn short_number<S: Serializer>(value: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

fn no_bias() -> String {
    "none".to_owned()
}

impl PeftConfig {
    fn new(lora: &LoraConfig, hub_name: &str) -> Self {
        let targets: Vec<_> = lora.target_modules.iter().map(|m| m.name()).collect();
        Self {
            peft_type: "LORA".to_owned(),
            task_type: Some("CAUSAL_LM".to_owned()),
            base_model_name_or_path: Some(hub_name.to_owned()),
            revision: None,
            r: lora.rank,
            lora_alpha: lora.alpha,
            lora_dropout: lora.dropout,
            target_modules: targets.into(),
            exclude_modules: None,
            bias: no_bias(),
            use_rslora: lora.use_rslora,
            use_dora: lora.use_dora,
            fan_in_fan_out: false,
            inference_mode: true,
            init_lora_weights: true.into(),
            modules_to_save: None,
            layers_to_transform: None,
            layers_pattern: None,
            rank_pattern: BTreeMap::new(),
            alpha_pattern: BTreeMap::new(),
            peft_version: Some("0.17.0".to_owned()),
        }
    }

    fn check_supported(&self) -> Result<()> {
        ensure!(
            self.peft_type == "LORA",
            "This adapter is of type {:?}; only LoRA adapters can be used",
            self.peft_type
        );
        ensure!(
            self.bias == "none" && self.modules_to_save.as_ref().is_none_or(Vec::is_empty),
            "This adapter also trained biases or whole modules, which is not supported"
        );
        ensure!(
            self.rank_pattern.is_empty() && self.alpha_pattern.is_empty(),
            "This adapter has different ranks in different layers, which is not supported"
        );
        ensure!(self.r > 0, "The adapter's rank is zero");
        Ok(())
    }
}

fn read_config(dir: &Path) -> Result<PeftConfig> {
    let path = dir.join(CONFIG_FILE);
    let text = read_text(&path, MAX_JSON).context("Could not read the adapter's settings")?;
    let config: PeftConfig = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a PEFT adapter's settings file", path.display()))?;
    config.check_supported()?;
    Ok(config)
}

/// Finds the parts of every adapted projection, in the order of layers and modules.
fn read_pairs(tensors: &SafeTensors<'_>, config: &PeftConfig) -> Result<Vec<LoraPair>> {
    let mut found: BTreeMap<(usize, TargetModule), [Vec<f32>; 3]> = BTreeMap::new();
    for (key, view) in tensors.tensors() {
        let (layer, module, part) = parse_key(&key)?;
        let shape = view.shape();
        let fits = match part {
            Part::A => shape.len() == 2 && shape[0] == config.r,
            Part::B => shape.len() == 2 && shape[1] == config.r,
            Part::Magnitude => shape.len() == 1 && config.use_dora,
        };
        ensure!(
            fits,
            "The adapter's matrix {key} has the shape {shape:?}, which does not fit rank {}",
            config.r
        );
        let parts = found.entry((layer, module)).or_default();
        parts[part as usize] = numbers::to_f32(view.dtype(), view.data())?;
    }
    let pair = |((layer, module), [a, b, magnitude]): (_, [Vec<f32>; 3])| {
        ensure!(
            !a.is_empty() && !b.is_empty() && magnitude.is_empty() != config.use_dora,
            "The adapter lacks a matrix for {} of layer {layer}, or the magnitudes of DoRA",
            TargetModule::name(module)
        );
        Ok(LoraPair {
            layer,
            module,
            a,
            b,
            magnitude,
        })
    };
    found.into_iter().map(pair).collect()
}

/// Layer, projection, and which part of it the key names.
fn parse_key(key: &str) -> Result<(usize, TargetModule, Part)> {
    let parsed = (|| {
        let mut prefixes = OTHER_PREFIXES.iter().copied().chain([PREFIX]);
        let path = prefixes.find_map(|prefix| key.strip_prefix(prefix))?;
        let (layer, rest) = path.split_once('.')?;
        let layer = layer.parse().ok()?;
        let (path, part) = Part::ALL
            .into_iter()
            .find_map(|part| Some((rest.strip_suffix(part.ending())?, part)))?;
        let module = TargetModule::ALL
            .into_iter()
            .find(|m| path == format!("{}.{}", m.parent(), m.name()))?;
        Some((layer, module, part))
    })();
    match parsed {
        Some(parsed) => Ok(parsed),
        None => bail!("The adapter changes {key:?}, which is not supported"),
    }
}

/// Writes beside the target and renames, so that the old file stays until the new one is whole.
fn replace_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    let temporary = path.with_file_name(name);
    fs::write(&temporary, bytes)
        .and_then(|()| fs::rename(&temporary, path))
        .with_context(|| format!("Could not write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_peft() {
        let key = |part| peft_key(3, TargetModule::QProj, part);
        let stem = "base_model.model.model.layers.3.self_attn.q_proj";
        assert_eq!(key(Part::A), format!("{stem}.lora_A.weight"));
        assert_eq!(
            key(Part::Magnitude),
            format!("{stem}.lora_magnitude_vector")
        );
        for part in Part::ALL {
            let parsed = parse_key(&key(part)).unwrap();
            assert_eq!(parsed, (3, TargetModule::QProj, part));
        }
        let with_eyes = key(Part::A).replace("model.layers", "model.language_model.layers");
        assert_eq!(
            parse_key(&with_eyes).unwrap(),
            (3, TargetModule::QProj, Part::A)
        );
        assert!(parse_key("base_model.model.lm_head.lora_A.weight").is_err());
    }
}
