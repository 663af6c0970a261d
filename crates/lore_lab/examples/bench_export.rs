//! Exports an adapter in every form and prints how far each copy is from the trained model:
//! `cargo xtask bench export DATA ADAPTER OUT [FORM …]`.
//!
//! DATA is a data folder, ADAPTER the name of an adapter in it, OUT a folder that does not exist yet; what
//! was written stays there for `tests/reference/exports_*.py`, which load it with other programs. `ours` is
//! the largest logit difference, `reference` what the form allows.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use lore_core::{DataDir, JobId, StopToken};
use lore_lab::{LabOptions, Outcome};
use lore_protocol::{ExportFormat, ExportWork, JobEvent, JobSpec, PROTOCOL_VERSION, Work};

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = |name: &str| arguments.next().with_context(|| format!("Give {name}"));
    let data = DataDir::new(next("the data folder")?);
    let adapter = next("the name of an adapter")?;
    let out = std::path::absolute(PathBuf::from(next("a folder to make")?))?;
    let wanted: Vec<String> = arguments.collect();
    fs::create_dir_all(&out)?;
    writeln!(
        std::io::stderr(),
        "{:<16} {:>10} {:>7} {:>10} {:>9} {:>9} {:>6} {:>5}",
        "form",
        "bytes",
        "secs",
        "difference",
        "allowed",
        "nats",
        "top",
        "text"
    )?;
    for format in ExportFormat::ALL {
        let name = serde_json::to_value(format)?;
        let name = name.as_str().context("forms are words")?;
        if !wanted.is_empty() && !wanted.iter().any(|it| it == name) {
            continue;
        }
        let folder = out.join(name);
        let began = Instant::now();
        match export(&data, &adapter, format, &folder) {
            Ok(()) => print(name, &folder, began.elapsed().as_secs_f64())?,
            Err(error) => writeln!(std::io::stderr(), "{name:<16} refused: {error:#}")?,
        }
    }
    Ok(())
}

fn export(data: &DataDir, adapter: &str, format: ExportFormat, folder: &Path) -> Result<()> {
    let work = Work::Export(ExportWork {
        adapter: adapter.into(),
        format,
        destination: folder.to_string_lossy().into_owned(),
    });
    let spec = JobSpec {
        version: PROTOCOL_VERSION,
        id: JobId::from("bench-export"),
        title: "Export".to_owned(),
        experiment: None,
        resources: work.resources(),
        work,
        cluster: None,
        after: Vec::new(),
        created_ms: 0,
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        threads: 0,
        assistants: 0,
    };
    let mut ignore = |_: JobEvent| {};
    let stop = StopToken::new();
    let outcome = lore_lab::run(&spec, data, &LabOptions::default(), &mut ignore, &stop)?;
    ensure!(
        matches!(outcome, Outcome::Finished { .. }),
        "it was stopped"
    );
    Ok(())
}

fn print(name: &str, folder: &Path, secs: f64) -> Result<()> {
    let text = fs::read_to_string(folder.join("parity.json"))?;
    let certificate: Value = serde_json::from_str(&text)?;
    let (parity, tolerance) = (&certificate["parity"], &certificate["tolerance"]);
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let bytes: u64 = certificate["files"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|file| file["num_bytes"].as_u64())
        .sum();
    let (ours, allowed) = (
        number(&parity["max_logit_difference"]),
        number(&tolerance["max_logit_difference"]),
    );
    let line = json!({
        "bench": "export",
        "case": name,
        "ours": ours,
        "reference": allowed,
        "ratio": ours / allowed,
        "unit": "logit",
        "samples": parity["num_positions"],
        "mean_kl_divergence": parity["mean_kl_divergence"],
        "same_top_token": parity["same_top_token"],
        "same_text": parity["same_text"],
        "bytes": bytes,
        "secs": secs,
    });
    writeln!(std::io::stdout(), "{line}")?;
    writeln!(
        std::io::stderr(),
        "{name:<16} {bytes:>10} {secs:>7.1} {ours:>10.2e} {allowed:>9} {:>9.2e} {:>5.1}% {:>5}",
        number(&parity["mean_kl_divergence"]),
        100.0 * number(&parity["same_top_token"]),
        if parity["same_text"] == true {
            "same"
        } else {
            "other"
        }
    )?;
    Ok(())
}
