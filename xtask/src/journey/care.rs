//! What a person does to be safe: a word with the model, then a backup, a look into it, the health check,
//! a support report and the log.

use std::path::Path;

use anyhow::Result;

use super::hand;
use super::visitor::Visitor;

/// Walks through it; the backup is written to `backup`.
pub(super) fn tell(visitor: &mut Visitor, backup: &Path) -> Result<()> {
    visitor.click("Skip")?;
    go(visitor, backup)
}

/// The same without the welcome.
pub(super) fn go(visitor: &mut Visitor, backup: &Path) -> Result<()> {
    talk(visitor)?;
    visitor.click("Settings")?;
    visitor.click("Data and backup")?;
    visitor.picture("data")?;
    visitor.click("Back up everything…")?;
    hand::answer_file_dialog(backup)?;
    visitor.see_at_last("Show in folder")?;
    visitor.picture("backed-up")?;
    visitor.click("Choose a backup…")?;
    hand::answer_file_dialog(backup)?;
    visitor.hear_at_last("Written ")?;
    visitor.picture("looked-into")?;
    visitor.click("Cancel")?;
    visitor.see("Choose a backup…")?;
    visitor.click("Health and support")?;
    visitor.click("Check the models")?;
    visitor.hear_at_last("They are there, and were read through: ")?;
    visitor.picture("health")?;
    // The one of a round before is still there.
    let again = "Put it together again";
    match visitor.reads(again)? {
        Some(_) => visitor.click(again)?,
        None => visitor.click("Put a report together")?,
    }
    visitor.see("Save the report…")?;
    visitor.picture("report")?;
    visitor.click("Log")?;
    visitor.picture("log")
}

/// Asks the model something, as it comes.
fn talk(visitor: &mut Visitor) -> Result<()> {
    visitor.click("Try")?;
    // The starter model is unpacked in the first seconds.
    visitor.see_at_last("Message")?;
    visitor.write("Message", "Your task is to put a clean mug on the desk.")?;
    visitor.click_role("button", "Send")?;
    visitor.hear_at_last(" in the prompt")?;
    visitor.picture("talked")
}
