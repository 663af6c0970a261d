//! Whatever kills a writer, and whoever else writes: the bank opens and holds exactly what was promised.
//!
//! The test program starts itself once more as the writer that is killed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lore_bank::{ExperienceBank, KeyedExperience, NewBank};
use lore_core::testing::{HashEmbedder, task, trajectory};
use lore_core::{BankId, BankKeys, DataDir, EpisodeEnd, Experience, ExperienceId, ModelId};

/// Tells the writer where to write, which rows, and how.
const FOLDER: &str = "LOREKEEPER_KILL_FOLDER";
const ROWS: &str = "LOREKEEPER_KILL_ROWS";
const EVERY: &str = "LOREKEEPER_KILL_COMPACT_EVERY";

const DIM: usize = 16;

/// Rows added at once.
const BATCH: usize = 8;

/// Kills in the test that always runs; the thorough one does a hundred.
const NUM_KILLS: usize = 8;

fn bank(folder: &Path) -> ExperienceBank {
    let new = NewBank {
        id: BankId::from("b"),
        name: "A bank".into(),
        embedder: ModelId::from("hash"),
        dim: DIM,
        keys: BankKeys {
            outcome: false,
            window_steps: 2,
        },
    };
    ExperienceBank::open_or_create(&DataDir::new(folder), &new).unwrap()
}

/// Row `index`, the same at every call.
fn row(index: usize) -> KeyedExperience {
    let embedder = HashEmbedder::new(DIM);
    let task = task(&format!("row {index}"));
    let one = trajectory(
        task,
        &[("look", "A room."), ("go", "A hall.")],
        EpisodeEnd::Success,
    );
    KeyedExperience {
        task_key: embedder.vector(&one.task_key()),
        trajectory_key: embedder.vector(&one.trajectory_key()),
        outcome_key: Vec::new(),
        window_keys: vec![embedder.vector(&one.trajectory_key())],
        experience: Experience {
            id: ExperienceId(one.id.0.clone()),
            trajectory: one,
            num_tokens: 1,
            pinned: false,
            never_use: false,
            lesson: String::new(),
        },
    }
}

/// The writer: adds rows batch by batch, compacts now and then, and says what is done. Does nothing
/// when the program was not started for it.
#[test]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let number = |name: &str| -> usize { std::env::var(name).unwrap().parse().unwrap() };
    let (first, last) = {
        let rows = std::env::var(ROWS).unwrap();
        let (first, last) = rows.split_once('-').unwrap();
        (
            first.parse::<usize>().unwrap(),
            last.parse::<usize>().unwrap(),
        )
    };
    let compact_every = number(EVERY);
    let bank = bank(Path::new(&folder));
    let mut out = std::io::stdout();
    let batches: Vec<usize> = (first..last).step_by(BATCH).collect();
    for (number, start) in batches.into_iter().enumerate() {
        let rows: Vec<KeyedExperience> = (start..last.min(start + BATCH)).map(row).collect();
        bank.add(&rows).unwrap();
        writeln!(out, "\ndone {}", start + rows.len()).unwrap();
        out.flush().unwrap();
        if compact_every > 0 && number % compact_every == compact_every - 1 {
            bank.compact(Duration::ZERO).unwrap();
        }
    }
}

fn start(folder: &Path, rows: std::ops::Range<usize>, compact_every: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROWS, format!("{}-{}", rows.start, rows.end))
        .env(EVERY, compact_every.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills a writer after `num_batches` promises and a little more, again and again; each time the bank
/// must hold what was promised, at most one batch more, and nothing else.
fn kill_again_and_again(num_kills: usize, compact_every: usize) {
    let folder = tempfile::tempdir().unwrap();
    bank(folder.path());
    let mut promised = 0;
    for kill in 0..num_kills {
        let mut child = start(folder.path(), promised..promised + 4000, compact_every);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Between none and three batches, then anywhere within the next: spread evenly over the work.
        let wait = Duration::from_micros((kill as u64 * 7919) % 40_000);
        let mut seen = 0;
        for line in lines {
            if let Some(done) = line.unwrap().strip_prefix("done ") {
                promised = done.parse().unwrap();
                seen += 1;
            }
            if seen > kill % 4 {
                break;
            }
        }
        std::thread::sleep(wait);
        child.kill().unwrap();
        child.wait().unwrap();
        let held = bank(folder.path()).ids().unwrap();
        let whole =
            |num_rows: usize| (0..num_rows).all(|index| held.contains(&row(index).experience.id));
        assert!(whole(promised), "kill {kill}: everything promised is there");
        assert_eq!(held.len() % BATCH, 0, "kill {kill}: batches are whole");
        assert!(whole(held.len()), "kill {kill}: and nothing else is there");
        promised = held.len();
    }
    // The job that goes on ends with the same content.
    let mut child = start(folder.path(), 0..promised + BATCH, compact_every);
    assert!(child.wait().unwrap().success());
    let after = bank(folder.path());
    assert_eq!(after.ids().unwrap().len(), promised + BATCH);
    after.tidy(Duration::ZERO).unwrap();
    assert_eq!(after.get(&row(3).experience.id).unwrap(), row(3).experience);
}

#[test]
fn a_killed_writer_loses_nothing_it_promised() {
    kill_again_and_again(NUM_KILLS, 0);
}

#[test]
fn a_kill_during_compaction_loses_nothing() {
    kill_again_and_again(NUM_KILLS, 1);
}

#[test]
#[ignore = "a hundred kills take minutes"]
fn a_hundred_kills_lose_nothing() {
    kill_again_and_again(50, 0);
    kill_again_and_again(50, 1);
}

#[test]
fn two_writers_lose_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    bank(folder.path());
    let mut writers = [
        start(folder.path(), 0..80, 0),
        start(folder.path(), 80..160, 0),
    ];
    let marked = row(0).experience.id;
    for writer in &mut writers {
        // Its output must not fill the pipe.
        let out = writer.stdout.take().unwrap();
        std::thread::Builder::new()
            .name("drain".into())
            .spawn(move || BufReader::new(out).lines().count())
            .unwrap();
    }
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    let bank = bank(folder.path());
    bank.set_pinned(&marked, true).unwrap();
    let held = bank.ids().unwrap();
    assert_eq!(held.len(), 160);
    assert!((0..160).all(|index| held.contains(&row(index).experience.id)));
}
