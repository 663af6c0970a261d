//! A short walk through the fault harness; `cargo xtask faults` takes the long one.

#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use lore_tests::faults::{Programs, Tour, Wishes};

fn programs() -> Programs {
    let driver = PathBuf::from(env!("CARGO_BIN_EXE_fault_driver"));
    let folder = driver.parent().expect("stands in a folder").to_owned();
    let mut programs = Programs::in_folder(&folder, None).expect("everything is built");
    programs.worker = None;
    programs
}

fn walk(tries: usize, seed: u64) {
    let programs = programs();
    let wishes = Wishes {
        tries,
        seed,
        only: None,
        nth: None,
    };
    let told = Mutex::new(Vec::new());
    let tell = |text: &str| told.lock().expect("nobody fails").push(text.to_owned());
    let mut tour = Tour::new(&programs, &wishes, &tell);
    tour.desk();
    let failures = tour.table.failures();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(tour.table.num_tries() >= tries, "{}", tour.table.sums());
}

#[test]
fn whatever_call_fails_nothing_that_was_taken_is_lost() {
    assert!(Path::new(env!("CARGO_BIN_EXE_fake_worker")).exists());
    walk(12, 2026);
}
