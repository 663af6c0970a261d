//! `cargo xtask soak`: hours of mixed work in a real window, and what they do to memory, open files and
//! processes.
//!
//! A visitor does the same round again and again; a gauge looks at the application twice a minute. What it
//! takes may rise while everything is loaded for the first time and must then stay where it is.

mod curve;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::args::Args;
use crate::measure::{memory_bytes, num_open, tree};
use crate::place::Place;
use crate::{journey, setup};

/// How often the gauge looks.
const EVERY: Duration = Duration::from_secs(30);

/// By how much the last quarter may be above the second.
const TOLERATED: f64 = 1.1;

/// What the gauge saw at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    secs: f64,
    /// Of the application alone, without its workers.
    memory_mib: f64,
    tree_mib: f64,
    processes: usize,
    files: usize,
    sockets: usize,
}

/// `cargo xtask soak [--minutes 120] [--window native] [--no-build]`: the readings go to
/// `docs/soak-WINDOW.csv`, their picture beside it.
pub(crate) fn run(place: &Place, mut args: Args) -> Result<()> {
    let minutes: u64 = args
        .value("--minutes")?
        .map_or(Ok(120), |text| text.parse())?;
    let window = args.value("--window")?.unwrap_or_else(|| "native".into());
    let no_build = args.flag("--no-build");
    args.finish()?;
    let ready = setup::everything(place)?;
    setup::require(setup::SCREENS)?;
    setup::require(setup::JOURNEYS)?;
    if !no_build {
        journey::build(place, &ready, &window)?;
    }
    let data = std::env::temp_dir().join(format!("lorekeeper-soak-{}", std::process::id()));
    fs::create_dir_all(&data).context("Could not make the data folder")?;
    let pictures = data.with_extension("pictures");
    let looks = journey::Looks::default();
    let mut visit = journey::open(place, &ready, &window, &looks, &data, (&pictures, "soak"))?;
    let app = application(&data).context("The application cannot be found among the processes")?;
    let table = place.root.join("docs").join(format!("soak-{window}.csv"));
    let gauge = Gauge::start(app, table)?;
    let time = Duration::from_secs(60 * minutes);
    let worked = work(&mut visit, &data.with_extension("lorekeeper"), time);
    let readings = gauge.stop()?;
    let num_rounds = worked?;
    drop(visit);
    let left = application(&data);
    ensure!(left.is_none(), "process {left:?} is still there");
    fs::remove_dir_all(&data).context("Could not clear the data folder")?;
    judge(&readings, num_rounds)
}

/// Round after round until the time is over; how many there were.
fn work(visit: &mut journey::Visit, backup: &Path, time: Duration) -> Result<usize> {
    let begun = Instant::now();
    let mut num_rounds = 0;
    while begun.elapsed() < time {
        journey::round(&mut visit.visitor, backup, num_rounds)?;
        num_rounds += 1;
        let secs = begun.elapsed().as_secs_f64();
        eprintln!("{secs:>6.0} s  round {num_rounds}");
    }
    Ok(num_rounds)
}

/// The process that was told this data folder and is no worker.
fn application(data: &Path) -> Option<u32> {
    let data = data.to_str()?;
    let pids = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split('\0');
        let is_app = words
            .next()
            .is_some_and(|program| program.ends_with("/lorekeeper"));
        is_app && words.any(|word| word == data)
    })
}

/// Looks at the application until it is told to stop, and writes down at once what it sees.
struct Gauge {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Reading>>>,
}

impl Gauge {
    fn start(app: u32, table: PathBuf) -> Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&stopped);
        let begun = Instant::now();
        let look = move || {
            let mut readings = Vec::new();
            while !ends.load(Ordering::Relaxed) {
                readings.push(read(app, begun.elapsed().as_secs_f64()));
                write(&table, &readings).context("Could not write the readings")?;
                sleep(EVERY);
            }
            Ok(readings)
        };
        let thread = std::thread::Builder::new()
            .name("gauge".into())
            .spawn(look)?;
        Ok(Self { stopped, thread })
    }

    fn stop(self) -> Result<Vec<Reading>> {
        self.stopped.store(true, Ordering::Relaxed);
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| bail!("The gauge panicked"))
    }
}

fn read(app: u32, secs: f64) -> Reading {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let processes = tree(app);
    let (files, sockets) = num_open(app);
    Reading {
        secs,
        memory_mib: mib(memory_bytes(&[app])),
        tree_mib: mib(memory_bytes(&processes)),
        processes: processes.len(),
        files,
        sockets,
    }
}

/// Both forms are written again each time, so that a soak that breaks off leaves them.
fn write(table: &Path, readings: &[Reading]) -> std::io::Result<()> {
    fs::write(table, csv(readings))?;
    fs::write(table.with_extension("svg"), curve::svg(readings))
}

fn csv(readings: &[Reading]) -> String {
    let mut text =
        String::from("seconds,memory_mib,memory_with_workers_mib,processes,files,sockets\n");
    for it in readings {
        let Reading {
            secs,
            memory_mib,
            tree_mib,
            processes,
            files,
            sockets,
        } = it;
        writeln!(
            text,
            "{secs:.0},{memory_mib:.1},{tree_mib:.1},{processes},{files},{sockets}"
        )
        .expect("text grows as long as there is memory");
    }
    text
}

/// One number of a reading.
type Value = fn(&Reading) -> f64;

/// Says whether what the application takes stayed where it was.
fn judge(readings: &[Reading], rounds: usize) -> Result<()> {
    let quarter = readings.len() / 4;
    if quarter == 0 {
        bail!("This was too short to say anything");
    }
    let second = &readings[quarter..2 * quarter];
    let last = &readings[readings.len() - quarter..];
    let kinds: [(&str, Value); 4] = [
        ("memory, MiB", |it| it.memory_mib),
        ("processes", |it| it.processes as f64),
        ("open files", |it| it.files as f64),
        ("sockets", |it| it.sockets as f64),
    ];
    eprintln!(
        "{rounds} rounds\n{:<14} {:>10} {:>10}",
        "", "second", "last"
    );
    let mut grown = Vec::new();
    for (name, value) in kinds {
        let [before, after] = [second, last].map(|part| median(part.iter().map(value)));
        eprintln!("{name:<14} {before:>10.1} {after:>10.1}");
        if after > TOLERATED * before {
            grown.push(name);
        }
    }
    ensure!(grown.is_empty(), "these grew: {}", grown.join(", "));
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(memory: impl Fn(usize) -> f64) -> Vec<Reading> {
        let reading = |index| Reading {
            secs: index as f64,
            memory_mib: memory(index),
            tree_mib: 0.0,
            processes: 2,
            files: 40,
            sockets: 5,
        };
        (0..40).map(reading).collect()
    }

    #[test]
    fn what_keeps_growing_is_found() {
        assert!(judge(&readings(|_| 200.0), 1).is_ok());
        let loads_once = |index| if index < 8 { 100.0 } else { 400.0 };
        assert!(judge(&readings(loads_once), 1).is_ok());
        assert!(judge(&readings(|index| 200.0 + 3.0 * index as f64), 1).is_err());
    }
}
