//! Checkpoints: all that a training needs to go on, on disk.
//!
//! A checkpoint is a folder `step-00000010` with the adapter in PEFT's format, the optimiser's
//! moments and `state.json`, which also holds the digests of the other files. It is written under
//! another name, flushed, and renamed, so a folder with that name is whole. Should the disk have
//! damaged it anyway, it is set aside and the one before it is used.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use lore_core::MomentFormat;
use lore_llm::{AdapterWeights, LoraPair};

use crate::certificate::Inspection;
use crate::optimizer::AdamW;

mod moments;
#[cfg(test)]
mod tests;

/// Checkpoints that are kept; older ones are removed.
const NUM_KEPT: usize = 2;

const VERSION: u32 = 2;
const STATE_FILE: &str = "state.json";
const MOMENTS_FILE: &str = "optimizer.safetensors";
const PREFIX: &str = "step-";

/// Everything that changes while a training runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TrainState {
    pub(crate) adapter: AdapterWeights,
    pub(crate) optimizer: AdamW,
    /// The loss of every step so far.
    pub(crate) losses: Vec<f64>,
    /// The gradient's norm at every step so far, before it was clipped.
    pub(crate) norms: Vec<f64>,
    pub(crate) inspection: Inspection,
}

impl TrainState {
    pub(crate) fn new(adapter: AdapterWeights, moments: MomentFormat) -> Self {
        Self {
            optimizer: AdamW::new(&adapter, moments),
            adapter,
            losses: Vec::new(),
            norms: Vec::new(),
            inspection: Inspection::default(),
        }
    }

    /// Optimiser steps taken.
    pub(crate) fn step(&self) -> u64 {
        self.optimizer.step
    }
}

/// The small part of a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
struct StateFile {
    version: u32,
    /// What is trained on what: see [`CheckpointStore::new`].
    training: String,
    step: u64,
    losses: Vec<f64>,
    norms: Vec<f64>,
    inspection: Inspection,
    /// `(name, SHA-256)` of the other files, in order of name.
    digests: Vec<(String, String)>,
}

/// The checkpoints of one training.
#[derive(Clone, Debug)]
pub struct CheckpointStore {
    dir: PathBuf,
    training: String,
}

impl CheckpointStore {
    /// The checkpoints in `dir`. `training` stands for everything that decides the result: one of
    /// another training is not resumed from.
    pub fn new(dir: &Path, training: String) -> Self {
        Self {
            dir: dir.to_owned(),
            training,
        }
    }

    /// Writes a checkpoint and removes the oldest ones.
    pub(crate) fn save(&self, state: &TrainState) -> Result<()> {
        let folder = self.folder(state.step());
        if folder.exists() {
            // The state after a step is a function of the recipe, so what is there is the same.
            return Ok(());
        }
        let unfinished = self.dir.join(format!("unfinished-{:08}", state.step()));
        self.write(state, &unfinished, &folder)
            .context("Could not save the state of the training. Is the disk full?")?;
        self.prune()
    }

    fn write(&self, state: &TrainState, unfinished: &Path, folder: &Path) -> Result<()> {
        if unfinished.exists() {
            fs::remove_dir_all(unfinished)?;
        }
        fs::create_dir_all(unfinished)?;
        state
            .adapter
            .save_peft(unfinished, &state.adapter.base_model)?;
        let moments = moments::to_bytes(&state.optimizer)?;
        fs::write(unfinished.join(MOMENTS_FILE), moments)?;
        let state_file = StateFile {
            version: VERSION,
            training: self.training.clone(),
            step: state.step(),
            losses: state.losses.clone(),
            norms: state.norms.clone(),
            inspection: state.inspection.clone(),
            digests: digests(unfinished)?,
        };
        let json = serde_json::to_vec_pretty(&state_file)?;
        fs::write(unfinished.join(STATE_FILE), json)?;
        for entry in fs::read_dir(unfinished)? {
            File::open(entry?.path())?.sync_all()?;
        }
        sync_dir(unfinished)?;
        fs::rename(unfinished, folder)?;
        sync_dir(&self.dir)
    }

    /// The newest checkpoint that is whole; `None` when there is none. Damaged ones are renamed, and
    /// `report` is told. `fresh` is the state before the first step.
    ///
    /// Fails when a checkpoint is of another training.
    pub(crate) fn load_latest(
        &self,
        fresh: &TrainState,
        report: &mut dyn FnMut(&str),
    ) -> Result<Option<TrainState>> {
        for (step, folder) in self.list()?.into_iter().rev() {
            match self.load(&folder, fresh) {
                Ok((training, state)) => {
                    ensure!(
                        training == self.training,
                        "The folder {} holds checkpoints of another training. Start this one in a \
                         folder of its own",
                        self.dir.display()
                    );
                    return Ok(Some(state));
                }
                Err(error) => {
                    let aside = self.dir.join(format!("damaged-{step:08}"));
                    if aside.exists() {
                        fs::remove_dir_all(&aside)?;
                    }
                    fs::rename(&folder, &aside)
                        .context("Could not set a damaged checkpoint aside")?;
                    report(&format!(
                        "The checkpoint of step {step} is damaged and was set aside: {error:#}"
                    ));
                }
            }
        }
        Ok(None)
    }

    /// Reads a checkpoint, and which training it is of.
    fn load(&self, folder: &Path, fresh: &TrainState) -> Result<(String, TrainState)> {
        let json = fs::read(folder.join(STATE_FILE)).context("state.json is missing")?;
        let state: StateFile = serde_json::from_slice(&json).context("state.json is not whole")?;
        ensure!(state.version == VERSION, "it is of another version");
        if state.training != self.training {
            return Ok((state.training, fresh.clone()));
        }
        ensure!(state.digests == digests(folder)?, "a file has changed");
        ensure!(
            [&state.losses, &state.norms].map(|it| it.len() as u64) == [state.step; 2],
            "steps are missing"
        );
        let loaded = AdapterWeights::load_peft(folder)?;
        let mut adapter = fresh.adapter.clone();
        for pair in &mut adapter.pairs {
            let lengths = |pair: &LoraPair| pair.trained().map(<[f32]>::len);
            *pair = loaded
                .pair(pair.layer, pair.module)
                .filter(|saved| lengths(saved) == lengths(pair))
                .context("the adapter has another shape")?
                .clone();
        }
        let bytes = fs::read(folder.join(MOMENTS_FILE))?;
        let optimizer = moments::from_bytes(&bytes, &fresh.optimizer, state.step)?;
        let state_of_training = TrainState {
            adapter,
            optimizer,
            losses: state.losses,
            norms: state.norms,
            inspection: state.inspection,
        };
        Ok((state.training, state_of_training))
    }

    /// Steps and folders of all checkpoints, oldest first.
    fn list(&self) -> Result<Vec<(u64, PathBuf)>> {
        if !self.dir.exists() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir).context("Could not read the checkpoints")? {
            let entry = entry?;
            let name = entry.file_name();
            let step = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
            if let Some(step) = step.and_then(|step| step.parse().ok()) {
                found.push((step, entry.path()));
            }
        }
        found.sort();
        Ok(found)
    }

    fn prune(&self) -> Result<()> {
        let checkpoints = self.list()?;
        let num_old = checkpoints.len().saturating_sub(NUM_KEPT);
        for (_, folder) in &checkpoints[..num_old] {
            fs::remove_dir_all(folder).context("Could not remove an old checkpoint")?;
        }
        Ok(())
    }

    fn folder(&self, step: u64) -> PathBuf {
        self.dir.join(format!("{PREFIX}{step:08}"))
    }
}

/// `(name, SHA-256)` of the files in a checkpoint but for `state.json`, in order of name.
fn digests(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut digests = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != STATE_FILE {
            let digest = Sha256::digest(fs::read(entry.path())?);
            digests.push((name, format!("{digest:x}")));
        }
    }
    digests.sort();
    Ok(digests)
}

/// Makes new names in a folder survive a power cut. Windows does so by itself.
fn sync_dir(dir: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}
