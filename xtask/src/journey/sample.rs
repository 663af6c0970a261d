//! The sample experiment, from the first start to the exported adapter.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::visitor::Visitor;

/// The five arms that the Results page has to show.
const ARMS: [&str; 5] = [
    "Base model",
    "ExpRAG",
    "LoRA",
    "LoRA + ExpRAG",
    "ExpRAG-LoRA",
];

/// Walks through it; the adapter goes to `export`.
pub(super) fn tell(visitor: &mut Visitor, export: &Path) -> Result<()> {
    visitor.see("Skip")?;
    visitor.picture("welcome")?;
    visitor.click("Next")?;
    visitor.picture("idea")?;
    visitor.click("Next")?;
    // The time is announced once the starter models are there and the machine is measured.
    let announced = visitor.hear("Takes ")?;
    eprintln!("announced: {announced}");
    visitor.picture("begin")?;
    visitor.click_role("listitem", "Run the sample experiment")?;
    visitor.picture("started")?;
    watch(visitor)?;
    results(visitor)?;
    take_along(visitor, export)
}

/// Follows an experiment from its page of runs to its end.
pub(super) fn watch(visitor: &mut Visitor) -> Result<()> {
    let begun = visitor.secs();
    visitor.follow("Everything is done")?;
    eprintln!("the experiment took {:.0} s", visitor.secs() - begun);
    visitor.picture("finished")
}

/// Looks at every number's arm, and at an episode behind one.
pub(super) fn results(visitor: &mut Visitor) -> Result<()> {
    visitor.click_role("button", "Results")?;
    visitor.see("Experiment")?;
    for arm in ARMS {
        ensure!(
            visitor.reads(arm)?.is_some(),
            "the results leave out {arm:?}"
        );
    }
    visitor.picture("results")?;
    visitor.click("Trajectories")?;
    visitor.picture("trajectories")
}

/// Exports the first adapter as the form that PEFT loads.
fn take_along(visitor: &mut Visitor, folder: &Path) -> Result<()> {
    visitor.click("Export")?;
    visitor.picture("export")?;
    let folder = folder.to_str().context("The path cannot be typed")?;
    visitor.write("Folder", folder)?;
    visitor.click_role("button", "Export")?;
    // Everything that is written is read back and compared.
    visitor.see_at_last("Show the folder")?;
    visitor.picture("exported")
}
