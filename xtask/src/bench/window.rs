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
use crate::measure::{memory_bytes, processor_secs, tree};
use crate::place::Place;
use crate::screens::{Screen, Size, display};
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
        .env("DISPLAY", display())
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
        memory_bytes: memory_bytes(&tree(child.id())),
    })
}

/// Different colours in a small picture of the screen.
fn num_colours() -> Result<usize> {
    let picture = Command::new("import")
        .args(["-display", display(), "-window", "root"])
        .args(["-resize", "160x100!", "-depth", "8", "rgb:-"])
        .stderr(Stdio::null())
        .output()
        .context("Could not start import (package imagemagick)")?;
    let colours: BTreeSet<&[u8]> = picture.stdout.chunks_exact(3).collect();
    Ok(colours.len())
}
