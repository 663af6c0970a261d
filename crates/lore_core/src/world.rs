//! Which world tasks come from.

use serde::{Deserialize, Serialize};

use crate::DatasetId;

/// Where the tasks of a run come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WorldSpec {
    /// Fresh household games of all six ALFWorld types, made from a seed; nothing to download.
    Generated {
        /// The seed of the games.
        seed: u64,
        /// Rooms with fewer things in them: shorter episodes, for quick experiments.
        small: bool,
    },
    /// Games of one or two imported data sets.
    Games {
        /// Games for experience and training.
        train: DatasetId,
        /// Games for testing; the training games' own test split when absent.
        test: Option<DatasetId>,
    },
}

impl Default for WorldSpec {
    fn default() -> Self {
        Self::Generated {
            seed: 1,
            small: true,
        }
    }
}
