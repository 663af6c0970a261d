//! Writing episodes for other programs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use lore_bank::ExperienceBank;
use lore_core::{DataDir, ExperienceId, ExperimentId, Trajectory, TrajectoryId};
use lore_data::{Dataset, TrajectoryFile, export};
use lore_protocol::{ExportTrajectoriesWork, Source};

use crate::{Job, Outcome};

/// What a run writes its episodes into.
pub(crate) const EPISODES: &str = "trajectories.jsonl";

/// Writes everything that stands at the source into one file.
pub(crate) fn run(job: &mut Job<'_>, work: &ExportTrajectoriesWork) -> Result<Outcome> {
    let path = Path::new(&work.path);
    let num_written = match &work.source {
        Source::Dataset { id } => {
            let file = Dataset::open(job.data, id)?.trajectories()?;
            export(file.read_all()?, work.form, path)?
        }
        Source::Bank { id } => {
            let bank = ExperienceBank::open(job.data, id)?;
            let ids = bank.ids()?;
            let all = ids.iter().map(|id| Ok(bank.get(id)?.trajectory));
            export(all, work.form, path)?
        }
        Source::Run {
            experiment,
            job: run,
        } => {
            let folder = job.data.job(experiment.as_ref(), run);
            export(of_runs(&[folder.join(EPISODES)])?, work.form, path)?
        }
        Source::Experiment { id } => export(of_runs(&files_of(job.data, id)?)?, work.form, path)?,
    };
    Ok(Outcome::finished(format!(
        "{num_written} episodes were written to {}.",
        path.display()
    )))
}

/// One episode, wherever it stands.
pub(crate) fn find(data: &DataDir, source: &Source, id: &TrajectoryId) -> Result<Trajectory> {
    let files = match source {
        Source::Dataset { id: dataset } => {
            return Dataset::open(data, dataset)?.trajectories()?.get(id);
        }
        Source::Bank { id: bank } => {
            let id = ExperienceId(id.0.clone());
            return Ok(ExperienceBank::open(data, bank)?.get(&id)?.trajectory);
        }
        Source::Run { experiment, job } => vec![data.job(experiment.as_ref(), job).join(EPISODES)],
        Source::Experiment { id } => files_of(data, id)?,
    };
    for path in &files {
        // The only error that is not about the file is that the trajectory is not in it.
        if let Ok(found) = TrajectoryFile::open(path)?.get(id) {
            return Ok(found);
        }
    }
    bail!("This episode is gone; it may have been played again.")
}

/// Every episode of these files, one after the other.
fn of_runs(files: &[PathBuf]) -> Result<impl Iterator<Item = Result<Trajectory>>> {
    let mut all = Vec::new();
    for path in files {
        let file = TrajectoryFile::open(path)?;
        for episode in file.read_all()? {
            all.push(episode);
        }
    }
    Ok(all.into_iter())
}

/// The files of an experiment's runs, in the order of their names.
fn files_of(data: &DataDir, experiment: &ExperimentId) -> Result<Vec<PathBuf>> {
    let folder = data.runs(experiment);
    let listing = fs::read_dir(&folder).with_context(|| {
        format!("The experiment {experiment} has no runs. It may have been deleted.")
    })?;
    let mut files: Vec<PathBuf> = listing
        .flatten()
        .map(|run| run.path().join(EPISODES))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    Ok(files)
}
