//! Which world tasks come from.

use serde::{Deserialize, Serialize};

use crate::DatasetId;

/// Where the tasks of a run come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// The 30 kinds of task of `ScienceWorld`, in their official 7207 variations.
    ScienceWorld {
        /// With all official simplifications: open doors and containers, moving to any room at once.
        easy: bool,
    },
    /// The eight games of TextWorld-Express, which are played thousands of steps a second.
    TextWorldExpress,
    /// Tasks of an environment server.
    Server(ServerSpec),
}

impl Default for WorldSpec {
    fn default() -> Self {
        Self::Generated {
            seed: 1,
            small: true,
        }
    }
}

/// A world that is a Java program of its own and must be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JavaWorld {
    /// `ScienceWorld`.
    ScienceWorld,
    /// TextWorld-Express.
    TextWorldExpress,
}

impl JavaWorld {
    /// Every Java world.
    pub const ALL: [Self; 2] = [Self::ScienceWorld, Self::TextWorldExpress];

    /// The name shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::ScienceWorld => "ScienceWorld",
            Self::TextWorldExpress => "TextWorld-Express",
        }
    }

    /// Its folder in the folder of worlds, and its name in Python's package index.
    pub fn package(self) -> &'static str {
        match self {
            Self::ScienceWorld => "scienceworld",
            Self::TextWorldExpress => "textworld-express",
        }
    }

    /// Its program: the file whose presence means that it is installed.
    pub fn jar(self) -> &'static str {
        match self {
            Self::ScienceWorld => "scienceworld.jar",
            Self::TextWorldExpress => "textworld-express.jar",
        }
    }
}

/// An environment server, and what it does not say about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerSpec {
    /// Its name for people; also [`crate::Task::environment`] of its tasks.
    pub name: String,
    /// What it speaks.
    pub protocol: ServerProtocol,
    /// Where it is: `http://localhost:8000`.
    pub address: String,
    /// Training tasks, where it cannot list its own.
    pub num_train: u32,
    /// Test tasks, where it cannot list its own.
    pub num_test: u32,
    /// An episode that the server ends has succeeded when its rewards add up to this.
    pub success_reward: f64,
    /// Seconds it may take for one answer.
    pub timeout_secs: u32,
}

impl Default for ServerSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            protocol: ServerProtocol::OpenEnv,
            address: String::new(),
            num_train: 100,
            num_test: 20,
            success_reward: 1.0,
            timeout_secs: 30,
        }
    }
}

/// What an environment server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerProtocol {
    /// `OpenEnv`, over WebSocket.
    #[default]
    OpenEnv,
    /// `AgentGym`, over HTTP.
    AgentGym,
}

impl ServerProtocol {
    /// Every protocol.
    pub const ALL: [Self; 2] = [Self::OpenEnv, Self::AgentGym];

    /// The name shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::OpenEnv => "OpenEnv",
            Self::AgentGym => "AgentGym",
        }
    }
}
