//! A model from the hub.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use lore_core::{ModelId, Watcher as _};

use super::client::{Client, FileHead, Repository};
use super::download::Download;
use super::place::{Origin, id_from_name, place};
use super::select;
use crate::files::beside;
use crate::{Job, Outcome};

/// What is asked of the hub.
pub(super) struct Wanted<'a> {
    /// `owner/name`.
    pub(super) repo: &'a str,
    /// A branch, tag or commit; empty for the main branch.
    pub(super) revision: &'a str,
    /// The name to give the model; made from the repository's when absent.
    pub(super) id: Option<ModelId>,
    /// Names and SHA-256 of files that are known beforehand.
    pub(super) known_hashes: &'a [(&'a str, &'a str)],
}

/// Fetches the files a model needs, checks them and puts them in the model folder.
pub(super) fn get(job: &mut Job<'_>, wanted: &Wanted<'_>) -> Result<Outcome> {
    let repo = wanted.repo.trim();
    ensure!(
        repo.split('/').count() == 2 && select::is_safe(repo),
        "A model's name on the hub has the form \"owner/name\"; {repo:?} does not."
    );
    let client = Client::new(&job.options.hub_url);
    job.relay.progress("Ask the hub", 0, 0, "MB");
    let repository = client.repository(repo, wanted.revision.trim())?;
    let files = select::files(&repository.files);
    ensure!(
        !files.is_empty(),
        "{repo:?} holds no weights in a form this program reads (safetensors or GGUF)."
    );
    if let Some(odd) = files.iter().find(|name| !select::is_safe(name)) {
        anyhow::bail!("{repo:?} holds a file with an unusual name ({odd:?}); it was not fetched.");
    }
    let id = wanted.id.clone().unwrap_or_else(|| id_from_name(repo));
    let staging = staging_folder(&job.data.model(&id), &repository);
    if !transfer(job, &client, wanted, &repository, &files, &staging)? {
        return Ok(Outcome::Stopped { resumable: true });
    }
    let origin = Origin {
        id,
        name: name_of(repo),
        hub_name: repo.to_owned(),
        license: repository.license.clone(),
        weights: None,
    };
    place(job, &staging, origin)
}

/// Parts of one commit never meet parts of another.
fn staging_folder(folder: &Path, repository: &Repository) -> PathBuf {
    let commit: String = repository
        .commit
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(12)
        .collect();
    beside(folder, &format!("{commit}.fetch"))
}

/// Fetches every file; false when a stop was asked for.
fn transfer(
    job: &mut Job<'_>,
    client: &Client,
    wanted: &Wanted<'_>,
    repository: &Repository,
    files: &[String],
    staging: &Path,
) -> Result<bool> {
    fs::create_dir_all(staging)
        .with_context(|| format!("Could not make the folder {}.", staging.display()))?;
    let heads = files
        .iter()
        .map(|file| client.head(wanted.repo.trim(), &repository.commit, file))
        .collect::<Result<Vec<FileHead>>>()?;
    let total: u64 = heads.iter().filter_map(|head| head.size).sum();
    let mut before = 0;
    for (file, head) in files.iter().zip(&heads) {
        let known = wanted.known_hashes.iter().find(|(name, _)| name == file);
        let download = Download {
            client,
            repo: wanted.repo.trim(),
            commit: &repository.commit,
            file,
            head,
            known_sha256: known.map(|(_, hash)| *hash),
            target: staging.join(file),
        };
        let relay = &mut job.relay;
        let mut have = 0;
        let mut progress = |bytes: u64| {
            have = bytes;
            relay.progress(
                "Download",
                megabytes(before + bytes),
                megabytes(total),
                "MB",
            );
        };
        if !download.fetch(job.stop, &mut progress)? {
            return Ok(false);
        }
        before += have;
    }
    Ok(true)
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

fn name_of(repo: &str) -> String {
    repo.rsplit('/').next().unwrap_or(repo).to_owned()
}
