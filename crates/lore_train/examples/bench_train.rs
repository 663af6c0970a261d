//! Times a training step beside the reference: `cargo xtask bench train [TOKENS …]`.
//!
//! A step is the gradient of one example of which a quarter is learned, under the paper's recipe (rank
//! 8, dropout 0.1, q, k, v and o). Every figure is the best of its samples, and processor time is
//! given beside wall time: on a busy machine it is the fairer of the two. The reference, PEFT on
//! `PyTorch`, runs right after when `LOREKEEPER_REFERENCE_PYTHON` names a Python that has it.

use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use lore_core::LoraConfig;
use lore_llm::ops::Arithmetic;
use lore_llm::{BaseModel, Weights};
use lore_train::{estimate_memory, measure_step};

const SAMPLES: usize = 3;

/// How long a step took.
#[derive(Clone, Copy, Deserialize)]
struct Timing {
    secs: f64,
    cpu_secs: f64,
}

fn main() -> Result<()> {
    let models = env::var("LOREKEEPER_TEST_MODELS")
        .context("LOREKEEPER_TEST_MODELS has to name the folder of models")?;
    let mut lengths: Vec<usize> = env::args()
        .skip(1)
        .map(|argument| argument.parse())
        .collect::<Result<_, _>>()
        .context("Give lengths in tokens")?;
    if lengths.is_empty() {
        lengths = vec![512, 1024];
    }
    let base = BaseModel::load(&Path::new(&models).join("smollm2-135m-instruct"))?;
    let mut out = std::io::stdout();
    let mut err = std::io::stderr();
    writeln!(
        err,
        "{:>6} {:>16} {:>16} {:>6} {:>9}",
        "tokens", "ours", "reference", "ratio", "memory"
    )?;
    for tokens in lengths {
        let ours = time_ours(&base.weights, tokens)?;
        let reference = time_reference(tokens)?;
        let ratio = reference.map(|reference| ours.secs / reference.secs);
        let lora = LoraConfig::default();
        let estimate = estimate_memory(&base.weights.config, tokens, &lora, Arithmetic::fastest());
        let line = serde_json::json!({
            "bench": "train",
            "case": format!("smollm2-135m {tokens}"),
            "ours": ours.secs,
            "ours_cpu": ours.cpu_secs,
            "reference": reference.map(|timing| timing.secs),
            "reference_cpu": reference.map(|timing| timing.cpu_secs),
            "ratio": ratio,
            "ratio_cpu": reference.map(|timing| ours.cpu_secs / timing.cpu_secs),
            "unit": "s/step",
            "samples": SAMPLES,
            "estimated_bytes": estimate.total(usize::MAX),
            "peak_bytes": peak_bytes(),
        });
        writeln!(out, "{line}")?;
        let text = |timing: Timing| format!("{:.2} s ({:.2})", timing.secs, timing.cpu_secs);
        writeln!(
            err,
            "{tokens:>6} {:>16} {:>16} {:>6} {:>9}",
            text(ours),
            reference.map_or_else(|| "-".to_owned(), text),
            ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            peak_bytes().map_or_else(|| "-".to_owned(), |bytes| format!("{} MiB", bytes >> 20)),
        )?;
    }
    writeln!(
        err,
        "seconds a step, in brackets processor time of all threads"
    )?;
    Ok(())
}

/// The best of some samples, after one to warm up.
fn time_ours(weights: &Weights, tokens: usize) -> Result<Timing> {
    let mut best = Timing {
        secs: f64::INFINITY,
        cpu_secs: f64::INFINITY,
    };
    for sample in 0..=SAMPLES {
        let before = cpu_secs();
        let timing = measure_step(weights, &LoraConfig::default(), tokens, u64::MAX)?;
        if sample > 0 {
            best.secs = best.secs.min(timing.secs);
            best.cpu_secs = best.cpu_secs.min(cpu_secs() - before);
        }
    }
    Ok(best)
}

/// The same of the reference, if there is one.
fn time_reference(tokens: usize) -> Result<Option<Timing>> {
    let Some(python) = env::var_os("LOREKEEPER_REFERENCE_PYTHON") else {
        return Ok(None);
    };
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/smollm2_lora.py");
    let output = Command::new(python)
        .arg(script)
        .args([
            "--time",
            &tokens.to_string(),
            "--samples",
            &SAMPLES.to_string(),
        ])
        .output()
        .context("Could not start the reference")?;
    ensure!(
        output.status.success(),
        "The reference failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(Some(serde_json::from_slice(&output.stdout)?))
}

/// Processor time of all threads so far, where the system tells; its clock ticks a hundred times a
/// second.
fn cpu_secs() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = fields.split(' ').skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// The most memory this process has held, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
