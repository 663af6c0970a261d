//! The data folder, copied to another place. Nothing is used from there yet: the application takes what
//! changed meanwhile along when it starts next, and only then goes on there.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use lore_core::{DataDir, Watcher as _, size_in_words};
use lore_data::{Pumped, TreeFile, copy_file, hash_file, tree};
use lore_protocol::{MOVED_FILE, MoveWork, Moved, MovedFile};

use super::Meter;
use crate::files::{now_ms, write_json};
use crate::{Job, Outcome};

/// Tells that a folder holds a copy that is not done, and whose.
const UNFINISHED: &str = ".moving";

/// Copies everything and reads it back. Stopped or failed, it leaves an empty folder.
pub(crate) fn run(job: &mut Job<'_>, work: &MoveWork) -> Result<Outcome> {
    let to = Path::new(&work.folder);
    prepare(job, to)?;
    job.relay.progress("Look what there is", 0, 0, "");
    let began_ns = now_ms() * 1_000_000;
    let files = files_of(job.data)?;
    let copied = copy_all(job, &files, to);
    match copied {
        Ok(true) => {}
        Ok(false) => {
            clear(to);
            return Ok(Outcome::Stopped { resumable: false });
        }
        Err(error) => {
            clear(to);
            return Err(error);
        }
    }
    let moved = Moved {
        from: job.data.root().to_string_lossy().into_owned(),
        files: files
            .iter()
            .map(|file| MovedFile {
                path: file.path.clone(),
                num_bytes: file.num_bytes,
                modified_ns: settled(file, began_ns),
            })
            .collect(),
    };
    write_json(&to.join(MOVED_FILE), &moved)?;
    fs::remove_file(to.join(UNFINISHED)).ok();
    let num_bytes = files.iter().map(|file| file.num_bytes).sum();
    Ok(Outcome::finished(format!(
        "Everything was copied and checked ({}). Start Lorekeeper again to go on in the new folder.",
        size_in_words(num_bytes)
    )))
}

/// When the file was written, or 0 when that was only just: a disk that counts in seconds would give the
/// next change of it the same time.
fn settled(file: &TreeFile, now_ns: u64) -> u64 {
    const COARSE_NS: u64 = 3_000_000_000;
    if file.modified_ns + COARSE_NS < now_ns {
        file.modified_ns
    } else {
        0
    }
}

/// Makes the folder and notes whose it is. One that an earlier try of this job left is emptied.
fn prepare(job: &Job<'_>, to: &Path) -> Result<()> {
    let note = to.join(UNFINISHED);
    let is_ours = fs::read_to_string(&note).is_ok_and(|text| text == job.spec.id.as_str());
    if is_ours {
        clear(to);
    }
    let failed = || format!("Could not write to {}.", to.display());
    fs::create_dir_all(to).with_context(failed)?;
    let is_empty = fs::read_dir(to).with_context(failed)?.next().is_none();
    ensure!(
        is_empty,
        "The folder {} is not empty. Choose an empty one or a new name.",
        to.display()
    );
    let real = |path: &Path| path.canonicalize().with_context(failed);
    let (from, to) = (real(job.data.root())?, real(to)?);
    if to.starts_with(&from) || from.starts_with(&to) {
        bail!("The new folder must not be in the data folder, nor around it. Choose another.");
    }
    fs::write(note, job.spec.id.as_str()).with_context(failed)
}

/// Everything but the lock, which belongs to whoever runs here.
fn files_of(data: &DataDir) -> Result<Vec<TreeFile>> {
    let lock = data.lock();
    let mut files = tree(data.root())?;
    files.retain(|file| file.place != lock);
    Ok(files)
}

/// Copies the files and reads the copies back. False when stopped.
fn copy_all(job: &mut Job<'_>, files: &[TreeFile], to: &Path) -> Result<bool> {
    let Some(copies) = copy(job, files, to)? else {
        return Ok(false);
    };
    check(job, files, &copies, to)
}

/// Copies the files; what each copy must be, or `None` when stopped. A file that is gone by now has no
/// copy: the next start brings along what changed.
fn copy(job: &mut Job<'_>, files: &[TreeFile], to: &Path) -> Result<Option<Vec<Option<Pumped>>>> {
    let stop = job.stop;
    let mut meter = Meter::new(&mut job.relay, "Copy", files);
    let mut copies = Vec::with_capacity(files.len());
    for file in files {
        let mut tell = |count| meter.count(count, stop);
        match copy_file(&file.place, &to.join(&file.path), &mut tell) {
            Err(_) if !file.place.exists() => copies.push(None),
            copied => match copied? {
                Some(copied) => copies.push(Some(copied)),
                None => return Ok(None),
            },
        }
    }
    Ok(Some(copies))
}

/// Reads the copies back. False when stopped.
fn check(
    job: &mut Job<'_>,
    files: &[TreeFile],
    copies: &[Option<Pumped>],
    to: &Path,
) -> Result<bool> {
    let stop = job.stop;
    let mut meter = Meter::new(&mut job.relay, "Check the copy", files);
    for (file, expected) in files.iter().zip(copies) {
        let Some(expected) = expected else { continue };
        let mut tell = |count| meter.count(count, stop);
        let Some(found) = hash_file(&to.join(&file.path), &mut tell)? else {
            return Ok(false);
        };
        ensure!(
            found == *expected,
            "The copy of {} differs from the original. Is the disk of the new folder damaged? Everything \
             stays where it is.",
            file.path
        );
    }
    Ok(!stop.is_stopped())
}

/// Removes what was copied; the folder itself stays.
fn clear(to: &Path) {
    let Ok(listing) = fs::read_dir(to) else {
        return;
    };
    for entry in listing.flatten() {
        let path = entry.path();
        // What cannot be removed is named when somebody chooses the folder again.
        if path.is_dir() {
            fs::remove_dir_all(path).ok();
        } else {
            fs::remove_file(path).ok();
        }
    }
}
