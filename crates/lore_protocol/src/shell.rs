//! What only the window's shell can do: dialogs, links, the clipboard.

use serde::{Deserialize, Serialize};

/// Something for the shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShellRequest {
    /// Asks for a file or folder → [`ShellResponse::Path`].
    Pick {
        /// What for.
        kind: FileKind,
    },
    /// Asks where to write a new file → [`ShellResponse::Path`] of [`FileKind::NewFile`].
    Save {
        /// The name that is proposed.
        name: String,
    },
    /// Shows a file or folder in the system's file browser → `Done`.
    Reveal {
        /// Which.
        path: String,
    },
    /// Opens a file or a web page with the system's program for it → `Done`.
    Open {
        /// Which.
        target: String,
    },
    /// Says that the page has no usable graphics: the shell goes on in the native window → `Done`.
    CannotDraw,
    /// Ends the program as closing its window does, and starts it again → `Done`.
    Restart,
}

/// What a dialog asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A file with episodes or games.
    Dataset,
    /// A folder with episodes or games.
    DatasetFolder,
    /// A GGUF file.
    ModelFile,
    /// A Hugging Face folder.
    ModelFolder,
    /// A wheel or a JAR of a Java world.
    WorldFile,
    /// An empty folder to write to.
    ExportFolder,
    /// A file to write.
    NewFile,
    /// A backup.
    Backup,
    /// An empty folder for everything that is kept.
    DataFolder,
}

/// The answer to a [`ShellRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShellResponse {
    /// What was picked; `None` when the dialog was closed.
    Path {
        /// What was asked for.
        kind: FileKind,
        /// The path.
        path: Option<String>,
    },
}

/// Something the shell noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShellEvent {
    /// Files are held over the window.
    Hover {
        /// How many; 0 when they went away.
        count: usize,
    },
    /// Files were dropped on the window.
    Dropped {
        /// Which.
        paths: Vec<String>,
    },
}
