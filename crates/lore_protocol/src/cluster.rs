//! Other computers that do jobs.

use serde::{Deserialize, Serialize};

use lore_core::{Cluster, ClusterId, Secret};

/// What a worker ends with that cannot reach its job's folder. On another computer that means: the folder
/// is called otherwise there, or is not there.
pub const NO_FOLDER: u8 = 66;

/// A question about other computers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ClusterRequest {
    /// Every one → [`ClusterResponse::List`].
    List,
    /// Asks it who it is and whether it sees the data folder → [`ClusterResponse::Tried`].
    Try {
        /// Which; it need not be saved.
        cluster: Cluster,
        /// What opens it; the one that is known when absent.
        token: Option<Secret>,
    },
    /// Saves it in place of the one of the same identifier; without one it is new → `Done`.
    Save {
        /// Which.
        cluster: Cluster,
        /// What opens it; the one that is known when absent, none when empty.
        token: Option<Secret>,
    },
    /// Forgets it → `Done`.
    Remove {
        /// Which.
        id: ClusterId,
    },
}

/// The answer to a [`ClusterRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClusterResponse {
    /// Every one, by name.
    List(Vec<ClusterInfo>),
    /// It can do jobs.
    Tried {
        /// The version of Ray.
        ray_version: String,
    },
}

/// A cluster as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterInfo {
    /// What a person said about it.
    pub cluster: Cluster,
    /// True when there is a token for it.
    pub has_token: bool,
}

/// How a job on another computer stands, beyond what it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Elsewhere {
    /// What the job needs is on its way.
    Sending,
    /// It waits there for free processor cores.
    Waiting,
    /// It is at work.
    Working,
    /// The other computer does not answer.
    OutOfReach,
    /// The other computer wants a token, or another one.
    NeedsToken,
}

impl Elsewhere {
    /// A sentence for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sending => "Sending the program",
            Self::Waiting => "Waiting for free processor cores there",
            Self::Working => "At work there",
            Self::OutOfReach => "The other computer does not answer; asking again",
            Self::NeedsToken => {
                "The other computer asks for its token. Write it in the settings, under Other computers"
            }
        }
    }
}
