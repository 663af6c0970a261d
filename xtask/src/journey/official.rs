//! The loop on official ALFWorld games: brought in by the file dialog, learned from, tested on.

use std::path::Path;

use anyhow::Result;

use super::visitor::Visitor;
use super::{hand, sample};

/// Games to learn from, and games to be tested on.
const FILES: [(&str, &str); 2] = [
    ("alfworld_games_train.jsonl.gz", "Official training games"),
    ("alfworld_games_valid_seen.jsonl.gz", "Official valid_seen"),
];

/// Walks through it.
pub(super) fn tell(visitor: &mut Visitor, games: &Path) -> Result<()> {
    visitor.click("Skip")?;
    for (file, name) in FILES {
        visitor.click("Data sets")?;
        visitor.click("Add a data set")?;
        visitor.click("From a file…")?;
        hand::answer_file_dialog(&games.join(file))?;
        visitor.see("Bring it in")?;
        visitor.write("Name of the data set", name)?;
        visitor.picture("preview")?;
        visitor.click("Bring it in")?;
        visitor.see_gone("Bring it in")?;
        visitor.see(name)?;
    }
    visitor.picture("imported")?;
    visitor.click("Runs")?;
    visitor.click("New experiment")?;
    visitor.choose("Tasks from", FILES[0].1)?;
    visitor.choose("Test tasks from", FILES[1].1)?;
    visitor.picture("form")?;
    visitor.click("Start experiment")?;
    visitor.picture("started")?;
    sample::watch(visitor)?;
    sample::results(visitor)
}
