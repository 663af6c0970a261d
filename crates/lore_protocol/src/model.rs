//! Models and embedders.

use serde::{Deserialize, Serialize};

use lore_core::{JobId, ModelId, ModelInfo, Secret, ServedModel};

/// A question about models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ModelRequest {
    /// Every model → [`ModelResponse::List`].
    List,
    /// Gets a model as a job → [`ModelResponse::Job`].
    Fetch {
        /// From where.
        source: ModelSource,
    },
    /// Removes a model → `Done`.
    Remove {
        /// Which.
        id: ModelId,
    },
    /// Every model on a server → [`ModelResponse::Served`].
    Served,
    /// Saves a model on a server, in place of the one of its name here → [`ModelResponse::Served`].
    SaveServed {
        /// Which; gets a name here if it has none.
        model: Box<ServedModel>,
        /// The key for its address; the one so far when absent, none when empty.
        key: Option<Secret>,
    },
    /// Forgets a model on a server, and the key when no other one needs it → `Done`.
    RemoveServed {
        /// Which.
        id: ModelId,
    },
    /// Asks a server what models it has, and the model for a word if one is named
    /// → [`ModelResponse::Tried`].
    TryServed {
        /// Which; need not be saved.
        model: Box<ServedModel>,
        /// As in [`ModelRequest::SaveServed`].
        key: Option<Secret>,
    },
}

/// The answer to a [`ModelRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ModelResponse {
    /// Every model, by name.
    List(Vec<ModelInfo>),
    /// The job that was started.
    Job(JobId),
    /// Every model on a server, by name.
    Served(Vec<ServedInfo>),
    /// How a server answered.
    Tried(ServedTrial),
}

/// A model on a server, as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServedInfo {
    /// What is known about it.
    pub model: ServedModel,
    /// Where the key for its address is.
    pub key: KeyPlace,
}

/// Where a key is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    /// There is none.
    #[default]
    Nowhere,
    /// In the system's keychain.
    Keychain,
    /// In memory until the program ends, since no keychain answered.
    Session,
}

/// How a server answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServedTrial {
    /// What it calls its models, in alphabetical order; empty when it does not tell.
    pub models: Vec<String>,
    /// The model's word, and after how many milliseconds; `None` when no model was named.
    pub word: Option<(String, u64)>,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ModelSource {
    /// A model the application knows and checks by hash.
    Starter {
        /// Which.
        starter: StarterModel,
    },
    /// A Hugging Face folder or a GGUF file on this machine.
    Local {
        /// The folder or file.
        path: String,
    },
    /// A repository of the Hugging Face hub.
    Hub {
        /// `owner/name`.
        repo: String,
        /// A branch, tag or commit; empty for the main branch.
        revision: String,
    },
}

/// The models the application starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StarterModel {
    /// SmolLM2-135M-Instruct.
    LanguageModel,
    /// all-MiniLM-L6-v2.
    Embedder,
}
