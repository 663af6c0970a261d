//! Where things stand: the checkout, the target directory, the cache of this user.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The folders that the chores work in.
pub(crate) struct Place {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target directory.
    pub(crate) target: PathBuf,
    /// What is kept between checkouts: models, the wasm sysroot, Python environments.
    pub(crate) cache: PathBuf,
}

impl Place {
    /// Finds them from the environment.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask stands in no workspace")?
            .to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |dir| root.join(dir));
        let cache = user_cache()
            .context("Could not find your home folder; set XDG_CACHE_HOME and try again")?
            .join("lorekeeper");
        Ok(Self {
            root,
            target,
            cache,
        })
    }

    /// The folder of the page that the webview shows.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("ui").join("dist")
    }

    /// The starter models, each in its folder.
    pub(crate) fn models(&self) -> PathBuf {
        self.cache.join("models")
    }

    /// A program that cargo built.
    pub(crate) fn program(&self, profile: &str, name: &str) -> PathBuf {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.target.join(profile).join(file)
    }
}

fn user_cache() -> Option<PathBuf> {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    if let Some(dir) = var("XDG_CACHE_HOME").filter(|dir| dir.is_absolute()) {
        return Some(dir);
    }
    if cfg!(windows) {
        return var("LOCALAPPDATA");
    }
    let home = var("HOME")?;
    Some(if cfg!(target_os = "macos") {
        home.join("Library").join("Caches")
    } else {
        home.join(".cache")
    })
}
