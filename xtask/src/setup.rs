//! What is needed before anything can be built: system packages, the wasm target, starter models.

mod models;
mod packages;
mod wasm;

use std::path::PathBuf;

use anyhow::Result;

use crate::cargo::WasmToolchain;
use crate::place::Place;

pub(crate) use models::FOLDERS as STARTER_FOLDERS;
pub(crate) use packages::{BUILD, JOURNEYS, PACKAGES, SCREENS, TESTS, require};

/// What [`everything`] found or made.
pub(crate) struct Ready {
    /// How wasm is compiled.
    pub(crate) wasm: WasmToolchain,
    /// The folder of the starter models; `None` when they could not be had.
    pub(crate) models: Option<PathBuf>,
}

/// Sets up all that building and running needs. Starter models are wanted, not needed: without a
/// network the program is built all the same and says what is missing.
pub(crate) fn everything(place: &Place) -> Result<Ready> {
    require(packages::BUILD)?;
    let wasm = wasm::toolchain(place)?;
    let models = match models::starter(place) {
        Ok(folder) => Some(folder),
        Err(error) => {
            eprintln!("Warning: {error:#}");
            None
        }
    };
    Ok(Ready { wasm, models })
}

/// Sets up only the wasm target.
pub(crate) fn wasm_only(place: &Place) -> Result<WasmToolchain> {
    wasm::toolchain(place)
}
