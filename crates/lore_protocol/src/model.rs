//! Models and embedders.

use serde::{Deserialize, Serialize};

use lore_core::{JobId, ModelId, ModelInfo};

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
}

/// The answer to a [`ModelRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ModelResponse {
    /// Every model, by name.
    List(Vec<ModelInfo>),
    /// The job that was started.
    Job(JobId),
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
