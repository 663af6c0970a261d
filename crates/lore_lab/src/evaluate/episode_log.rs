//! The episodes of a run on disk, one line each, whole lines only.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use lore_core::Trajectory;

/// An append-only file of trajectories that survives being killed in the middle of a line.
pub(crate) struct EpisodeLog {
    file: File,
}

impl EpisodeLog {
    /// Opens the log, making it when it is not there, and reads what it holds. From the first line that
    /// is not a whole trajectory on, the file is cut: those episodes are played again. When more than a
    /// last line that breaks off is cut, the file as it was is kept beside it, and `warn` is told.
    pub(crate) fn open(
        path: &Path,
        warn: &mut dyn FnMut(String),
    ) -> Result<(Self, Vec<Trajectory>)> {
        let problem = || format!("Could not open the record of episodes {}.", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(problem)?;
        }
        // Not in append mode: some systems refuse to shorten a file that is open for appending only.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(problem)?;
        let (trajectories, whole) = read_whole_lines(&file).with_context(problem)?;
        if !breaks_off(&mut file, whole).with_context(problem)? {
            let kept = keep_damaged(path).with_context(problem)?;
            warn(format!(
                "The record of episodes is damaged after episode {}; the rest is done again. The old file \
                 was kept as {}.",
                trajectories.len(),
                kept.display()
            ));
        }
        file.set_len(whole).with_context(problem)?;
        file.seek(SeekFrom::End(0)).with_context(problem)?;
        Ok((Self { file }, trajectories))
    }

    /// Adds an episode; it is on the disk when this returns.
    pub(crate) fn append(&mut self, trajectory: &Trajectory) -> Result<()> {
        let mut line =
            serde_json::to_string(trajectory).context("Could not turn an episode into JSON.")?;
        line.push('\n');
        let mut write = || {
            self.file.write_all(line.as_bytes())?;
            self.file.sync_data()
        };
        write().context("Could not save an episode. The disk may be full.")
    }
}

/// True when nothing, or no end of a line, stands behind the first `whole` bytes: what a program leaves
/// that was killed.
fn breaks_off(file: &mut File, whole: u64) -> std::io::Result<bool> {
    file.seek(SeekFrom::Start(whole))?;
    let mut rest = BufReader::new(file);
    let mut line = Vec::new();
    rest.read_until(b'\n', &mut line)?;
    Ok(line.last() != Some(&b'\n'))
}

/// Copies a damaged file under a free name beside it.
fn keep_damaged(path: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let kept = path.with_extension(format!("damaged-{number}.jsonl"));
        if !kept.exists() {
            std::fs::copy(path, &kept)?;
            return Ok(kept);
        }
        number += 1;
    }
}

/// The trajectories up to the first damaged line, and how many bytes they take.
fn read_whole_lines(file: &File) -> std::io::Result<(Vec<Trajectory>, u64)> {
    let mut reader = BufReader::new(file);
    let mut trajectories = Vec::new();
    let mut whole = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if length == 0 || line.last() != Some(&b'\n') {
            break;
        }
        let Ok(trajectory) = serde_json::from_slice(&line) else {
            break;
        };
        trajectories.push(trajectory);
        whole += length as u64;
    }
    Ok((trajectories, whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_core::EpisodeEnd;
    use lore_core::testing::{task, trajectory};

    fn episode(id: &str) -> Trajectory {
        trajectory(task(id), &[("look", "a room")], EpisodeEnd::Success)
    }

    #[test]
    fn a_line_that_was_cut_off_is_written_again() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("run/trajectories.jsonl");
        let mut quiet = |text: String| panic!("nothing is damaged: {text}");
        let (mut log, none) = EpisodeLog::open(&path, &mut quiet).unwrap();
        assert!(none.is_empty());
        log.append(&episode("a")).unwrap();
        log.append(&episode("b")).unwrap();
        drop(log);
        let whole = std::fs::read(&path).unwrap();

        for cut in [1, 20, whole.len() / 2 - 3] {
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let (mut log, kept) = EpisodeLog::open(&path, &mut quiet).unwrap();
            assert_eq!(kept, [episode("a")], "after losing {cut} bytes");
            log.append(&episode("b")).unwrap();
            drop(log);
            assert_eq!(
                std::fs::read(&path).unwrap(),
                whole,
                "after losing {cut} bytes"
            );
        }
    }

    #[test]
    fn nothing_is_kept_after_a_damaged_line() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("trajectories.jsonl");
        let line = serde_json::to_string(&episode("a")).unwrap();
        let damaged = format!("{line}\n\0\0\0\n{line}\n");
        std::fs::write(&path, &damaged).unwrap();
        let mut warned = Vec::new();
        let (_, kept) = EpisodeLog::open(&path, &mut |text| warned.push(text)).unwrap();
        assert_eq!(kept, [episode("a")]);
        let aside = root.path().join("trajectories.damaged-1.jsonl");
        assert_eq!(std::fs::read_to_string(&aside).unwrap(), damaged);
        assert!(
            warned[0].contains("trajectories.damaged-1.jsonl"),
            "{warned:?}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{line}\n"));
    }
}
