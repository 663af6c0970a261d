//! Many files in one: a zip whose last entry, the manifest, says what the others are, with the size and
//! the SHA-256 of each. Any program can look into it; this one reads it only if it is exactly what the
//! manifest says.

mod names;
mod read;
#[cfg(test)]
mod tests;
mod write;

use serde::{Deserialize, Serialize};

pub use read::ArchiveReader;
pub use write::ArchiveWriter;

/// The version of the form. A program refuses archives of a later one.
const FORMAT: u32 = 1;

/// The name of the manifest.
const MANIFEST: &str = "manifest.json";

/// What is known about an archive besides its files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveHead {
    /// When it was written, in milliseconds since 1970.
    pub created_ms: u64,
    /// The version of the program that wrote it.
    pub code_version: String,
    /// What was left out, in words for people.
    #[serde(default)]
    pub left_out: Vec<String>,
}

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedFile {
    /// Its path, with `/` between its parts.
    pub path: String,
    /// Its size when unpacked.
    pub num_bytes: u64,
    /// Its SHA-256 in 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// `manifest.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    #[serde(flatten)]
    head: ArchiveHead,
    files: Vec<ArchivedFile>,
}
