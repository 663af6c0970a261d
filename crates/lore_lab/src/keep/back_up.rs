//! Everything in one file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use lore_core::{DataDir, Kept, KeptThing, Watcher as _, size_in_words};
use lore_data::{ArchiveHead, ArchiveWriter, TreeFile, tree};
use lore_protocol::{BackUpWork, JobSpec};

use super::{Meter, is_over};
use crate::files::{now_ms, read_json};
use crate::{Job, Outcome};

/// What goes into the file, and what does not.
struct Plan {
    files: Vec<TreeFile>,
    left_out: Vec<String>,
}

/// Writes the file. Stopped, it leaves nothing.
pub(crate) fn run(job: &mut Job<'_>, work: &BackUpWork) -> Result<Outcome> {
    job.relay.progress("Look what there is", 0, 0, "");
    let plan = plan(job.data, work.models)?;
    let target = Path::new(&work.path);
    let mut archive = ArchiveWriter::create(target)?;
    let stop = job.stop;
    let mut meter = Meter::new(&mut job.relay, "Save", &plan.files);
    for file in &plan.files {
        let mut tell = |count| meter.count(count, stop);
        if !add(&mut archive, file, &mut tell)? {
            return Ok(Outcome::Stopped { resumable: false });
        }
    }
    let num_left_out = plan.left_out.len();
    let head = ArchiveHead {
        created_ms: now_ms(),
        code_version: job.spec.code_version.clone(),
        left_out: plan.left_out,
    };
    job.relay.progress("Finish the file", 0, 0, "");
    let num_bytes = archive.finish(head)?;
    let saved = format!("Everything was saved ({}).", size_in_words(num_bytes));
    Ok(Outcome::finished(match num_left_out {
        0 => saved,
        1 => format!("{saved} 1 job that was not done is not in it."),
        more => format!("{saved} {more} jobs that were not done are not in it."),
    }))
}

fn add(
    archive: &mut ArchiveWriter,
    file: &TreeFile,
    tell: &mut dyn FnMut(u64) -> bool,
) -> Result<bool> {
    let open = || -> std::io::Result<(File, u64)> {
        let open = File::open(&file.place)?;
        // As long as it is now: who appends to it meanwhile is in the next backup.
        let num_bytes = open.metadata()?.len();
        Ok((open, num_bytes))
    };
    let (open, num_bytes) = open().with_context(|| {
        format!(
            "{} was changed while it was being saved. Start the backup again.",
            file.path
        )
    })?;
    archive.add(&file.path, &mut open.take(num_bytes), tell)
}

/// Every file that is kept, without jobs that wait or run and without what they have written so far.
fn plan(data: &DataDir, models: bool) -> Result<Plan> {
    let mut files = Vec::new();
    let mut over = BTreeSet::new();
    let mut not_over = BTreeSet::new();
    for file in tree(data.root())? {
        let Some(thing) = KeptThing::at(&file.path) else {
            continue;
        };
        if thing.kind == Kept::Model && !models {
            continue;
        }
        let Some(folder) = job_folder(&file.path) else {
            files.push(file);
            continue;
        };
        let folder = folder.to_owned();
        if !over.contains(&folder) && !not_over.contains(&folder) {
            if is_over(&data.root().join(&folder)) {
                over.insert(folder.clone());
            } else {
                not_over.insert(folder.clone());
            }
        }
        if over.contains(&folder) {
            files.push(file);
        }
    }
    let left_out = not_over
        .iter()
        .map(|folder| title(&data.root().join(folder)).unwrap_or_else(|| folder.clone()))
        .collect();
    Ok(Plan { files, left_out })
}

/// The folder of the job that the file belongs to, within the data folder.
fn job_folder(path: &str) -> Option<&str> {
    let depth = match path.split('/').collect::<Vec<_>>()[..] {
        ["jobs", _, _, ..] => 2,
        ["experiments", _, "runs", _, _, ..] => 4,
        _ => return None,
    };
    let (end, _) = path.match_indices('/').nth(depth - 1)?;
    Some(&path[..end])
}

/// A job's name for people.
fn title(folder: &Path) -> Option<String> {
    let spec: JobSpec = read_json(&folder.join("job.json")).ok()?;
    Some(spec.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_jobs_are_told_from_others() {
        for (path, expected) in [
            ("jobs/j/job.json", Some("jobs/j")),
            ("jobs/j/checkpoints/1/x", Some("jobs/j")),
            (
                "experiments/e/runs/r/job.json",
                Some("experiments/e/runs/r"),
            ),
            ("experiments/e/experiment.json", None),
            ("experiments/e/figures/a.svg", None),
            ("datasets/jobs/x/y", None),
        ] {
            assert_eq!(job_folder(path), expected, "{path}");
        }
    }
}
