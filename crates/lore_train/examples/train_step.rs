//! Times the gradient of one example: `train_step MODEL [TOKENS] [SAMPLES] [BUDGET_MIB]`.
//!
//! Prints one JSON object with the fastest of the samples, as `tests/reference/smollm2_lora.py --time`
//! does.

use std::env;
use std::path::Path;

use anyhow::{Context as _, Result};

use lore_core::LoraConfig;
use lore_llm::BaseModel;
use lore_train::{estimate_memory, measure_step};

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let number = |index: usize, default: usize| -> Result<usize> {
        let argument = arguments.get(index).map(|text| text.parse());
        Ok(argument.transpose()?.unwrap_or(default))
    };
    let model = arguments.first().context("Name a model's folder")?;
    let (tokens, samples) = (number(1, 512)?, number(2, 3)?);
    let budget = (number(3, usize::MAX >> 20)? as u64) << 20;
    let base = BaseModel::load(Path::new(model))?;
    let lora = LoraConfig::default();
    let (mut best, mut best_cpu) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..=samples {
        let before = cpu_secs();
        best = best.min(measure_step(&base.weights, &lora, tokens, budget)?.secs);
        best_cpu = best_cpu.min(cpu_secs() - before);
    }
    let estimate = estimate_memory(&base.weights.config, tokens, &lora);
    let figure = serde_json::json!({
        "bench": "train",
        "case": format!("{} {tokens}", base.name),
        "ours": best,
        "cpu": best_cpu,
        "unit": "s/step",
        "samples": samples,
        "estimated_bytes": estimate.total(estimate.num_kept(budget)),
        "peak_bytes": peak_bytes(),
    });
    println!("{figure}");
    Ok(())
}

/// Processor time of all threads so far, where the system tells; its clock ticks a hundred times a
/// second.
fn cpu_secs() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = fields.split(' ').skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory this process has held, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
