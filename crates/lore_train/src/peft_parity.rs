//! Held to PEFT and `PyTorch`: see `tests/reference/make_tiny_lora.py` and `smollm2_lora.py`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use lore_core::{LoraConfig, MomentFormat, TrainConfig};
use lore_llm::kernels::{fixed, log_sum_exp};
use lore_llm::ops::Arithmetic;
use lore_llm::{ActiveAdapter, AdapterWeights, BaseModel, Decoder, KvCache, LoraPair, Weights};
use safetensors::SafeTensors;

use crate::buffers::{LoraBuffers, norm};
use crate::example::Example;
use crate::init_adapter;
use crate::model::{LossGradient as _, TrainableModel};
use crate::optimizer::AdamW;
use crate::pass::Pass;

/// The largest relative difference that rounding in a sum explains.
const TOLERANCE: f64 = 1e-3;

#[derive(Deserialize)]
struct TinyReference {
    recipe: Recipe,
    ids: Vec<Vec<u32>>,
    learned: Vec<Vec<bool>>,
    losses: Vec<f64>,
    grad_norms: Vec<f64>,
}

#[derive(Deserialize)]
struct Recipe {
    learning_rate: f64,
    weight_decay: f64,
    max_grad_norm: f64,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn tiny_model(name: &str) -> Result<std::sync::Arc<BaseModel>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let crates = crates.context("a crate has a parent")?;
    BaseModel::load(&crates.join("lore_llm/tests/fixtures").join(name))
}

impl TinyReference {
    fn load(name: &str) -> Result<Self> {
        let path = fixture(name).join("reference.json");
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }

    fn examples(&self) -> Vec<Example> {
        let chats = self.ids.iter().zip(&self.learned);
        chats.map(|(ids, learned)| example(ids, learned)).collect()
    }
}

fn example(ids: &[u32], learned: &[bool]) -> Example {
    Example {
        ids: ids.to_vec(),
        loss_mask: learned.to_vec(),
        ..Example::default()
    }
}

/// Loss and gradient of a batch.
fn batch_gradient(
    model: &TrainableModel<'_>,
    adapter: &AdapterWeights,
    batch: &[Example],
) -> Result<(f64, LoraBuffers)> {
    let num_learned: usize = batch.iter().map(Example::num_learned).sum();
    let mut gradients = LoraBuffers::zeros(adapter);
    let mut loss = 0.0;
    for example in batch {
        let pass = Pass {
            examples: &[example],
            weight: 1.0 / num_learned as f64,
            dropout_seeds: None,
        };
        loss += model.add_gradient(adapter, &pass, &mut gradients)?;
    }
    Ok((loss, gradients))
}

/// The largest relative difference between our matrices and those of a safetensors file, each
/// difference relative to the norm of its matrix.
fn worst_difference<'a>(
    file: &[u8],
    ours: impl Iterator<Item = (String, &'a [f32])>,
) -> Result<f64> {
    let tensors = SafeTensors::deserialize(file)?;
    let mut worst = 0.0f64;
    let mut count = 0;
    for (name, ours) in ours {
        let tensor = tensors.tensor(&name)?;
        let (numbers, _) = tensor.data().as_chunks::<4>();
        assert_eq!(numbers.len(), ours.len(), "{name}");
        let theirs: Vec<f32> = numbers
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        let difference: Vec<f32> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
        worst = worst.max(norm(&difference) / norm(&theirs));
        count += 1;
    }
    assert_eq!(count, tensors.len(), "every matrix is compared");
    Ok(worst)
}

/// How PEFT's names end, in the order of [`LoraPair::trained`].
const ENDINGS: [&str; 3] = ["lora_A.weight", "lora_B.weight", "lora_magnitude_vector"];

/// The parts of a pair that are there, by PEFT's names; `numbers` has them in the order of
/// [`LoraPair::trained`].
fn named<'a>(
    pair: &LoraPair,
    numbers: [&'a [f32]; 3],
) -> impl Iterator<Item = (String, &'a [f32])> {
    let (layer, parent, module) = (pair.layer, pair.module.parent(), pair.module.name());
    let stem = format!("base_model.model.model.layers.{layer}.{parent}.{module}");
    let parts = ENDINGS.into_iter().zip(numbers);
    parts
        .filter(|(_, numbers)| !numbers.is_empty())
        .map(move |(ending, numbers)| (format!("{stem}.{ending}"), numbers))
}

#[test]
fn loss_and_every_gradient_agree_with_peft() -> Result<()> {
    check_gradients("tiny-lora", &tiny_model("tiny-llama")?.weights)
}

#[test]
fn gradients_through_normalised_heads_agree_with_peft() -> Result<()> {
    check_gradients("tiny-lora-qwen3", &tiny_model("tiny-qwen3")?.weights)
}

/// GELU, windows, four norms a block, scaled embeddings. Capped logits are no part of what is
/// trained.
#[test]
fn gradients_through_gemma_agree_with_peft() -> Result<()> {
    let mut weights = tiny_model("tiny-gemma3")?.weights.clone();
    weights.config.logit_cap = None;
    check_gradients("tiny-lora-gemma3", &weights)
}

#[test]
fn gradients_at_rslora_s_scale_agree_with_peft() -> Result<()> {
    check_gradients("tiny-rslora", &tiny_model("tiny-llama")?.weights)
}

/// With biases, which stay outside of `DoRA`'s lengths, and without.
#[test]
fn gradients_of_dora_agree_with_peft() -> Result<()> {
    check_gradients("tiny-dora", &tiny_model("tiny-llama")?.weights)?;
    check_gradients("tiny-dora-qwen2", &tiny_model("tiny-qwen2")?.weights)
}

/// Chats, acts and exports through the decoder, which must compute what was trained.
#[test]
fn the_decoder_finds_the_loss_that_peft_finds() -> Result<()> {
    for (case, base) in [
        ("tiny-lora", "tiny-llama"),
        ("tiny-rslora", "tiny-llama"),
        ("tiny-dora", "tiny-llama"),
        ("tiny-dora-qwen2", "tiny-qwen2"),
    ] {
        let reference = TinyReference::load(case)?;
        let loss = decoded_loss(case, &tiny_model(base)?, &reference)?;
        let difference = loss / reference.losses[0] - 1.0;
        assert!(difference.abs() < TOLERANCE, "{case}: off by {difference}");
    }
    Ok(())
}

/// The mean loss of a batch's learned tokens, with the adapter beside the model.
fn decoded_loss(
    case: &str,
    base: &std::sync::Arc<BaseModel>,
    reference: &TinyReference,
) -> Result<f64> {
    let adapter = std::sync::Arc::new(AdapterWeights::load_peft(&fixture(case))?);
    let adapter = ActiveAdapter::new(adapter, 1.0, &base.weights)?;
    let mut decoder = Decoder::new(std::sync::Arc::clone(base));
    let (mut loss, mut count) = (0.0, 0);
    for example in reference.examples() {
        let mut cache = KvCache::new(base.config());
        let hidden = decoder.forward_all(&example.ids, &mut cache, Some(&adapter))?;
        let logits = decoder.logits(&hidden);
        let rows = logits.chunks_exact(base.config().vocab_size);
        let targets = example.ids.iter().zip(&example.loss_mask).skip(1);
        for (row, (target, _)) in rows.zip(targets).filter(|(_, (_, learned))| **learned) {
            loss -= f64::from(row[*target as usize]) - log_sum_exp(row);
            count += 1;
        }
    }
    Ok(loss / f64::from(count))
}

/// Holds a batch's loss and gradients to a reference, with all activations kept and with none.
fn check_gradients(case: &str, weights: &Weights) -> Result<()> {
    let reference = TinyReference::load(case)?;
    let adapter = AdapterWeights::load_peft(&fixture(case))?;
    for memory_budget in [u64::MAX, 0] {
        let model = TrainableModel::with_arithmetic(weights, memory_budget, Arithmetic::Float);
        let (loss, gradients) = batch_gradient(&model, &adapter, &reference.examples())?;
        assert!(
            (loss / reference.losses[0] - 1.0).abs() < TOLERANCE,
            "loss {loss}"
        );
        let norms = gradients.norm() / reference.grad_norms[0];
        assert!((norms - 1.0).abs() < TOLERANCE, "norm off by {norms}");
        let pairs = adapter.pairs.iter().zip(&gradients.pairs);
        let matrices = pairs.flat_map(|(pair, gradient)| named(pair, gradient.parts()));
        let file = fs::read(fixture(case).join("gradients.safetensors"))?;
        let worst = worst_difference(&file, matrices)?;
        assert!(worst < TOLERANCE, "gradients differ by {worst:e}");
    }
    Ok(())
}

#[test]
fn short_trainings_agree_with_pytorch() -> Result<()> {
    check_training("tiny-lora")?;
    check_training("tiny-dora")
}

/// Holds losses, norms and the trained adapter to those of `PyTorch`'s AdamW.
fn check_training(case: &str) -> Result<()> {
    let reference = TinyReference::load(case)?;
    let base = tiny_model("tiny-llama")?;
    let model = TrainableModel::new(&base.weights, u64::MAX);
    let mut adapter = AdapterWeights::load_peft(&fixture(case))?;
    let mut optimizer = AdamW::new(&adapter, MomentFormat::Single);
    let config = TrainConfig {
        weight_decay: reference.recipe.weight_decay,
        ..TrainConfig::default()
    };
    for (expected, expected_norm) in reference.losses.iter().zip(&reference.grad_norms) {
        let (loss, mut gradients) = batch_gradient(&model, &adapter, &reference.examples())?;
        assert!(
            (loss / expected - 1.0).abs() < TOLERANCE,
            "{loss} {expected}"
        );
        let norm = gradients.norm();
        assert!(
            (norm / expected_norm - 1.0).abs() < TOLERANCE,
            "{norm} {expected_norm}"
        );
        gradients.clip(norm, reference.recipe.max_grad_norm);
        let rate = reference.recipe.learning_rate;
        optimizer.step(&config, rate, &gradients, &mut adapter);
    }
    let matrices = adapter
        .pairs
        .iter()
        .flat_map(|pair| named(pair, pair.trained()));
    let file = fs::read(fixture(case).join("trained.safetensors"))?;
    let worst = worst_difference(&file, matrices)?;
    assert!(worst < TOLERANCE, "adapters differ by {worst:e}");
    Ok(())
}

#[derive(Deserialize)]
struct SmolReference {
    ids: Vec<u32>,
    learned: Vec<bool>,
    loss: f64,
    grad_norms: std::collections::BTreeMap<String, f64>,
}

/// The real model and an adapter given by a formula, where the model is there.
fn smollm2() -> Result<Option<(std::sync::Arc<BaseModel>, AdapterWeights)>> {
    let Some(models) = env::var_os("LOREKEEPER_TEST_MODELS") else {
        eprintln!("skipped: LOREKEEPER_TEST_MODELS is not set");
        return Ok(None);
    };
    let base = BaseModel::load(&Path::new(&models).join("smollm2-135m-instruct"))?;
    let mut adapter = init_adapter(&base.weights, &LoraConfig::default(), 0, "");
    for pair in &mut adapter.pairs {
        for (matrix, amplitude) in [(&mut pair.a, 0.02), (&mut pair.b, 0.01)] {
            for (index, value) in matrix.iter_mut().enumerate() {
                *value = (amplitude * (0.7 * index as f64 + 0.3).sin()) as f32;
            }
        }
    }
    Ok(Some((base, adapter)))
}

#[test]
fn smollm2_agrees_with_peft() -> Result<()> {
    let Some((base, adapter)) = smollm2()? else {
        return Ok(());
    };
    let file = fs::read(fixture("smollm2_lora.json"))?;
    let reference: SmolReference = serde_json::from_slice(&file)?;
    let model = TrainableModel::with_arithmetic(&base.weights, u64::MAX, Arithmetic::Float);
    let batch = [example(&reference.ids, &reference.learned)];
    let (loss, gradients) = batch_gradient(&model, &adapter, &batch)?;
    let mut worst = 0.0f64;
    for (pair, gradient) in adapter.pairs.iter().zip(&gradients.pairs) {
        for (name, values) in named(pair, gradient.parts()) {
            let expected = reference.grad_norms[&name];
            worst = worst.max((norm(values) / expected - 1.0).abs());
        }
    }
    let of_loss = (loss / reference.loss - 1.0).abs();
    eprintln!("largest relative difference: loss {of_loss:.1e}, gradient norms {worst:.1e}");
    assert!(of_loss < TOLERANCE && worst < TOLERANCE);
    Ok(())
}

#[derive(Deserialize)]
struct Trajectory {
    ids: Vec<u32>,
    /// Ranges of learned tokens.
    learned: Vec<(usize, usize)>,
}

/// On the end of a real trajectory, whose gradients are as large as those of a training.
#[test]
fn fixed_point_gradients_stay_within_a_thousandth() -> Result<()> {
    let Some((base, adapter)) = smollm2()? else {
        return Ok(());
    };
    if !fixed::is_fast() {
        eprintln!("skipped: fixed point is not what this processor trains with");
        return Ok(());
    }
    let stored: Trajectory = serde_json::from_slice(&fs::read(fixture("trajectory.json"))?)?;
    let mut learned = vec![false; stored.ids.len()];
    for (start, end) in stored.learned {
        learned[start..end].fill(true);
    }
    let first = learned.len() - 384;
    let batch = [example(&stored.ids[first..], &learned[first..])];
    let gradients = |arithmetic| -> Result<Vec<f32>> {
        let model = TrainableModel::with_arithmetic(&base.weights, u64::MAX, arithmetic);
        let (_, gradients) = batch_gradient(&model, &adapter, &batch)?;
        let pairs = gradients.pairs.into_iter();
        Ok(pairs.flat_map(|pair| [pair.a, pair.b]).flatten().collect())
    };
    let (float, fixed) = (gradients(Arithmetic::Float)?, gradients(Arithmetic::Fixed)?);
    let difference: Vec<f32> = float.iter().zip(&fixed).map(|(a, b)| a - b).collect();
    let relative = norm(&difference) / norm(&float);
    eprintln!("relative difference of fixed point: {relative:.1e}");
    assert!(relative < TOLERANCE);
    Ok(())
}
