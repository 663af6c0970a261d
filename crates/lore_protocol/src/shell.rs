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
    /// Whether this program can look for newer versions of itself → [`ShellResponse::Updates`].
    Updates,
    /// Asks the address that the program was built with for its newest version →
    /// [`ShellResponse::Updates`].
    LookForUpdate,
    /// Gets the newest version, checks its signature and starts it in place of this one → `Done`.
    InstallUpdate,
}

/// The ending of a backup's name.
pub const BACKUP_ENDING: &str = "lorekeeper";

impl FileKind {
    /// What a file is for that was dropped on the window or opened with the program: a backup is told
    /// by its ending, all else is looked into as a data set.
    pub fn of_opened(path: &str) -> Self {
        let ending = path.rsplit_once('.').map(|(_, ending)| ending);
        if ending.is_some_and(|ending| ending.eq_ignore_ascii_case(BACKUP_ENDING)) {
            Self::Backup
        } else {
            Self::Dataset
        }
    }
}

/// What is known about newer versions of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Updates {
    /// This program cannot look for them.
    #[default]
    Off,
    /// Nobody has looked since the start.
    Unknown,
    /// There is none.
    Current,
    /// There is one.
    Newer {
        /// Its version.
        version: String,
        /// What its makers say about it; may be empty.
        notes: String,
    },
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
    /// What is known about newer versions.
    Updates(Updates),
}

/// Something the shell noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShellEvent {
    /// Files are held over the window.
    Hover {
        /// How many; 0 when they went away.
        count: usize,
    },
    /// Files were dropped on the window, or opened with the program.
    Dropped {
        /// Which.
        paths: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_told_by_its_ending() {
        for path in ["/home/ada/all.lorekeeper", r"C:\Users\ada\ALL.LOREKEEPER"] {
            assert_eq!(FileKind::of_opened(path), FileKind::Backup, "{path}");
        }
        for path in ["runs.jsonl", "/home/ada/lorekeeper", "all.lorekeeper/x"] {
            assert_eq!(FileKind::of_opened(path), FileKind::Dataset, "{path}");
        }
    }
}
