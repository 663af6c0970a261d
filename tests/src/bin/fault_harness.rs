//! Tries every fault and prints the table; `cargo xtask faults` builds and starts it.
//!
//! `fault_harness [--tries N] [--seed S] [--only TEXT] [--nth N] [--models DIR]`

use std::io::{Write as _, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use lore_tests::faults::{Programs, Tour, Wishes};

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            tell(&why);
            ExitCode::from(2)
        }
    }
}

/// How many faults did what they must not.
fn run() -> Result<usize, String> {
    let mut wishes = Wishes {
        tries: 600,
        seed: 1,
        only: None,
        nth: None,
    };
    let mut models = None;
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or(format!("{name} wants a value"))?;
        let number = || {
            let number = value.parse::<u64>();
            number.map_err(|error| format!("{name} {value}: {error}"))
        };
        match &*name {
            "--tries" => wishes.tries = number()? as usize,
            "--seed" => wishes.seed = number()?,
            "--nth" => wishes.nth = Some(number()?),
            "--only" => wishes.only = Some(value),
            "--models" => models = Some(PathBuf::from(value)),
            _ => return Err(format!("{name} is not understood")),
        }
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = program.parent().ok_or("the harness stands nowhere")?;
    let programs = Programs::in_folder(folder, models)?;
    let mut tour = Tour::new(&programs, &wishes, &tell);
    tour.all();
    let table = &tour.table;
    writeln!(stdout(), "{}\n\n{}", table.sums(), table.markdown()).map_err(|it| it.to_string())?;
    for failure in table.failures() {
        tell(failure);
    }
    Ok(table.failures().len())
}

fn tell(text: &str) {
    // Without anybody to tell there is nothing to do about it.
    writeln!(stderr(), "{text}").ok();
}
