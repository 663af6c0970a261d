//! A short walk through the fault harness; `cargo xtask faults` takes the long one.

#![cfg(target_os = "linux")]

use std::cell::RefCell;
use std::path::PathBuf;

use lore_tests::faults::{Programs, Tour, Wishes};

fn programs() -> Programs {
    let driver = PathBuf::from(env!("CARGO_BIN_EXE_fault_driver"));
    let folder = driver.parent().expect("stands in a folder").to_owned();
    let mut programs = Programs::in_folder(&folder, None).expect("everything is built");
    programs.worker = None;
    programs
}

/// Tries what is wished, and sees that nothing that must hold did not.
fn walk(tries: usize, only: Option<&str>, way: fn(&mut Tour<'_>)) {
    let programs = programs();
    let wishes = Wishes {
        tries,
        seed: 2026,
        only: only.map(str::to_owned),
        nth: None,
    };
    let told = RefCell::new(Vec::new());
    let tell = |text: &str| told.borrow_mut().push(text.to_owned());
    let mut tour = Tour::new(&programs, &wishes, &tell);
    way(&mut tour);
    let failures = tour.table.failures();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(tour.table.num_tries() >= tries, "{:#?}", told.borrow());
}

fn desk(tour: &mut Tour<'_>) {
    tour.desk();
}

fn processes(tour: &mut Tour<'_>) {
    tour.processes();
}

#[test]
fn whatever_call_fails_nothing_that_was_taken_is_lost() {
    walk(12, None, desk);
}

#[test]
fn a_bank_survives_a_write_that_is_cut_short() {
    let only = "fault_driver: one write cut short at experience bank";
    walk(4, Some(only), desk);
}

#[test]
fn no_worker_outlives_the_next_start() {
    walk(1, Some("deaf worker"), processes);
}
