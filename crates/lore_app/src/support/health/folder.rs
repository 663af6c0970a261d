//! The data folder and the disk it is on.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use lore_core::{Kept, size_in_words};

use super::Found;
use crate::core::Core;
use crate::handlers::storage;
use crate::machine::{self, DiskFacts};

/// Room below which jobs will soon fail.
const LITTLE: u64 = 1_000_000_000;

/// Room below which a large model does not fit.
const SOME: u64 = 5_000_000_000;

/// Parts of paths that other programs copy to somewhere else all the time.
const SYNCED: [&str; 5] = ["Dropbox", "OneDrive", "Google Drive", "iCloud", "Nextcloud"];

/// Room on the disk, and what the kept things take of it.
pub(super) fn room(core: &Core) -> Found {
    let Some(free) = machine::free_bytes(core.dir.root()) else {
        return Found::notable("The system does not say how much room is free", "");
    };
    let usage = storage::usage(&core.dir).unwrap_or_default();
    let runs = usage.bytes_of(Kept::Experiment) + usage.bytes_of(Kept::Job);
    of_room(
        free,
        &format!(
            "{} free; Lorekeeper keeps {} (models {}, banks {}, runs {})",
            size_in_words(free),
            size_in_words(usage.num_bytes()),
            size_in_words(usage.bytes_of(Kept::Model)),
            size_in_words(usage.bytes_of(Kept::Bank)),
            size_in_words(runs),
        ),
    )
}

fn of_room(free: u64, summary: &str) -> Found {
    match free {
        0..LITTLE => Found::action(
            summary,
            "Delete models you do not need, or move the data folder to a larger disk.",
        ),
        LITTLE..SOME => Found::notable(summary, "A large model may not fit any more."),
        _ => Found::fine(summary),
    }
}

/// Whether the folder can be written, and whether its disk is a good place.
pub(super) fn writable(root: &Path) -> Found {
    let probe = root.join(format!(".probe-{}", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&probe)?;
        file.write_all(b"Lorekeeper was here")?;
        file.sync_all()
    };
    let written = write();
    fs::remove_file(&probe).ok();
    if let Err(error) = written {
        return Found::action(
            format!("It cannot be written: {error}"),
            "Give yourself the right to write there, or move the data folder.",
        );
    }
    of_place(root, &machine::disk_facts(root).unwrap_or_default())
}

fn of_place(root: &Path, disk: &DiskFacts) -> Found {
    if disk.is_remote {
        return Found::notable(
            "It is on a disk of another computer",
            "It works, but slowly, and is in danger when the network fails. A disk in this computer is better.",
        );
    }
    let path = root.to_string_lossy();
    if let Some(program) = SYNCED.iter().find(|name| path.contains(**name)) {
        return Found::notable(
            format!("{program} copies it all the time"),
            "Files may be locked or mixed up. Move the data folder to a place that is not copied.",
        );
    }
    if disk.is_removable {
        return Found::notable(
            "It is on a disk that can be taken away",
            "Close Lorekeeper before you take it away.",
        );
    }
    Found::fine("It can be written, on a disk in this computer")
}

/// Processes and half-done files that an earlier start left.
pub(super) fn leftovers(core: &Core) -> Found {
    let strays = machine::stray_workers(&core.worker.path, core.dir.root());
    if !strays.is_empty() {
        let numbers: Vec<String> = strays.iter().map(u32::to_string).collect();
        return Found::action(
            format!(
                "Workers of an earlier start still run: {}",
                numbers.join(", ")
            ),
            "Restart this computer, or end these processes.",
        );
    }
    let jobs = core.jobs.all().unwrap_or_default();
    let is_idle = !jobs.iter().any(|job| job.info.state.is_active());
    let drafts = drafts(core.dir.root());
    if is_idle && drafts > 0 {
        return Found::notable(
            format!("{drafts} half-done files or folders of work that was cut off"),
            "Resume that work on the Runs page; it goes on from them or clears them away.",
        );
    }
    Found::fine("Nothing was left behind")
}

/// Drafts of writers, by their names.
fn drafts(root: &Path) -> usize {
    let folders = ["", "models", "datasets", "adapters", "worlds"];
    let entries = folders
        .iter()
        .filter_map(|folder| fs::read_dir(root.join(folder)).ok())
        .flatten()
        .flatten();
    entries
        .filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"."))
        .count()
}

#[cfg(test)]
mod tests {
    use lore_protocol::FindingState;

    use super::*;

    #[test]
    fn little_room_needs_action() {
        for (free, state) in [
            (0, FindingState::Action),
            (2 * LITTLE, FindingState::Notable),
            (SOME, FindingState::Fine),
        ] {
            assert_eq!(of_room(free, "").state, state);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = writable(folder.path());
        assert_ne!(found.state, FindingState::Action, "{}", found.summary);
        let left = fs::read_dir(folder.path()).expect("is listed").count();
        assert_eq!(left, 0, "the probe is gone");
        let found = writable(&folder.path().join("gone"));
        assert_eq!(found.state, FindingState::Action);
    }

    #[test]
    fn places_that_are_not_good_are_told() {
        let state = |path: &str, disk: DiskFacts| of_place(Path::new(path), &disk).state;
        let good = DiskFacts::default();
        assert_eq!(
            state("/home/ada/.local/share/lorekeeper", good.clone()),
            FindingState::Fine
        );
        assert_eq!(state("/home/ada/Dropbox/x", good), FindingState::Notable);
        let remote = DiskFacts {
            is_remote: true,
            ..DiskFacts::default()
        };
        assert_eq!(state("/net/x", remote), FindingState::Notable);
    }

    #[test]
    fn drafts_are_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("models/.m.fetch")).expect("makes");
        fs::create_dir_all(folder.path().join("models/m")).expect("makes");
        assert_eq!(drafts(folder.path()), 1);
    }
}
