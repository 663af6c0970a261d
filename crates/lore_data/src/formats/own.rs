//! Our own trajectories, one a line.

use lore_core::Trajectory;
use serde_json::Value;

use super::has;
use crate::format::{Format, Item, Place};
use crate::rows::Row;

/// See [`lore_core::Trajectory`].
pub(crate) struct Own;

impl Format for Own {
    fn name(&self) -> &'static str {
        "Lorekeeper trajectories"
    }

    fn recognises(&self, row: &Value) -> bool {
        has(
            row,
            &[
                "id",
                "task",
                "source",
                "initial_observation",
                "steps",
                "end",
            ],
        )
    }

    fn read(&self, row: &Row, _place: &Place<'_>) -> Result<Item, String> {
        let mut trajectory: Trajectory = row.parse()?;
        // The identifier is a hash of the content; a file edited by hand must not keep the old one.
        trajectory.id = trajectory.content_id();
        Ok(trajectory.into())
    }
}
