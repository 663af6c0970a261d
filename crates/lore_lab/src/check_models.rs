//! Reading models through: are they still what they were when they came?

use std::path::Path;

use anyhow::{Result, bail};

use lore_core::{ModelInfo, Watcher as _};
use lore_protocol::ApiError;

use crate::files::read_json;
use crate::{Job, Outcome};

/// How a model is.
enum Found {
    Whole,
    /// Other bytes than when it came.
    Changed,
    /// It cannot be read.
    Unreadable(String),
    /// Nobody noted what it should be.
    Unknown,
}

/// Compares every model's weights with the hash that was noted when it came.
pub(crate) fn run(job: &mut Job<'_>) -> Result<Outcome> {
    let mut models = Vec::new();
    for entry in std::fs::read_dir(job.data.models())?.flatten() {
        // What cannot be read is named on the Models page.
        if let Ok(info) = read_json::<ModelInfo>(&entry.path().join("model.json")) {
            models.push((entry.path(), info));
        }
    }
    models.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    let (mut num_whole, mut bad) = (0, Vec::new());
    for (folder, info) in &models {
        if job.stop.is_stopped() {
            return Ok(Outcome::Stopped { resumable: false });
        }
        match look(job, folder, info) {
            Found::Whole => num_whole += 1,
            Found::Changed => bad.push(info.name.clone()),
            Found::Unreadable(why) => {
                job.relay.warn(format!("{}: {why}", info.name));
                bad.push(info.name.clone());
            }
            Found::Unknown => {
                let text = format!("Nobody noted what {} should be; get it again.", info.name);
                job.relay.message(&text);
            }
        }
    }
    if !bad.is_empty() {
        bail!(ApiError::new(format!(
            "Damaged: {}. Remove these models on the Models page and get them again.",
            bad.join(", ")
        )));
    }
    Ok(Outcome::finished(match num_whole {
        1 => "1 model is whole.".to_owned(),
        more => format!("{more} models are whole."),
    }))
}

fn look(job: &mut Job<'_>, folder: &Path, info: &ModelInfo) -> Found {
    if info.digest.is_empty() {
        return Found::Unknown;
    }
    let relay = &mut job.relay;
    let stage = format!("Check {}", info.name);
    let digest = lore_llm::digest(&folder.join(&info.path), &mut |done, total| {
        relay.progress(&stage, done / 1_000_000, total / 1_000_000, "MB");
    });
    match digest {
        Ok(digest) if digest == info.digest => Found::Whole,
        Ok(_) => Found::Changed,
        Err(error) => Found::Unreadable(format!("{error:#}")),
    }
}
