//! The bank at scale: `cargo xtask bench bank [--in FOLDER] [ROWS …]` (default 100000).
//!
//! With a folder the bank stays there, and one that is there already is asked again instead of made.
//!
//! For each number of rows a bank is filled with synthetic experiences of 20 steps, indexed, and asked
//! for the best four with and without a filter. Keys are unit vectors of 384 numbers around cluster
//! centres, as embeddings of a few hundred kinds of task would be. Figures: rows loaded a second, bytes on disk a
//! row, median and 99th percentile of a question, share of the exact best four that were found, memory.
//!
//! When `LOREKEEPER_REFERENCE_PYTHON` names a Python that has `lancedb` and `faiss`, the same vectors are
//! searched there as well (`tests/reference/bank_search.py`) and stand beside ours.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use lore_bank::{ExperienceBank, KeyedExperience, NewBank};
use lore_core::{
    BankId, BankKeys, DataDir, EpisodeEnd, Experience, ExperienceId, ModelId, OutcomeFilter, Query,
    Split, Step, Task, TaskId, Trajectory, dot,
};

const DIM: usize = 384;
const NUM_STEPS: usize = 20;
const NUM_CLUSTERS: usize = 300;
const NUM_QUESTIONS: usize = 200;
const K: usize = 4;

/// Rows made and written at once.
const BATCH: usize = 4096;

/// How far keys lie from their cluster's centre.
const SPREAD: f32 = 0.6;

fn main() -> Result<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let folder = match words.first() {
        Some(word) if word == "--in" => {
            ensure!(words.len() > 1, "Give a folder");
            words.drain(..2).nth(1).map(PathBuf::from)
        }
        _ => None,
    };
    let mut sizes: Vec<usize> = words
        .iter()
        .map(|word| word.parse())
        .collect::<Result<_, _>>()
        .context("Give numbers of rows")?;
    if sizes.is_empty() {
        sizes = vec![100_000];
    }
    for num_rows in sizes {
        let temporary = tempfile::tempdir()?;
        let folder = folder.as_deref().unwrap_or(temporary.path());
        Bench::fill(folder, num_rows)?.measure()?;
    }
    Ok(())
}

/// Makes keys: cluster centres and points around them, the same at every call with a seed.
struct Keys {
    centres: Vec<Vec<f32>>,
}

impl Keys {
    fn new() -> Self {
        let mut random = StdRng::seed_from_u64(1);
        let centres = (0..NUM_CLUSTERS).map(|_| direction(&mut random)).collect();
        Self { centres }
    }

    /// A key and the cluster it belongs to.
    fn key(&self, random: &mut StdRng) -> (usize, Vec<f32>) {
        let cluster = random.random_range(0..NUM_CLUSTERS);
        let offset = direction(random);
        let sum = self.centres[cluster]
            .iter()
            .zip(&offset)
            .map(|(a, b)| a + SPREAD * b);
        (cluster, unit(sum.collect()))
    }
}

fn direction(random: &mut StdRng) -> Vec<f32> {
    // The sum of four uniform numbers is near enough to a normal one for a direction.
    let number = |random: &mut StdRng| (0..4).map(|_| random.random::<f32>() - 0.5).sum();
    unit((0..DIM).map(|_| number(random)).collect())
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = dot(&vector, &vector).sqrt();
    for x in &mut vector {
        *x /= length;
    }
    vector
}

/// A filled bank and what filling it took.
struct Bench {
    bank: ExperienceBank,
    folder: PathBuf,
    keys: Vec<Vec<f32>>,
    successes: Vec<bool>,
    load: Duration,
    index: Duration,
}

impl Bench {
    fn fill(folder: &Path, num_rows: usize) -> Result<Self> {
        let new = NewBank {
            id: BankId::from("bench"),
            name: "Bench".into(),
            embedder: ModelId::from("none"),
            dim: DIM,
            keys: BankKeys::default(),
        };
        let bank = ExperienceBank::open_or_create(&DataDir::new(folder), &new)?;
        let num_there = bank.info()?.num_experiences as usize;
        let is_there = num_there > 0;
        ensure!(
            !is_there || num_there == num_rows,
            "The bank in that folder has {num_there} rows, not {num_rows}"
        );
        let source = Keys::new();
        let mut random = StdRng::seed_from_u64(2);
        let (mut keys, mut successes) = (Vec::new(), Vec::new());
        let mut load = Duration::ZERO;
        for start in (0..num_rows).step_by(BATCH) {
            let rows: Vec<KeyedExperience> = (start..num_rows.min(start + BATCH))
                .map(|index| {
                    let (cluster, key) = source.key(&mut random);
                    experience(index, cluster, key)
                })
                .collect();
            for row in &rows {
                keys.push(row.task_key.clone());
                successes.push(row.experience.trajectory.is_success());
            }
            if is_there {
                continue;
            }
            let began = Instant::now();
            bank.add(&rows)?;
            bank.tidy_if_due(Duration::ZERO)?;
            load += began.elapsed();
        }
        let began = Instant::now();
        bank.tidy(Duration::ZERO)?;
        Ok(Self {
            bank,
            folder: folder.to_owned(),
            keys,
            successes,
            load,
            index: began.elapsed(),
        })
    }

    fn measure(&self) -> Result<()> {
        let num_rows = self.keys.len();
        let info = self.bank.info()?;
        let rate = num_rows as f64 / self.load.as_secs_f64();
        let reference = self.reference()?;
        let of = |name: &str, field: &str| -> Option<f64> {
            reference.as_ref()?.get(name)?.get(field)?.as_f64()
        };
        // A bank that was there already was not loaded.
        if !self.load.is_zero() {
            figure(num_rows, "load", rate, of("lancedb", "load"), "rows/s")?;
            let secs = self.index.as_secs_f64();
            figure(num_rows, "index", secs, of("lancedb", "index"), "s")?;
        }
        figure(
            num_rows,
            "disk",
            info.num_bytes as f64 / num_rows as f64,
            None,
            "bytes/row",
        )?;
        for (name, outcome) in [
            ("top-4", OutcomeFilter::All),
            ("top-4 of successes", OutcomeFilter::Successes),
        ] {
            let found = self.ask(outcome)?;
            for (field, value, unit) in [
                ("p50", found.p50, "ms"),
                ("p99", found.p99, "ms"),
                ("recall@4", found.recall, ""),
            ] {
                for engine in ["lancedb", "faiss"] {
                    let other = of(engine, &format!("{name} {field}"));
                    let case = format!("{name} {field} beside {engine}");
                    figure(num_rows, &case, value, other, unit)?;
                }
            }
        }
        if let Some(bytes) = resident_bytes() {
            figure(
                num_rows,
                "memory",
                bytes as f64 / f64::from(1 << 20),
                None,
                "MiB",
            )?;
        }
        Ok(())
    }

    /// Asks [`NUM_QUESTIONS`] questions, each once to warm up.
    fn ask(&self, outcome: OutcomeFilter) -> Result<Found> {
        let questions = questions();
        let mut times = Vec::new();
        let mut num_found = 0;
        for vector in &questions {
            let mut query = Query {
                k: K,
                ..Query::default()
            };
            query.filter.outcome = outcome;
            self.bank.retrieve(&query, vector)?;
            let began = Instant::now();
            let hits = self.bank.retrieve(&query, vector)?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            let worst = self.exact(vector, outcome);
            num_found += hits.iter().filter(|hit| hit.score >= worst - 1e-5).count();
        }
        times.sort_by(f64::total_cmp);
        Ok(Found {
            p50: times[times.len() / 2],
            p99: times[times.len() * 99 / 100],
            recall: num_found as f64 / (K * questions.len()) as f64,
        })
    }

    /// The score of the K-th best by comparing every key.
    fn exact(&self, vector: &[f32], outcome: OutcomeFilter) -> f32 {
        let allowed = self
            .keys
            .iter()
            .zip(&self.successes)
            .filter(|(_, success)| outcome != OutcomeFilter::Successes || **success);
        let mut best = [f32::NEG_INFINITY; K];
        for (key, _) in allowed {
            let score = dot(vector, key);
            if score > best[K - 1] {
                best[K - 1] = score;
                best.sort_by(|a, b| b.total_cmp(a));
            }
        }
        best[K - 1]
    }

    /// The same through other programs, if there are any.
    fn reference(&self) -> Result<Option<Value>> {
        let Some(python) = std::env::var_os("LOREKEEPER_REFERENCE_PYTHON") else {
            return Ok(None);
        };
        let write = |name: &str, vectors: &[Vec<f32>]| -> Result<PathBuf> {
            let path = self.folder.join(name);
            let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
            for number in vectors.iter().flatten() {
                file.write_all(&number.to_le_bytes())?;
            }
            Ok(path)
        };
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/bank_search.py");
        let success: Vec<u8> = self
            .successes
            .iter()
            .map(|success| u8::from(*success))
            .collect();
        let success_path = self.folder.join("success.u8");
        std::fs::write(&success_path, success)?;
        let output = Command::new(python)
            .arg(script)
            .arg(write("keys.f32", &self.keys)?)
            .arg(write("questions.f32", &questions())?)
            .arg(success_path)
            .args([DIM.to_string(), K.to_string()])
            .output()
            .context("Could not start the reference")?;
        ensure!(
            output.status.success(),
            "The reference failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(Some(serde_json::from_slice(&output.stdout)?))
    }
}

/// How a way of asking did.
struct Found {
    p50: f64,
    p99: f64,
    recall: f64,
}

fn questions() -> Vec<Vec<f32>> {
    let source = Keys::new();
    let mut random = StdRng::seed_from_u64(3);
    (0..NUM_QUESTIONS)
        .map(|_| source.key(&mut random).1)
        .collect()
}

/// An experience of [`NUM_STEPS`] steps, about a kilobyte and a half of text.
fn experience(index: usize, cluster: usize, key: Vec<f32>) -> KeyedExperience {
    let steps = (0..NUM_STEPS).map(|step| Step {
        action: format!("go to shelf {step}"),
        observation: format!(
            "On the shelf {step}, you see a thing {}.",
            index * 31 + step
        ),
        ..Step::default()
    });
    let task = Task {
        id: TaskId(format!("task-{index}")),
        environment: "bench".into(),
        task_type: format!("type-{}", cluster % 6),
        goal: format!("put thing {index} of kind {cluster} on shelf"),
        split: Split::Train,
    };
    let end = if index.is_multiple_of(3) {
        EpisodeEnd::Truncated
    } else {
        EpisodeEnd::Success
    };
    let trajectory = Trajectory::new(task, "bench", "You are in a room.", steps.collect(), end);
    KeyedExperience {
        experience: Experience {
            id: ExperienceId(trajectory.id.0.clone()),
            num_tokens: 400,
            trajectory,
            pinned: false,
            never_use: false,
            lesson: String::new(),
        },
        trajectory_key: key.clone(),
        task_key: key,
        outcome_key: Vec::new(),
        window_keys: Vec::new(),
    }
}

fn figure(rows: usize, case: &str, ours: f64, reference: Option<f64>, unit: &str) -> Result<()> {
    let line = json!({
        "bench": "bank",
        "case": format!("{rows} rows, {case}"),
        "ours": ours,
        "reference": reference,
        "ratio": reference.map(|reference| ours / reference),
        "unit": unit,
        "samples": NUM_QUESTIONS,
    });
    writeln!(std::io::stdout(), "{line}")?;
    let other = reference.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    writeln!(
        std::io::stderr(),
        "{rows:>9} {case:<40} {ours:>12.3} {other:>12} {unit}"
    )?;
    Ok(())
}

/// Memory this process holds, where the system tells.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
