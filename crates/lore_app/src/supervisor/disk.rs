//! The list of jobs on disk: `job.json` and the journal of each, and the order of the queue.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use lore_core::{DataDir, JobId};
use lore_protocol::{JobEvent, JobLine, JobSpec, JobState};
use serde::{Deserialize, Serialize};

use super::Setup;
use super::attempt::Exit;
use super::journal::{self, Journal};
use super::record::JobRecord;
use super::start::crash;
use crate::ray::Submission;
use crate::{files, machine, names};

/// `queue.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct QueueFile {
    /// Jobs that wait, in order.
    waiting: Vec<JobId>,
    /// Jobs that were taken off the list.
    hidden: Vec<JobId>,
}

/// What the files tell.
pub(super) struct Known {
    pub(super) jobs: BTreeMap<JobId, JobRecord>,
    pub(super) waiting: Vec<JobId>,
}

fn queue_path(dir: &DataDir) -> PathBuf {
    dir.root().join("queue.json")
}

/// Where a job's specification stands.
pub(super) fn spec_path(folder: &Path) -> PathBuf {
    folder.join("job.json")
}

/// Writes the order of the queue.
pub(super) fn write_queue(
    dir: &DataDir,
    jobs: &BTreeMap<JobId, JobRecord>,
    waiting: &[JobId],
) -> Result<()> {
    let hidden = jobs.values().filter(|job| job.hidden);
    let file = QueueFile {
        waiting: waiting.to_vec(),
        hidden: hidden.map(|job| job.id().clone()).collect(),
    };
    files::write_json(&queue_path(dir), &file)
}

/// Writes new jobs down, all or none.
pub(super) fn write_specs(dir: &DataDir, specs: Vec<JobSpec>) -> Result<Vec<JobRecord>> {
    let mut records = Vec::with_capacity(specs.len());
    for spec in specs {
        let folder = dir.job(spec.experiment.as_ref(), &spec.id);
        if let Err(error) = files::write_json(&spec_path(&folder), &spec) {
            for record in &records {
                let record: &JobRecord = record;
                std::fs::remove_dir_all(&record.folder).ok();
            }
            return Err(error);
        }
        records.push(JobRecord::new(spec, folder));
    }
    Ok(records)
}

/// Every job in the data folder. Those that waited wait again; those whose worker died with the
/// program are marked as crashed.
pub(super) fn load(setup: &Setup) -> Known {
    let dir = &setup.dir;
    let mut folders = vec![dir.jobs()];
    let experiments = files::subfolders(&dir.experiments());
    folders.extend(experiments.iter().map(|folder| folder.join("runs")));
    let mut jobs = BTreeMap::new();
    for record in folders.iter().flat_map(|path| load_folders(setup, path)) {
        jobs.insert(record.id().clone(), record);
    }
    let queue = load_queue(setup);
    for id in &queue.hidden {
        if let Some(job) = jobs.get_mut(id) {
            job.hidden = true;
        }
    }
    let mut waiting = queue.waiting;
    let can_wait = |job: &JobRecord| !job.is_finished() && job.submission.is_none();
    waiting.retain(|id| jobs.get(id).is_some_and(can_wait));
    for id in &waiting {
        if let Some(job) = jobs.get_mut(id) {
            job.info.state = JobState::Queued;
        }
    }
    // A job whose writing the queue file did not live to see.
    let mut unheard: Vec<&JobRecord> = jobs
        .values()
        .filter(|job| job.info.state == JobState::Queued && !waiting.contains(job.id()))
        .collect();
    unheard.sort_by_key(|job| job.info.spec.created_ms);
    let unheard: Vec<JobId> = unheard.into_iter().map(|job| job.id().clone()).collect();
    waiting.extend(unheard);
    Known { jobs, waiting }
}

fn load_queue(setup: &Setup) -> QueueFile {
    let what = "the order of the waiting jobs, and which ones were taken off the list";
    let warn = |sentence| setup.warnings.add(sentence);
    let queue = files::read_or_set_aside(&queue_path(&setup.dir), what, warn);
    queue.unwrap_or_else(|error| {
        log::error!("{error:?}");
        setup.warnings.add(format!("{error:#}"));
        QueueFile::default()
    })
}

/// The jobs whose folders stand in `path`.
pub(super) fn load_folders(setup: &Setup, path: &Path) -> Vec<JobRecord> {
    files::subfolders(path)
        .into_iter()
        .filter_map(|folder| load_one(setup, folder))
        .collect()
}

/// The job whose folder this is.
pub(super) fn load_one(setup: &Setup, folder: PathBuf) -> Option<JobRecord> {
    let spec: JobSpec = match files::read_json(&spec_path(&folder)) {
        Ok(spec) => spec,
        // The program was killed before it had written down what is to be done.
        Err(_) if files::remove_unborn(&spec_path(&folder)) => return None,
        Err(error) => {
            log::warn!("{error:?}");
            setup.warnings.add(format!(
                "The job in {} is damaged and is not shown. Its files were left alone.",
                folder.display()
            ));
            return None;
        }
    };
    // A job that names another folder than the one it stands in was moved or tampered with.
    let in_place = names::check("a job", spec.id.as_str()).is_ok()
        && setup.dir.job(spec.experiment.as_ref(), &spec.id) == folder;
    if !in_place {
        setup.warnings.add(format!(
            "The job in {} does not belong there and is not shown.",
            folder.display()
        ));
        return None;
    }
    let mut record = JobRecord::new(spec, folder);
    let told = journal::read_all(&record.folder);
    for line in &told.lines {
        record.fold(line);
    }
    if told.num_damaged > 0 {
        setup.warnings.add(format!(
            "Lines of the record {} are damaged and are left out; what is shown of {:?} may have gaps.",
            journal::path(&record.folder).display(),
            record.info.spec.title
        ));
    }
    if record.info.spec.cluster.is_some() {
        record.submission = Submission::open(&record.folder, &told.lines);
    }
    if record.submission.is_some() {
        // It goes on without this program, even if it has not said anything yet.
        record.info.state = JobState::Running;
        return Some(record);
    }
    // One with a journal or a log has begun, even if nothing can be read of it.
    let has_begun = told.exists || journal::log_path(&record.folder).exists();
    if (has_begun && told.lines.is_empty()) || record.info.state == JobState::Running {
        bury(setup, &mut record);
    }
    Some(record)
}

/// The program ended before the job did: gives the job its last word.
fn bury(setup: &Setup, record: &mut JobRecord) {
    if let Some(pid) = record.pid {
        machine::end_stray_worker(pid, &spec_path(&record.folder));
    }
    let exit = Exit {
        words: "Lorekeeper was closed while the job ran".into(),
        by_force: false,
    };
    let line = JobLine {
        seq: record.info.last_seq + 1,
        ms: setup.clock.now_ms(),
        event: JobEvent::Failed {
            error: crash(record, &exit, false),
        },
    };
    let written = Journal::open(&record.folder).and_then(|mut journal| journal.append(&line));
    if let Err(error) = written {
        log::error!("{error:?}");
    }
    record.fold(&line);
}
