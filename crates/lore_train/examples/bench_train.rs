//! Times a training step beside the reference: `cargo xtask bench train [TOKENS …]`.
//!
//! A step is the gradient of one real example, a played household episode behind the memories of
//! others (`tests/fixtures/trajectory.json`, its last TOKENS tokens), under the paper's recipe (rank
//! 8, dropout 0.1, q, k, v and o). Figures are medians; processor time is given beside wall time,
//! because on a busy machine it is the fairer of the two. The reference, PEFT on `PyTorch` in f32 and
//! under bf16 autocast, runs right after when `LOREKEEPER_REFERENCE_PYTHON` names a Python that has
//! it, on as many threads.

use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use lore_core::LoraConfig;
use lore_llm::{AdapterWeights, BaseModel};
use lore_train::{Example, LoraBuffers, LossGradient as _, Pass, TrainableModel, init_adapter};

const SAMPLES: usize = 5;

/// What a step took.
#[derive(Clone, Copy, Deserialize)]
struct Figures {
    secs: f64,
    cpu_secs: f64,
    peak_bytes: u64,
}

/// The stored example.
#[derive(Deserialize)]
struct Trajectory {
    ids: Vec<u32>,
    /// Ranges of learned tokens.
    learned: Vec<(usize, usize)>,
}

impl Trajectory {
    fn load() -> Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/trajectory.json");
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }

    /// Its last tokens.
    fn example(&self, num_tokens: usize) -> Result<Example> {
        let len = self.ids.len();
        ensure!(num_tokens <= len, "The example has only {len} tokens");
        let first = len - num_tokens;
        let is_learned =
            |position| (self.learned.iter()).any(|(start, end)| (*start..*end).contains(&position));
        Ok(Example {
            ids: self.ids[first..].to_vec(),
            loss_mask: (first..len).map(is_learned).collect(),
            ..Example::default()
        })
    }
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
        lengths = vec![512, 1024, 2048, 4096];
    }
    // The most memory ever held is what is told, so short examples come first.
    lengths.sort_unstable();
    let base = BaseModel::load(&Path::new(&models).join("smollm2-135m-instruct"))?;
    let model = TrainableModel::new(&base.weights, u64::MAX);
    let adapter = init_adapter(&base.weights, &LoraConfig::default(), 0, "");
    let trajectory = Trajectory::load()?;
    writeln!(
        std::io::stderr(),
        "seconds a step (processor seconds, most memory); ratios of ours to the reference\n"
    )?;
    for num_tokens in lengths {
        let ours = time_ours(&model, &adapter, &trajectory.example(num_tokens)?)?;
        tell(num_tokens, "f32", ours, time_reference(num_tokens, false)?)?;
        tell(num_tokens, "bf16", ours, time_reference(num_tokens, true)?)?;
    }
    Ok(())
}

/// Writes a line for a program and one for a person.
fn tell(num_tokens: usize, kind: &str, ours: Figures, reference: Option<Figures>) -> Result<()> {
    let ratio = |of: fn(&Figures) -> f64| reference.map(|reference| of(&ours) / of(&reference));
    let ratios = [
        ratio(|figures| figures.secs),
        ratio(|figures| figures.cpu_secs),
        ratio(|figures| figures.peak_bytes as f64),
    ];
    let line = serde_json::json!({
        "bench": "train",
        "case": format!("smollm2-135m {num_tokens} against PyTorch {kind}"),
        "ours": ours.secs,
        "reference": reference.map(|figures| figures.secs),
        "ratio": ratios[0],
        "unit": "s/step",
        "samples": SAMPLES,
        "ours_cpu": ours.cpu_secs,
        "reference_cpu": reference.map(|figures| figures.cpu_secs),
        "ratio_cpu": ratios[1],
        "ours_peak_bytes": ours.peak_bytes,
        "reference_peak_bytes": reference.map(|figures| figures.peak_bytes),
        "ratio_peak_bytes": ratios[2],
    });
    writeln!(std::io::stdout(), "{line}")?;
    let text = |figures: Figures| {
        let Figures {
            secs,
            cpu_secs,
            peak_bytes,
        } = figures;
        format!("{secs:.2} ({cpu_secs:.2}, {} MiB)", peak_bytes >> 20)
    };
    let ratios = ratios.map(|ratio| ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")));
    writeln!(
        std::io::stderr(),
        "{num_tokens:>5} tokens: {:<26} PyTorch {kind:<4} {:<26} {}",
        text(ours),
        reference.map_or_else(|| "not asked".to_owned(), text),
        ratios.join(" "),
    )?;
    Ok(())
}

/// The median of some samples, after one to warm up.
fn time_ours(
    model: &TrainableModel<'_>,
    adapter: &AdapterWeights,
    example: &Example,
) -> Result<Figures> {
    let pass = Pass {
        weight: 1.0 / example.num_learned() as f64,
        examples: &[example],
        dropout_seeds: Some(&[0]),
    };
    let mut secs = Vec::new();
    let mut cpu = Vec::new();
    for _ in 0..=SAMPLES {
        let mut gradients = LoraBuffers::zeros(adapter);
        let (start, before) = (Instant::now(), cpu_secs());
        model.add_gradient(adapter, &pass, &mut gradients)?;
        secs.push(start.elapsed().as_secs_f64());
        cpu.push(cpu_secs() - before);
    }
    Ok(Figures {
        secs: median(&mut secs[1..]),
        cpu_secs: median(&mut cpu[1..]),
        peak_bytes: peak_bytes().unwrap_or(0),
    })
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The same of the reference, if there is one.
fn time_reference(num_tokens: usize, in_bf16: bool) -> Result<Option<Figures>> {
    let Some(python) = env::var_os("LOREKEEPER_REFERENCE_PYTHON") else {
        return Ok(None);
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/train.py");
    let threads = std::thread::available_parallelism()?;
    let mut command = Command::new(python);
    command.arg(script).args([
        num_tokens.to_string().as_str(),
        "--samples",
        &SAMPLES.to_string(),
        "--threads",
        &threads.to_string(),
    ]);
    if in_bf16 {
        command.arg("--bf16");
    }
    let output = command.output().context("Could not start the reference")?;
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
