//! One file, in pieces that survive a broken connection.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};
use ureq::http::StatusCode;

use lore_core::StopToken;

use super::client::{Client, FileHead, offline};

const CHUNK: usize = 1 << 18;

/// A file of a repository and where it goes.
pub(super) struct Download<'a> {
    pub(super) client: &'a Client,
    pub(super) repo: &'a str,
    pub(super) commit: &'a str,
    pub(super) file: &'a str,
    pub(super) head: &'a FileHead,
    /// The hash it must have, where it is known beforehand.
    pub(super) known_sha256: Option<&'a str>,
    pub(super) target: PathBuf,
}

impl Download<'_> {
    /// Fetches the file, going on behind what an earlier attempt left in `<target>.part`, and calls
    /// `progress` with the bytes of the file that are there. False when `stop` was asked for; the part
    /// then stays.
    pub(super) fn fetch(&self, stop: &StopToken, progress: &mut dyn FnMut(u64)) -> Result<bool> {
        if self.target.exists() {
            progress(fs::metadata(&self.target).map_or(0, |found| found.len()));
            return Ok(true);
        }
        let part = part_of(&self.target);
        if let Some(folder) = part.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("Could not make the folder {}.", folder.display()))?;
        }
        if !self.is_complete(&part) && !self.transfer(&part, stop, progress)? {
            return Ok(false);
        }
        if let Err(damage) = self.check(&part) {
            // A damaged part would be found damaged again for ever.
            fs::remove_file(&part).context("Could not remove a damaged download.")?;
            return Err(damage);
        }
        fs::rename(&part, &self.target)
            .with_context(|| format!("Could not write {}.", self.target.display()))?;
        Ok(true)
    }

    fn is_complete(&self, part: &Path) -> bool {
        let there = fs::metadata(part).map_or(0, |found| found.len());
        self.head.size.is_some_and(|size| size == there && size > 0)
    }

    fn transfer(
        &self,
        part: &Path,
        stop: &StopToken,
        progress: &mut dyn FnMut(u64),
    ) -> Result<bool> {
        let there = fs::metadata(part).map_or(0, |found| found.len());
        let response = self.client.open(self.repo, self.commit, self.file, there)?;
        let (response, mut have) = match response.status() {
            StatusCode::PARTIAL_CONTENT => (response, there),
            // What is there does not fit what the hub has: from the start.
            StatusCode::RANGE_NOT_SATISFIABLE => {
                (self.client.open(self.repo, self.commit, self.file, 0)?, 0)
            }
            _ => (response, 0),
        };
        let mut file = open_part(part, have)?;
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; CHUNK];
        loop {
            if stop.is_stopped() {
                return Ok(false);
            }
            let length = body.read(&mut buffer).map_err(offline)?;
            if length == 0 {
                break;
            }
            file.write_all(&buffer[..length])
                .context("Could not save the download. The disk may be full.")?;
            have += length as u64;
            progress(have);
        }
        file.sync_all().context("Could not save the download.")?;
        Ok(true)
    }

    /// Size and hash are what the hub, or the program itself, said they would be.
    fn check(&self, part: &Path) -> Result<()> {
        let there = fs::metadata(part)?.len();
        if let Some(size) = self.head.size {
            ensure!(
                there == size,
                "The download of {:?} broke off ({there} of {size} bytes). Try again.",
                self.file
            );
        }
        let wanted = self.known_sha256.or(self.head.sha256.as_deref());
        if let Some(wanted) = wanted {
            let found = sha256_of(part)?;
            ensure!(
                found == wanted,
                "The downloaded file {:?} is not the one that was expected (its SHA-256 is {found}, not \
                 {wanted}). It was thrown away; try again.",
                self.file
            );
        }
        Ok(())
    }
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// The part, cut to `have` bytes and ready for the next one.
fn open_part(part: &Path, have: u64) -> Result<File> {
    let open = || -> std::io::Result<File> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(part)?;
        file.set_len(have)?;
        file.seek(SeekFrom::End(0))?;
        Ok(file)
    };
    open().with_context(|| format!("Could not write {}.", part.display()))
}

/// SHA-256 of a file's content, in lower-case hexadecimal.
pub(super) fn sha256_of(path: &Path) -> Result<String> {
    let problem = || format!("Could not read {}.", path.display());
    let mut file = File::open(path).with_context(problem)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = file.read(&mut buffer).with_context(problem)?;
        if length == 0 {
            break;
        }
        hasher.update(&buffer[..length]);
    }
    Ok(format!("{:x}", hasher.finalize()))
}
