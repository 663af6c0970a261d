//! What such a file holds, added to what is here.
//!
//! Everything is unpacked and checked in a draft first; only then it is moved in, thing by thing. What
//! is here already is never touched, and what cannot be moved in takes back what was.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use lore_core::{DataDir, Kept, KeptThing};
use lore_data::ArchiveReader;
use lore_protocol::RestoreWork;

use super::{Meter, is_over};
use crate::files::remove_folder;
use crate::{Job, Outcome};

/// Adds what is not here. Stopped or failed, it changes nothing.
pub(crate) fn run(job: &mut Job<'_>, work: &RestoreWork) -> Result<Outcome> {
    let mut archive = ArchiveReader::open(Path::new(&work.path))?;
    let things = wanted(&archive, job.data, work.settings)?;
    let draft = job.data.root().join(format!(".restore-{}", job.spec.id));
    remove_folder(&draft)?;
    let result = unpack(job, &mut archive, &things, &draft).and_then(|is_whole| {
        if !is_whole {
            return Ok(Outcome::Stopped { resumable: false });
        }
        drop_unfinished(&draft)?;
        let wanted = things.iter().filter(|(_, is_wanted)| **is_wanted);
        let moved = move_in(job.data, &draft, wanted.map(|(thing, _)| thing))?;
        Ok(Outcome::finished(summary(moved, things.len())))
    });
    remove_folder(&draft)?;
    result
}

/// Everything in the archive, and whether it is taken.
fn wanted(
    archive: &ArchiveReader,
    data: &DataDir,
    settings: bool,
) -> Result<BTreeMap<KeptThing, bool>> {
    let mut things = BTreeMap::new();
    for file in archive.files() {
        let Some(thing) = KeptThing::at(&file.path) else {
            bail!(
                "The backup holds {:?}, which is nothing that Lorekeeper keeps.",
                file.path
            );
        };
        let is_wanted = match thing.kind {
            Kept::Settings => settings,
            // They are added to those that are here.
            Kept::Marks => true,
            _ => !is_here(data, &thing),
        };
        things.insert(thing, is_wanted);
    }
    Ok(things)
}

fn is_here(data: &DataDir, thing: &KeptThing) -> bool {
    let mut places = thing.places().into_iter();
    places.any(|place| data.root().join(place).exists())
}

/// Reads the whole archive; what is wanted is written into the draft. False when stopped.
fn unpack(
    job: &mut Job<'_>,
    archive: &mut ArchiveReader,
    things: &BTreeMap<KeptThing, bool>,
    draft: &Path,
) -> Result<bool> {
    let stop = job.stop;
    let total = archive.files().iter().map(|file| file.num_bytes).sum();
    let mut meter = Meter::over(&mut job.relay, "Check and unpack", total);
    for index in 0..archive.files().len() {
        let path = archive.files()[index].path.clone();
        let is_wanted = KeptThing::at(&path).is_some_and(|thing| things.get(&thing) == Some(&true));
        let file = is_wanted.then(|| create(&draft.join(&path))).transpose()?;
        let mut into: Box<dyn Write> = match &file {
            Some(file) => Box::new(file),
            None => Box::new(io::sink()),
        };
        let mut tell = |count| meter.count(count, stop);
        if !archive.read(index, &mut into, &mut tell)? {
            return Ok(false);
        }
        if let Some(file) = &file {
            file.sync_all()
                .with_context(|| format!("Could not write {path}."))?;
        }
    }
    Ok(!stop.is_stopped())
}

fn create(path: &Path) -> Result<File> {
    let create = || -> io::Result<File> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        File::create_new(path)
    };
    create().with_context(|| format!("Could not write {}.", path.display()))
}

/// Takes jobs out of the draft that have not said their last word: at the next start they would begin to
/// run, and nobody here asked for that. A backup of ours holds none.
fn drop_unfinished(draft: &Path) -> Result<()> {
    let mut places = vec![draft.join("jobs")];
    places.extend(folders_in(&draft.join("experiments")).map(|folder| folder.join("runs")));
    for folder in places.iter().flat_map(|place| folders_in(place)) {
        if !is_over(&folder) {
            remove_folder(&folder)?;
        }
    }
    Ok(())
}

fn folders_in(place: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
}

/// Moves things from the draft to their places; returns how many. All or none, but for those that
/// somebody made here in the meantime.
fn move_in<'a>(
    data: &DataDir,
    draft: &Path,
    things: impl Iterator<Item = &'a KeptThing>,
) -> Result<usize> {
    let mut done: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut num_moved = 0;
    for thing in things {
        let moved = move_one(data, draft, thing, &mut done);
        match moved {
            Ok(is_moved) => num_moved += usize::from(is_moved),
            Err(error) => {
                for (from, to) in done.into_iter().rev() {
                    // What cannot go back is whole where it is.
                    fs::rename(to, from).ok();
                }
                return Err(error.context(format!(
                    "Could not put {:?} in its place. Nothing was added.",
                    thing.id
                )));
            }
        }
    }
    Ok(num_moved)
}

fn move_one(
    data: &DataDir,
    draft: &Path,
    thing: &KeptThing,
    done: &mut Vec<(PathBuf, PathBuf)>,
) -> Result<bool> {
    let replaces = matches!(thing.kind, Kept::Settings | Kept::Marks);
    if !replaces && is_here(data, thing) {
        return Ok(false);
    }
    let mut is_moved = false;
    for place in thing.places() {
        let from = draft.join(&place);
        if !from.exists() {
            continue;
        }
        is_moved = true;
        let to = match thing.kind {
            Kept::Marks => data.brought_marks(),
            _ => data.root().join(&place),
        };
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::rename(&from, &to)?;
        if !replaces {
            done.push((from, to));
        }
    }
    Ok(is_moved)
}

fn summary(num_added: usize, num_things: usize) -> String {
    let added = match num_added {
        0 => "Nothing was added.".to_owned(),
        1 => "1 thing was added.".to_owned(),
        more => format!("{more} things were added."),
    };
    match num_things - num_added {
        0 => added,
        1 => format!("{added} 1 stayed as it was here."),
        more => format!("{added} {more} stayed as they were here."),
    }
}
