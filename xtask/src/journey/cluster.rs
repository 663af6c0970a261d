//! A Ray on this computer, added in the settings: the sample experiment's training is handed to it, watched,
//! stopped and resumed; then the same is done without it, and both adapters must be equal to the last byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::visitor::Visitor;
use crate::place::Place;
use crate::ray::{Cluster, TOKEN};

/// How long a training may take on a busy machine.
const LONG: Duration = Duration::from_hours(1);

/// Arms that are switched off, so that one adapter is trained.
const OTHER_ARMS: [&str; 4] = ["Base model", "ExpRAG", "LoRA + ExpRAG", "ExpRAG-LoRA"];

/// Walks through it on an empty data folder.
pub(super) fn tell(visitor: &mut Visitor, place: &Place, data: &Path) -> Result<()> {
    let cluster = Cluster::start(place)?;
    visitor.click("Skip")?;
    add(visitor, &cluster.address)?;
    experiment(visitor, "There", "Lab")?;
    watch_training(visitor)?;
    leave_the_rest(visitor)?;
    experiment(visitor, "Here", "This computer")?;
    let files = both(&data.join("adapters"))?;
    visitor.click("Train")?;
    visitor.picture("both")?;
    compare(&files)
}

/// Tells the settings of the cluster.
fn add(visitor: &mut Visitor, address: &str) -> Result<()> {
    visitor.click("Settings")?;
    visitor.click("Other computers")?;
    visitor.click("Add a computer")?;
    visitor.write("Name of the computer", "Lab")?;
    visitor.write("Address of its dashboard", address)?;
    visitor.write_secret("Token of the computer", TOKEN)?;
    visitor.click("Try the connection")?;
    visitor.hear("It is ready: Ray ")?;
    visitor.picture("ready")?;
    visitor.click("Save")?;
    visitor.see_gone("Try the connection")
}

/// Starts the sample experiment with one arm.
fn experiment(visitor: &mut Visitor, name: &str, computer: &str) -> Result<()> {
    visitor.click("Runs")?;
    visitor.click("New experiment")?;
    visitor.write("Name of the experiment", name)?;
    visitor.choose("Run on", computer)?;
    // The starter models are unpacked at the first start.
    visitor.see_gone_at_last("The language model is being made ready")?;
    visitor.see_gone_at_last("The embedder is being made ready")?;
    for arm in OTHER_ARMS {
        visitor.click(arm)?;
    }
    visitor.picture(&format!("form-{name}"))?;
    visitor.click("Start experiment")
}

/// Watches a step or two, stops, and goes on.
fn watch_training(visitor: &mut Visitor) -> Result<()> {
    visitor.click("Train")?;
    visitor.click_beginning("Trainings (")?;
    visitor.see_at_last("Every part learns")?;
    visitor.hear("On Lab")?;
    visitor.picture("learning")?;
    visitor.click_role("button", "Stop")?;
    visitor.see_at_last("Resume")?;
    visitor.picture("stopped")?;
    visitor.click_role("button", "Resume")?;
    visitor.see_at_last("Export the adapter")?;
    visitor.picture("learned")
}

/// Stops the experiment before it plays: what was trained is what counts here.
fn leave_the_rest(visitor: &mut Visitor) -> Result<()> {
    visitor.click("Runs")?;
    visitor.click_role("listitem", "There")?;
    visitor.click_role("button", "Stop")
}

/// Waits until both adapters are there.
fn both(adapters: &Path) -> Result<[PathBuf; 2]> {
    let begun = Instant::now();
    while begun.elapsed() < LONG {
        let entries = fs::read_dir(adapters).context("There are no adapters")?;
        let files: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path().join("adapter_model.safetensors"))
            .filter(|file| file.exists())
            .collect();
        if let Ok(files) = files.try_into() {
            return Ok(files);
        }
        sleep(Duration::from_secs(2));
    }
    bail!("there are not two adapters after {LONG:?}")
}

/// Both adapters, byte by byte.
fn compare([one, other]: &[PathBuf; 2]) -> Result<()> {
    let [one, other] = [fs::read(one)?, fs::read(other)?];
    ensure!(one == other, "the adapters differ");
    eprintln!("both adapters are the same {} bytes", one.len());
    Ok(())
}
