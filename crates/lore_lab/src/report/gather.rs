//! What the runs of an experiment left on disk.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use lore_core::{DataDir, ExperimentId, RunSummary};
use lore_protocol::{JobEvent, JobLine, JobSpec, Work};

use crate::files::read_json;

/// Finished runs, and what could not be read.
pub(super) struct Gathered {
    /// In alphabetical order of their folders.
    pub(super) runs: Vec<RunSummary>,
    /// One sentence for each file that was left out.
    pub(super) warnings: Vec<String>,
}

/// Every `summary.json` of the experiment. A damaged one is left out with a warning: one bad file must
/// not hide the other numbers.
pub(super) fn runs(data: &DataDir, experiment: &ExperimentId) -> Result<Gathered> {
    let mut gathered = Gathered {
        runs: Vec::new(),
        warnings: Vec::new(),
    };
    for folder in run_folders(data, experiment)? {
        let path = folder.join("summary.json");
        if !path.exists() {
            continue;
        }
        match read_json(&path) {
            Ok(run) => gathered.runs.push(run),
            Err(error) => gathered.warnings.push(format!("Left out a run: {error:#}")),
        }
    }
    Ok(gathered)
}

/// A training's loss over its steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LossCurve {
    /// The training's name for people.
    pub(super) name: String,
    /// Optimiser step and loss, in order of the step.
    pub(super) points: Vec<(u64, f64)>,
}

/// The training loss of every training of the experiment that told one.
pub(super) fn loss_curves(data: &DataDir, experiment: &ExperimentId) -> Result<Vec<LossCurve>> {
    let mut curves = Vec::new();
    for folder in run_folders(data, experiment)? {
        let Ok(spec) = read_json::<JobSpec>(&folder.join("job.json")) else {
            continue;
        };
        if !matches!(spec.work, Work::Train(_)) {
            continue;
        }
        let points = losses(&folder.join("events.jsonl"));
        if !points.is_empty() {
            curves.push(LossCurve {
                name: spec.title,
                points,
            });
        }
    }
    Ok(curves)
}

/// The `train/loss` metrics of an event log. Lines that cannot be read are skipped; of a step that was
/// done twice, after a resume, the later one counts.
fn losses(path: &Path) -> Vec<(u64, f64)> {
    let Ok(file) = fs::File::open(path) else {
        return Vec::new();
    };
    let mut by_step = std::collections::BTreeMap::new();
    for line in BufReader::new(file).lines().map_while(Result::ok) {
        let Ok(line) = serde_json::from_str::<JobLine>(&line) else {
            continue;
        };
        if let JobEvent::Metric { name, step, value } = line.event
            && name == "train/loss"
            && value.is_finite()
        {
            by_step.insert(step, value);
        }
    }
    by_step.into_iter().collect()
}

fn run_folders(data: &DataDir, experiment: &ExperimentId) -> Result<Vec<PathBuf>> {
    let root = data.runs(experiment);
    if !root.exists() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in fs::read_dir(&root)
        .with_context(|| format!("Could not list the runs in {}.", root.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}
