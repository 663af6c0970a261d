//! Adapters, and taking them out of the program.

use serde::{Deserialize, Serialize};

use lore_core::{Adapter, AdapterId, JobId};

/// A question about adapters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExportRequest {
    /// Every adapter, newest first → [`ExportResponse::Adapters`].
    Adapters,
    /// Writes an adapter for others as a job → [`ExportResponse::Job`].
    Export {
        /// Which.
        adapter: AdapterId,
        /// In which form.
        format: ExportFormat,
        /// The folder to make; must not exist or be empty.
        destination: String,
    },
    /// Gives it another name → `Done`.
    Rename {
        /// Which.
        adapter: AdapterId,
        /// The name.
        name: String,
    },
    /// Moves it to the trash → `Done`.
    Delete {
        /// Which.
        adapter: AdapterId,
    },
    /// Takes it back from the trash → `Done`.
    Restore {
        /// Which.
        adapter: AdapterId,
    },
}

/// The answer to an [`ExportRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExportResponse {
    /// Every adapter.
    Adapters(Vec<Adapter>),
    /// The job that was started.
    Job(JobId),
}

/// The form of an exported adapter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// `adapter_model.safetensors`, `adapter_config.json` and a model card.
    #[default]
    Peft,
}

impl ExportFormat {
    /// Every choice, for forms.
    pub const ALL: [Self; 1] = [Self::Peft];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Peft => "PEFT folder (Hugging Face)",
        }
    }
}

/// A file that was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExportedFile {
    /// The file.
    pub path: String,
    /// Its size.
    pub num_bytes: u64,
}
