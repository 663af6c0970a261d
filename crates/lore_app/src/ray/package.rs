//! The program that does the work, as the package that a cluster unpacks.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use lore_data::hash_file;
use lore_protocol::ApiError;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::client::Client;

/// The program's name in its package.
pub(super) const PROGRAM: &str = "lore_worker";

/// Letters of a hash that tell packages apart.
const HASH_LETTERS: usize = 20;

/// Rises when packages of the same program are made differently.
const FORM: u32 = 1;

/// Sees that the cluster has the program and returns the package's address there. `draft` is a file that
/// may be made for it. A program that is there already is not sent again.
pub(super) fn provide(client: &Client, program: &Path, draft: &Path) -> Result<String> {
    let hash = hash_file(program, &mut |_| true)?.context("Nobody stopped the reading")?;
    let hash = &hash.sha256[..HASH_LETTERS];
    let name = format!("_ray_pkg_lorekeeper{FORM}{hash}.zip");
    let uri = format!("gcs://{name}");
    if client.has_package(&name).map_err(|it| client.error(&it))? {
        return Ok(uri);
    }
    let sent = pack(program, draft).and_then(|()| {
        let package = File::open(draft)?;
        let sent = client.send_package(&name, &package);
        Ok(sent.map_err(|trouble| client.error(&trouble))?)
    });
    // It can be made again at any time.
    fs::remove_file(draft).ok();
    sent.map(|()| uri)
}

fn pack(program: &Path, draft: &Path) -> Result<()> {
    let pack = || -> Result<()> {
        let mut zip = ZipWriter::new(BufWriter::new(File::create(draft)?));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            // Ray's dashboard takes packages up to 100 MiB.
            .compression_level(Some(6))
            .large_file(true)
            .unix_permissions(0o755);
        zip.start_file(PROGRAM, options)?;
        io::copy(&mut File::open(program)?, &mut zip)?;
        Ok(zip.finish()?.flush()?)
    };
    pack().context("Could not pack the program for the other computer. Is the disk full?")
}

/// The program for clusters, which run Linux.
///
/// # Errors
/// When this installation has none.
pub(super) fn program(worker: &Path) -> Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok(worker.to_owned());
    }
    let linux = worker.with_file_name(format!("{PROGRAM}-linux"));
    if linux.is_file() {
        return Ok(linux);
    }
    Err(ApiError::precondition(format!(
        "Other computers run Linux, and this installation has no program for it. Put one beside the one \
         for this computer, as {}",
        linux.display()
    ))
    .into())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_package_holds_the_program_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let (program, draft) = (folder.path().join("p"), folder.path().join("d.zip"));
        fs::write(&program, "#!/bin/sh").expect("writes");
        pack(&program, &draft).expect("packs");
        let mut zip = zip::ZipArchive::new(File::open(&draft).expect("is there")).expect("a zip");
        assert_eq!(zip.len(), 1);
        let mut file = zip.by_name(PROGRAM).expect("is in it");
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut text = String::new();
        file.read_to_string(&mut text).expect("is text");
        assert_eq!(text, "#!/bin/sh");
    }
}
