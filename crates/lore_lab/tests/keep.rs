//! Everything in one file and back, and the data folder in another place.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{job, lab};
use lore_core::{DataDir, StopToken};
use lore_data::{ArchiveHead, ArchiveReader, ArchiveWriter, tree};
use lore_lab::{LabOptions, Outcome};
use lore_protocol::{
    BackUpWork, JobEvent, JobLine, JobSpec, MOVED_FILE, MeasureWork, MoveWork, Moved, RestoreWork,
    Work,
};
use tempfile::TempDir;

/// A data folder with something of each kind, and room beside it.
struct House {
    root: TempDir,
}

impl House {
    fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("data")).unwrap();
        Self { root }
    }

    fn furnished() -> Self {
        let house = Self::empty();
        for (path, text) in [
            ("settings.json", r#"{"theme": "dark"}"#),
            ("marks.json", r#"[{"note": "mine"}]"#),
            ("datasets/d/dataset.json", "{}"),
            ("datasets/d/trajectories.jsonl", "{}\n{}\n"),
            ("datasets/.d.part/trajectories.jsonl", "half"),
            ("bank.lance/b.lance/_versions/1.manifest", "data/1"),
            ("bank.lance/b.lance/data/1.lance", "rows"),
            ("bank-windows.lance/b.lance/data/1.lance", "windows"),
            ("models/m/model.json", "{}"),
            ("models/m/m.gguf", "weights"),
            ("adapters/a/adapter.json", "{}"),
            ("worlds/servers.json", "[]"),
            ("experiments/e/experiment.json", "{}"),
            ("experiments/e/report.html", "<html>"),
            ("trash/datasets/old/dataset.json", "{}"),
            ("lorekeeper.lock", "1"),
            ("interactive.log", "words"),
            ("speed-m.json", "{}"),
        ] {
            house.put(path, text);
        }
        house.put_job("jobs/done", &[finished()]);
        house.put_job("jobs/waiting", &[]);
        house.put_job("experiments/e/runs/done", &[hello(), finished()]);
        house.put_job("experiments/e/runs/running", &[hello()]);
        house
    }

    fn data(&self) -> DataDir {
        DataDir::new(self.root.path().join("data"))
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn put(&self, path: &str, text: &str) {
        let place = self.data().root().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    fn put_job(&self, folder: &str, events: &[JobEvent]) {
        let title = format!("Job in {folder}");
        let spec = JobSpec {
            title,
            ..job(Work::Measure(MeasureWork { model: "m".into() }))
        };
        let spec = serde_json::to_string(&spec).unwrap();
        self.put(&format!("{folder}/job.json"), &spec);
        let lines: String = (1..)
            .zip(events)
            .map(|(seq, event)| {
                let event = event.clone();
                let line = JobLine { seq, ms: 1, event };
                serde_json::to_string(&line).unwrap() + "\n"
            })
            .collect();
        self.put(&format!("{folder}/events.jsonl"), &lines);
    }

    /// Every file with its text, drafts included.
    fn files(&self) -> BTreeMap<String, String> {
        files_below(self.data().root())
    }

    fn run(&self, work: Work, stop: &StopToken) -> anyhow::Result<Outcome> {
        lab(&job(work), &self.data(), &LabOptions::default(), stop).0
    }

    fn back_up(&self, target: &Path, models: bool) -> String {
        let work = Work::BackUp(BackUpWork {
            path: target.display().to_string(),
            models,
        });
        finished_with(self.run(work, &StopToken::new()))
    }

    fn restore(&self, path: &Path, settings: bool) -> anyhow::Result<Outcome> {
        let work = Work::Restore(RestoreWork {
            path: path.display().to_string(),
            settings,
        });
        self.run(work, &StopToken::new())
    }
}

fn files_below(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.insert(name, fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

fn finished() -> JobEvent {
    JobEvent::Finished {
        summary: String::new(),
    }
}

fn hello() -> JobEvent {
    JobEvent::Hello {
        protocol: 1,
        pid: 1,
        build: String::new(),
    }
}

#[track_caller]
fn finished_with(outcome: anyhow::Result<Outcome>) -> String {
    match outcome.unwrap() {
        Outcome::Finished { summary } => summary,
        other @ Outcome::Stopped { .. } => panic!("it did not finish: {other:?}"),
    }
}

/// What a backup holds of the furnished house.
fn expected(house: &House, models: bool) -> BTreeMap<String, String> {
    let mut files = house.files();
    files.retain(|path, _| {
        let is_left_out = [
            "waiting",
            "running",
            ".d.part",
            "trash/",
            "speed-",
            "lorekeeper.lock",
            "interactive",
        ]
        .iter()
        .any(|part| path.contains(part));
        !is_left_out && (models || !path.starts_with("models/"))
    });
    files
}

#[test]
fn everything_comes_back_in_an_empty_folder() {
    let house = House::furnished();
    let before = house.files();
    let target = house.beside("all.lorekeeper");
    let summary = house.back_up(&target, true);
    assert!(summary.contains("2 jobs that were not done"), "{summary}");
    assert_eq!(house.files(), before, "a backup changes nothing");
    let head = ArchiveReader::open(&target).unwrap().head().clone();
    let waiting = "Job in jobs/waiting".to_owned();
    assert!(head.left_out.contains(&waiting), "{head:?}");

    let other = House::empty();
    let summary = finished_with(other.restore(&target, true));
    assert!(summary.starts_with("9 things were added."), "{summary}");
    let mut expected = expected(&house, true);
    let marks = expected.remove("marks.json").unwrap();
    expected.insert("marks.restored.json".into(), marks);
    assert_eq!(other.files(), expected);
}

#[test]
fn models_are_left_out_unless_wanted() {
    let house = House::furnished();
    let target = house.beside("all.lorekeeper");
    house.back_up(&target, false);
    let archive = ArchiveReader::open(&target).unwrap();
    let paths: Vec<&str> = archive
        .files()
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    let expected = expected(&house, false);
    assert_eq!(paths.len(), expected.len(), "{paths:?}");
    assert!(paths.iter().all(|path| expected.contains_key(*path)));
}

#[test]
fn what_is_here_is_never_touched() {
    let house = House::furnished();
    let target = house.beside("all.lorekeeper");
    house.back_up(&target, true);
    let other = House::empty();
    other.put("datasets/d/dataset.json", "mine");
    other.put("bank.lance/b.lance/data/9.lance", "mine");
    other.put("settings.json", "mine");
    let before = other.files();
    let summary = finished_with(other.restore(&target, false));
    assert!(summary.contains("3 stayed as they were here"), "{summary}");
    let after = other.files();
    for (path, text) in &before {
        assert_eq!(after.get(path), Some(text), "{path}");
    }
    assert!(
        !after.contains_key("datasets/d/trajectories.jsonl"),
        "nothing is mixed"
    );
    assert!(!after.contains_key("bank-windows.lance/b.lance/data/1.lance"));
    assert!(after.contains_key("adapters/a/adapter.json"));
    // And once more: all of it is here now.
    let again = finished_with(other.restore(&target, false));
    assert!(
        again.starts_with("1 thing was added."),
        "only marks, which are added: {again}"
    );
    assert_eq!(other.files(), after);
}

#[test]
fn a_stopped_backup_leaves_nothing_behind() {
    let house = House::furnished();
    let target = house.beside("all.lorekeeper");
    let stop = StopToken::new();
    stop.stop();
    let work = Work::BackUp(BackUpWork {
        path: target.display().to_string(),
        models: true,
    });
    let outcome = house.run(work, &stop).unwrap();
    assert_eq!(outcome, Outcome::Stopped { resumable: false });
    let names = fs::read_dir(house.root.path()).unwrap().count();
    assert_eq!(names, 1, "only the data folder is there");
}

#[test]
fn a_damaged_backup_changes_nothing() {
    let house = House::furnished();
    let target = house.beside("all.lorekeeper");
    house.back_up(&target, true);
    let whole = fs::read(&target).unwrap();
    let other = House::empty();
    let mut num_refused = 0;
    for place in (0..whole.len()).step_by(41) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x55;
        fs::write(&target, bytes).unwrap();
        if other.restore(&target, true).is_err() {
            num_refused += 1;
            assert_eq!(other.files().len(), 0, "byte {place}");
            let left = fs::read_dir(other.data().root()).unwrap().count();
            assert_eq!(left, 0, "no draft stays (byte {place})");
        } else {
            fs::remove_dir_all(other.data().root()).unwrap();
            fs::create_dir_all(other.data().root()).unwrap();
        }
    }
    assert!(num_refused > 20, "only {num_refused} were refused");
}

#[test]
fn a_stopped_restore_changes_nothing() {
    let house = House::furnished();
    let target = house.beside("all.lorekeeper");
    house.back_up(&target, true);
    let other = House::empty();
    let stop = StopToken::new();
    stop.stop();
    let work = Work::Restore(RestoreWork {
        path: target.display().to_string(),
        settings: true,
    });
    let outcome = other.run(work, &stop).unwrap();
    assert_eq!(outcome, Outcome::Stopped { resumable: false });
    assert_eq!(fs::read_dir(other.data().root()).unwrap().count(), 0);
}

#[test]
fn jobs_that_would_begin_to_run_are_not_taken_in() {
    let house = House::empty();
    let target = house.beside("forged.lorekeeper");
    let mut archive = ArchiveWriter::create(&target).unwrap();
    for path in [
        "jobs/j/job.json",
        "experiments/e/runs/r/job.json",
        "experiments/e/experiment.json",
    ] {
        assert!(archive.add(path, &mut &b"{}"[..], &mut |_| true).unwrap());
    }
    archive.finish(ArchiveHead::default()).unwrap();
    finished_with(house.restore(&target, true));
    let files: Vec<String> = house.files().into_keys().collect();
    assert_eq!(files, ["experiments/e/experiment.json"]);
}

#[test]
fn what_nobody_keeps_is_refused() {
    let house = House::empty();
    let target = house.beside("forged.lorekeeper");
    let mut archive = ArchiveWriter::create(&target).unwrap();
    assert!(
        archive
            .add("lorekeeper.lock", &mut &b"1"[..], &mut |_| true)
            .unwrap()
    );
    archive.finish(ArchiveHead::default()).unwrap();
    let error = house.restore(&target, true).unwrap_err().to_string();
    assert!(error.contains("nothing that Lorekeeper keeps"), "{error}");
}

#[test]
fn the_folder_is_copied_whole_and_stays() {
    let house = House::furnished();
    let before = house.files();
    let to = house.beside("new");
    let work = Work::MoveData(MoveWork {
        folder: to.display().to_string(),
    });
    let summary = finished_with(house.run(work, &StopToken::new()));
    assert!(summary.contains("Start Lorekeeper again"), "{summary}");
    assert_eq!(house.files(), before);
    let mut copied = files_below(&to);
    let moved: Moved = serde_json::from_str(&copied.remove(MOVED_FILE).unwrap()).unwrap();
    assert_eq!(moved.from, house.data().root().display().to_string());
    assert_eq!(
        moved.files.len(),
        tree(house.data().root()).unwrap().len() - 1
    );
    let mut expected = before;
    expected.retain(|path, _| !path.contains(".d.part") && path != "lorekeeper.lock");
    assert_eq!(copied, expected);
}

#[test]
fn a_move_that_is_stopped_or_cannot_be_leaves_the_folder_empty() {
    let house = House::furnished();
    let before = house.files();
    let to = house.beside("new");
    let work = |to: &Path| {
        Work::MoveData(MoveWork {
            folder: to.display().to_string(),
        })
    };
    let stop = StopToken::new();
    stop.stop();
    let outcome = house.run(work(&to), &stop).unwrap();
    assert_eq!(outcome, Outcome::Stopped { resumable: false });
    assert_eq!(fs::read_dir(&to).unwrap().count(), 0);
    // What a kill left is begun anew by the same job, and by no other.
    fs::write(to.join(".moving"), "job").unwrap();
    fs::write(to.join("half"), "half").unwrap();
    finished_with(house.run(work(&to), &StopToken::new()));
    assert!(!to.join("half").exists());
    let error = house
        .run(work(&to), &StopToken::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("not empty"), "{error}");
    let inside = house.data().root().join("datasets/inside");
    let error = house
        .run(work(&inside), &StopToken::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("must not be in the data folder"), "{error}");
    fs::remove_dir_all(inside).unwrap();
    assert_eq!(house.files(), before);
}
