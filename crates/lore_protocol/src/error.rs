//! The only serialised error.

use serde::{Deserialize, Serialize};

/// What went wrong, for people: one plain sentence that says what to do, and the details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// What the interface may react to.
    pub code: ErrorCode,
    /// One sentence: what happened and what to do.
    pub summary: String,
    /// The chain of causes, for "Copy details".
    pub details: String,
}

/// A code exists only if someone does something with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Shown, nothing more.
    #[default]
    Other,
    /// The asked-for thing is gone; pages go back to their list.
    NotFound,
    /// Not now: the thing is in use or not ready. Shown as a warning.
    Precondition,
    /// The worker ended without a last word; "Resume" is offered.
    WorkerCrashed,
    /// No model or no embedder; "Get models" is offered.
    ModelMissing,
    /// The disk is full; the path is in the details.
    DiskFull,
    /// No network; trying again is offered.
    Offline,
}

impl ApiError {
    /// An error that is only shown.
    pub fn new(summary: impl Into<String>) -> Self {
        Self::with_code(ErrorCode::Other, summary)
    }

    /// An error that the interface reacts to.
    pub fn with_code(code: ErrorCode, summary: impl Into<String>) -> Self {
        Self {
            code,
            summary: summary.into(),
            details: String::new(),
        }
    }

    /// "Not now", with the reason.
    pub fn precondition(summary: impl Into<String>) -> Self {
        Self::with_code(ErrorCode::Precondition, summary)
    }

    /// "It is gone", with what.
    pub fn not_found(summary: impl Into<String>) -> Self {
        Self::with_code(ErrorCode::NotFound, summary)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.summary)
    }
}

impl std::error::Error for ApiError {}

/// The outermost context is the sentence for people; the rest of the chain becomes the details.
/// An [`ApiError`] anywhere in the chain keeps its code.
impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        // Not `chain()`: only the error itself knows what was attached to it as context.
        let code = error
            .downcast_ref::<Self>()
            .map_or_else(|| code_of_io(&error), |api| api.code);
        Self {
            code,
            summary: error.to_string(),
            details: format!("{error:?}"),
        }
    }
}

fn code_of_io(error: &anyhow::Error) -> ErrorCode {
    let full = error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::StorageFull)
    });
    if full {
        ErrorCode::DiskFull
    } else {
        ErrorCode::Other
    }
}

/// Gives an error its code while adding the sentence for people.
pub trait ResultExt<T> {
    /// Like `anyhow::Context::context`, with a code.
    fn code(self, code: ErrorCode, summary: impl Into<String>) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> ResultExt<T> for Result<T, E> {
    fn code(self, code: ErrorCode, summary: impl Into<String>) -> anyhow::Result<T> {
        self.map_err(|cause| cause.into().context(ApiError::with_code(code, summary)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn a_code_survives_the_sentences_around_it() {
        let failed: Result<(), _> = Err(std::io::Error::other("cable unplugged"));
        let error = failed
            .code(ErrorCode::Offline, "The hub cannot be reached.")
            .context("Could not get the model.")
            .unwrap_err();
        let api = ApiError::from(error);
        assert_eq!(api.code, ErrorCode::Offline);
        assert_eq!(api.summary, "Could not get the model.");
        assert!(api.details.contains("cable unplugged"));
    }

    #[test]
    fn a_full_disk_is_recognised() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Err::<(), _>(full).context("Could not save.").unwrap_err();
        assert_eq!(ApiError::from(error).code, ErrorCode::DiskFull);
    }
}
