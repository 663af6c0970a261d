//! How the cluster calls what stands in the data folder.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use lore_core::{Cluster, DataDir, ModelInfo};
use lore_protocol::{ApiError, Work};

use crate::files;
use crate::mentions::{self, Noun};

/// The data folder, by the path it has on the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    root: String,
    /// True when paths are the same there.
    pub(super) is_same: bool,
}

impl Place {
    /// The data folder `dir` as `cluster` sees it.
    ///
    /// # Errors
    /// When nobody said how it is called there and its path here cannot be one there.
    pub(super) fn of(dir: &DataDir, cluster: &Cluster) -> Result<Self> {
        let here = dir.root().to_str().context("Its name is no text");
        let here =
            here.context("The data folder has a name that other computers cannot be told")?;
        let root = match cluster.folder.trim_end_matches('/') {
            "" => here,
            there => there,
        };
        if !root.starts_with('/') {
            bail!(ApiError::precondition(format!(
                "{:?} cannot see {here}. Write how it calls this folder in the settings, under Other computers",
                cluster.name
            )));
        }
        Ok(Self {
            is_same: root == here,
            root: root.to_owned(),
        })
    }

    /// The data folder there.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// What stands at `path` in the data folder `dir`, there.
    pub(super) fn path(&self, dir: &DataDir, path: &Path) -> Result<String> {
        let below = path.strip_prefix(dir.root())?;
        let mut there = self.root.clone();
        for part in below.components() {
            there.push('/');
            there.push_str(part.as_os_str().to_str().context("Its name is no text")?);
        }
        Ok(there)
    }

    /// Refuses work with models that the cluster cannot see.
    pub(super) fn check_models(&self, dir: &DataDir, work: &Work) -> Result<()> {
        let names = mentions::of(work).into_iter();
        for (_, name) in names.filter(|(noun, _)| *noun == Noun::Model) {
            let described = dir.model(&name.into()).join("model.json");
            let Ok(info) = files::read_json::<ModelInfo>(&described) else {
                continue;
            };
            if !self.is_same && Path::new(&info.path).is_absolute() {
                bail!(ApiError::precondition(format!(
                    "The other computer cannot see the model {:?}, which stands in {}. Move its files into {} \
                     and add it again on the Models page, or let the data folder have the same path there",
                    info.name,
                    info.path,
                    dir.models().display()
                )));
            }
        }
        Ok(())
    }
}

/// A word of a command line, as shells want it.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(folder: &str) -> Cluster {
        Cluster {
            name: "Lab".into(),
            folder: folder.into(),
            ..Cluster::default()
        }
    }

    #[test]
    fn paths_are_the_same_until_someone_says_otherwise() {
        let dir = DataDir::new("/home/ada/data");
        let job = dir.jobs().join("j").join("job.json");
        let same = Place::of(&dir, &cluster("")).expect("is a path");
        assert!(same.is_same);
        let path = same.path(&dir, &job).expect("is in it");
        assert_eq!(path, "/home/ada/data/jobs/j/job.json");
        let other = Place::of(&dir, &cluster("/mnt/lore/")).expect("is a path");
        assert!(!other.is_same);
        let path = other.path(&dir, &job).expect("is in it");
        assert_eq!(path, "/mnt/lore/jobs/j/job.json");
        other
            .path(&dir, Path::new("/etc/passwd"))
            .expect_err("is outside");
        let dir = DataDir::new(r"C:\data");
        Place::of(&dir, &cluster("")).expect_err("is no path there");
    }

    #[test]
    fn shells_read_what_was_meant() {
        assert_eq!(quoted("/a b"), "'/a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
