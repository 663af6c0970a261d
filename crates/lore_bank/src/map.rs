//! The map: every experience as a point in the plane, near its like.

use anyhow::Result;
use lore_core::MapPoint;

use crate::ExperienceBank;
use crate::pca::Pca;

/// Points on a map at most: more cannot be told apart on a screen.
const MAX_POINTS: usize = 10_000;

/// Vectors the axes are fitted to; more would not turn them visibly.
const MAX_FITTED: usize = 2_000;

/// The map of a bank: its task keys on their first two principal components. Of very large banks an
/// evenly spread part is shown. Equal banks have equal maps.
pub fn map_points(bank: &ExperienceBank) -> Result<Vec<MapPoint>> {
    let keyed = bank.task_keys(MAX_POINTS)?;
    let step = keyed.len().div_ceil(MAX_FITTED).max(1);
    let fitted: Vec<&[f32]> = keyed
        .iter()
        .step_by(step)
        .map(|(_, key)| key.as_slice())
        .collect();
    let pca = Pca::fit(&fitted, 2);
    Ok(keyed
        .into_iter()
        .map(|(point, key)| {
            let place = pca.project(&key);
            MapPoint {
                x: place[0] as f32,
                y: place[1] as f32,
                ..point
            }
        })
        .collect())
}
