//! Looking through a folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{Entry, MAX_FILES, TOO_MANY};

/// Folders deeper than this are not walked: links can make them endless.
const MAX_DEPTH: usize = 12;

/// What stands in a folder.
pub(super) struct Walk {
    root: PathBuf,
    /// Files, in the order of their names.
    pub(super) entries: Vec<Entry>,
    /// Links that lead out of the folder.
    pub(super) links: Vec<String>,
}

impl Walk {
    /// Collects the files below `folder`; names that start with a dot are other programs' business.
    pub(super) fn of(folder: &Path) -> Result<Self> {
        let root = fs::canonicalize(folder)
            .with_context(|| format!("The folder {} could not be read.", folder.display()))?;
        let mut walk = Self {
            root,
            entries: Vec::new(),
            links: Vec::new(),
        };
        walk.enter("", 0)?;
        walk.entries.sort_by(|a, b| a.name.cmp(&b.name));
        walk.links.sort();
        Ok(walk)
    }

    fn enter(&mut self, below: &str, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Ok(());
        }
        let folder = self.root.join(below);
        let listing = fs::read_dir(&folder)
            .with_context(|| format!("The folder {} could not be read.", folder.display()))?;
        for item in listing {
            let item = item.with_context(|| format!("{} could not be read.", folder.display()))?;
            // A name that is not text could not be shown or reported.
            let Ok(name) = item.file_name().into_string() else {
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            let name = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            let Ok(metadata) = fs::metadata(item.path()) else {
                continue; // a link to nowhere
            };
            if self.leads_out(&item)? {
                self.links.push(name);
            } else if metadata.is_dir() {
                self.enter(&name, depth + 1)?;
            } else if metadata.is_file() {
                let num_bytes = metadata.len();
                self.entries.push(Entry { name, num_bytes });
            }
            if self.entries.len() + self.links.len() > MAX_FILES {
                bail!("{TOO_MANY}");
            }
        }
        Ok(())
    }

    fn leads_out(&self, item: &fs::DirEntry) -> Result<bool> {
        if !item.file_type()?.is_symlink() {
            return Ok(false);
        }
        Ok(!fs::canonicalize(item.path())?.starts_with(&self.root))
    }
}
