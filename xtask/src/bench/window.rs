//! `cargo xtask bench window`: how soon each window shows its first page, and what it then takes.
//!
//! The window opens on an empty data folder on a virtual screen that is looked at again and again; it
//! has drawn once the screen holds more than a handful of colours. One look takes about a tenth of a
//! second, which is how exact the times are.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::args::Args;
use crate::build_ui::{self, Choices};
use crate::place::Place;
use crate::screens::{DISPLAY, Screen, Size};
use crate::setup::Ready;
use crate::{launch, setup};

/// How long a window may take to draw.
const PATIENCE: Duration = Duration::from_mins(1);

/// An empty screen and a window without a page hold fewer colours than this.
const COLOURS: usize = 12;

/// How long a window is left alone before it is at rest: a first start makes the models ready and
/// measures the machine.
const SETTLED: Duration = Duration::from_mins(1);

/// How long it is measured at rest.
const REST: Duration = Duration::from_secs(20);

/// One start of the application.
struct Sample {
    first_page: f64,
    idle_share: f64,
    memory_bytes: u64,
}

/// `cargo xtask bench window [--samples N] [--release] [--no-build]`.
pub(super) fn run(place: &Place, mut args: Args) -> Result<()> {
    let samples: usize = args
        .value("--samples")?
        .map_or(Ok(5), |text| text.parse())?;
    let release = args.flag("--release");
    let no_build = args.flag("--no-build");
    args.finish()?;
    if !cfg!(target_os = "linux") {
        bail!(
            "This bench reads what Linux says of its processes; there is nothing of the kind here"
        );
    }
    let ready = setup::everything(place)?;
    setup::require(setup::SCREENS)?;
    if !no_build {
        build_ui::build(place, &ready.wasm, Choices::default())?;
        launch::build(place, release)?;
    }
    let _screen = Screen::start(Size::USUAL)?;
    eprintln!(
        "{:<10} {:>12} {:>10} {:>12}",
        "window", "first page", "idle", "memory"
    );
    for kind in ["native", "webview"] {
        let mut seen = Vec::new();
        for _ in 0..samples {
            seen.push(sample(place, &ready, kind, release)?);
        }
        tell(kind, &seen);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "scripts read these lines")]
fn tell(kind: &str, seen: &[Sample]) {
    let first_page = median(seen.iter().map(|sample| sample.first_page));
    let idle = median(seen.iter().map(|sample| sample.idle_share));
    let memory = median(seen.iter().map(|sample| sample.memory_bytes as f64));
    eprintln!(
        "{kind:<10} {first_page:>10.2} s {:>8.1} % {:>8.0} MiB",
        idle * 100.0,
        memory / f64::from(1 << 20)
    );
    for (case, ours, unit) in [
        ("first page", first_page, "s"),
        ("idle processor", idle, "share of a core"),
        ("memory", memory, "bytes"),
    ] {
        let case = format!("{kind}, {case}");
        let samples = seen.len();
        println!(
            "{}",
            json!({"bench": "window", "case": case, "ours": ours, "reference": null, "ratio": null,
                "unit": unit, "samples": samples})
        );
    }
}

/// The middle value; the upper one of two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn sample(place: &Place, ready: &Ready, kind: &str, release: bool) -> Result<Sample> {
    let data = std::env::temp_dir().join(format!("lorekeeper-bench-{}", std::process::id()));
    fs::create_dir_all(&data)?;
    let mut app = launch::application(place, ready, data.to_str(), release);
    app.args(["--window", kind, "--page", "home"])
        .env("DISPLAY", DISPLAY)
        .env_remove("WAYLAND_DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = app.spawn().context("Could not start the application")?;
    let measured = measure(&mut child, start);
    // It may have ended by itself; then there is nothing to do.
    child.kill().ok();
    child.wait()?;
    sleep(Duration::from_secs(1));
    fs::remove_dir_all(&data).context("Could not clear the data folder of the bench")?;
    measured
}

fn measure(child: &mut Child, start: Instant) -> Result<Sample> {
    while num_colours()? < COLOURS {
        if let Some(status) = child.try_wait()? {
            bail!("the application ended with {status}");
        }
        if start.elapsed() > PATIENCE {
            bail!("the window showed nothing for {PATIENCE:?}");
        }
    }
    let first_page = start.elapsed().as_secs_f64();
    sleep(SETTLED);
    let before = processor_secs(child.id());
    sleep(REST);
    let idle_share = (processor_secs(child.id()) - before) / REST.as_secs_f64();
    Ok(Sample {
        first_page,
        idle_share,
        memory_bytes: memory_bytes(child.id()),
    })
}

/// Different colours in a small picture of the screen.
fn num_colours() -> Result<usize> {
    let picture = Command::new("import")
        .args(["-display", DISPLAY, "-window", "root"])
        .args(["-resize", "160x100!", "-depth", "8", "rgb:-"])
        .stderr(Stdio::null())
        .output()
        .context("Could not start import (package imagemagick)")?;
    let colours: BTreeSet<&[u8]> = picture.stdout.chunks_exact(3).collect();
    Ok(colours.len())
}

/// The process and everything it started.
fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        next += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(
                children
                    .split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
        }
    }
    found
}

/// Processor time of the tree so far, in seconds.
fn processor_secs(root: u32) -> f64 {
    let ticks: u64 = tree(root)
        .into_iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok())
        .filter_map(|stat| {
            // The name in parentheses may hold spaces; time in user mode is field 14, in the kernel 15.
            let (_, rest) = stat.rsplit_once(')')?;
            let mut fields = rest.split_whitespace().skip(11);
            let user: u64 = fields.next()?.parse().ok()?;
            let kernel: u64 = fields.next()?.parse().ok()?;
            Some(user + kernel)
        })
        .sum();
    // Linux counts in hundredths for programs, whatever it does inside.
    ticks as f64 / 100.0
}

/// Memory of the tree in bytes, what processes share counted once.
fn memory_bytes(root: u32) -> u64 {
    tree(root)
        .into_iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok())
        .filter_map(|rollup| {
            let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
            let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
            Some(kib * 1024)
        })
        .sum()
}
