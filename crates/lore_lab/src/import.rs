//! Bringing a file in as a data set.

use anyhow::Result;

use lore_core::{DatasetId, DatasetInfo};
use lore_data::{Dataset, Imported, NewDataset};
use lore_protocol::ImportWork;

use crate::{Job, Outcome};

/// Imports what stands at the path. The source is only read.
pub(crate) fn run(job: &mut Job<'_>, work: &ImportWork) -> Result<Outcome> {
    if let Some(info) = made_before(job, &work.dataset) {
        return Ok(Outcome::finished(summary(&info)));
    }
    let target = new_dataset(job, &work.dataset, &work.name, String::new(), None);
    let path = work.path.as_ref();
    let columns = work.columns.as_ref();
    let imported = lore_data::import_as(path, columns, &target, &mut job.relay, job.stop);
    match imported {
        Ok(Imported::New(info)) => Ok(Outcome::finished(summary(&info))),
        Ok(Imported::AlreadyThere(info)) => Ok(Outcome::finished(format!(
            "Nothing new: the data set {:?} holds exactly this.",
            info.name
        ))),
        // Nothing is kept of half an import.
        Err(_) if job.stop.is_stopped() => Ok(Outcome::Stopped { resumable: false }),
        Err(error) => Err(error),
    }
}

/// The data set, when this very job has made it already and was ended before it could say so.
pub(crate) fn made_before(job: &Job<'_>, id: &DatasetId) -> Option<DatasetInfo> {
    let dataset = Dataset::open(job.data, id).ok()?;
    let info = dataset.info();
    (info.created_ms == job.spec.created_ms).then(|| info.clone())
}

/// A data set to be made by this job; the job's own time marks it as its work.
pub(crate) fn new_dataset(
    job: &Job<'_>,
    id: &DatasetId,
    name: &str,
    source: String,
    unseen_types: Option<Vec<String>>,
) -> NewDataset {
    NewDataset {
        data: job.data.clone(),
        id: id.clone(),
        name: name.to_owned(),
        source,
        unseen_types,
        created_ms: job.spec.created_ms,
    }
}

fn summary(info: &DatasetInfo) -> String {
    let what = match info.kind {
        lore_core::DatasetKind::Trajectories => "episodes",
        lore_core::DatasetKind::Games => "games",
    };
    let report = &info.report;
    let mut sentences = vec![format!("{} {what} came in.", info.num_items)];
    if report.num_duplicates > 0 {
        sentences.push(format!("{} were there already.", report.num_duplicates));
    }
    if report.num_rejected > 0 {
        sentences.push(format!(
            "{} could not be read; the data set says why.",
            report.num_rejected
        ));
    }
    sentences.join(" ")
}
