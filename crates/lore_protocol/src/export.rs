//! Adapters, and taking them out of the program.

use serde::{Deserialize, Serialize};

use lore_core::{Adapter, AdapterId, JobId};

use crate::ExportFormat;

/// A question about adapters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExportRequest {
    /// Every adapter, newest first → [`ExportResponse::Adapters`].
    Adapters,
    /// The forms an adapter can be written in, with sizes → [`ExportResponse::Options`].
    Options {
        /// Which.
        adapter: AdapterId,
    },
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
    /// What can be made of an adapter.
    Options {
        /// Which adapter.
        adapter: AdapterId,
        /// Every form, in the order of [`ExportFormat::ALL`].
        options: Vec<ExportOption>,
    },
    /// The job that was started.
    Job(JobId),
}

/// A form as the Export page offers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOption {
    /// Which.
    pub format: ExportFormat,
    /// About how large it will be.
    pub num_bytes: u64,
    /// Why this adapter cannot be written that way; empty when it can.
    pub refusal: String,
}

/// A file that was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExportedFile {
    /// The file.
    pub path: String,
    /// Its size.
    pub num_bytes: u64,
}
