//! One round of mixed work, for those who do it again and again.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::visitor::Visitor;
use super::{care, worlds};

/// Every page, in the order of the list on the left.
const PAGES: [&str; 12] = [
    "Home",
    "Data sets",
    "Worlds",
    "Experience bank",
    "Models",
    "Train",
    "Try",
    "Runs",
    "Trajectories",
    "Results",
    "Export",
    "Settings",
];

/// Opens every page, talks, solves a task, collects an expert's episodes, backs everything up, looks into the
/// backup, and checks that all is well. `number` counts the rounds from 0.
pub(crate) fn round(visitor: &mut Visitor, backup: &Path, number: usize) -> Result<()> {
    if number == 0 {
        visitor.click("Skip")?;
    }
    for page in PAGES {
        visitor.click(page)?;
    }
    worlds::demonstrate(visitor)?;
    worlds::collect(visitor)?;
    if backup.exists() {
        fs::remove_file(backup)?;
    }
    care::go(visitor, backup)
}
