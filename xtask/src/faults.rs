//! `cargo xtask faults`: makes one thing after another go wrong in the real program, and says what
//! came of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::args::Args;
use crate::place::Place;
use crate::process::{self, Stream};
use crate::{cargo, setup};

/// The page with the table, and the marks that it stands between.
const PAGE: &str = "docs/reliability.md";
const BEGIN: &str = "<!-- faults -->";
const END: &str = "<!-- /faults -->";

/// What stands before the table.
const ABOUT: &str = "\
Each try copies a data folder with one of everything in it, starts the real application on the copy \
without a window, has it do small real work, and makes one thing go wrong: a system call of the \
application or of its worker fails (a library that `LD_PRELOAD` loads sees to that), a file is damaged, \
or a process is killed, stopped or starved. Then the application looks at the folder again with nothing \
wrong. What must hold: it stays usable, every refusal is one clear sentence, whatever it had taken is \
there, everything else is as before, jobs that ended early resume to the result they would have had, no \
process is left, and what is damaged is set aside or named.";

/// `cargo xtask faults [--tries N] [--seed S] [--only TEXT] [--nth N] [--write]`. With `--write` the
/// table goes into `docs/reliability.md`.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let writes = args.flag("--write");
    let mut options = Vec::new();
    for name in ["--tries", "--seed", "--only", "--nth"] {
        if let Some(value) = args.value(name)? {
            options.extend([name.to_owned(), value]);
        }
    }
    args.finish()?;
    if !cfg!(target_os = "linux") {
        bail!("Faults are injected with LD_PRELOAD, which only Linux has");
    }
    let ready = setup::everything(place)?;
    build(place)?;
    let mut harness = Command::new(place.program("debug", "fault_harness"));
    harness.args(&options);
    if let Some(models) = &ready.models {
        harness.arg("--models").arg(models);
    }
    let mut table = String::new();
    let passed = process::lines(&mut harness, Stream::Out, |line| {
        table.push_str(line);
        table.push('\n');
    })?;
    if writes {
        let command = format!("cargo xtask faults {}", options.join(" "));
        write(&place.root.join(PAGE), command.trim(), &table)?;
    }
    if !passed {
        bail!("Something that must hold did not; the lines above say how to try it again");
    }
    Ok(())
}

fn build(place: &Place) -> Result<()> {
    let mut build = cargo::native(place, "build");
    build.args(["--workspace", "--example", "fault_shim"]);
    for name in [
        "lore_worker",
        "fake_worker",
        "fault_driver",
        "fault_harness",
    ] {
        build.args(["--bin", name]);
    }
    process::run(&mut build)
}

/// Puts the table into the page, between its marks or at the end.
fn write(page: &Path, command: &str, table: &str) -> Result<()> {
    let text = fs::read_to_string(page).unwrap_or_else(|_| "# Reliability\n".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let said = |program: &str, args: &[&str]| {
        process::output(Command::new(program).args(args)).unwrap_or_default()
    };
    let system = said("uname", &["-s"]);
    let date = said("date", &["+%F"]);
    let part = format!(
        "{BEGIN}\n{ABOUT}\n\n`{command}` on {system}, {cores} cores, {date}:\n\n{}\n{END}",
        table.trim_end()
    );
    let whole = between(&text, &part);
    fs::write(page, whole).with_context(|| format!("Could not write {}", page.display()))
}

/// The text with `part` in the place of what stands between the marks.
fn between(text: &str, part: &str) -> String {
    let old = text
        .find(BEGIN)
        .zip(text.find(END).map(|at| at + END.len()))
        .filter(|(begin, end)| begin < end);
    match old {
        Some((begin, end)) => format!("{}{part}{}", &text[..begin], &text[end..]),
        None => format!("{}\n\n## Faults\n\n{part}\n", text.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_takes_the_place_of_the_one_before() {
        let part = |word: &str| format!("{BEGIN}\n{word}\n{END}");
        let first = between("# Page\n", &part("one"));
        assert!(first.starts_with("# Page\n\n## Faults\n\n<!-- faults -->\none\n"));
        let text = format!("{first}\n## More\n");
        let second = between(&text, &part("two"));
        assert!(second.contains("\ntwo\n") && !second.contains("\none\n"));
        assert!(second.ends_with("## More\n"), "{second}");
    }
}
