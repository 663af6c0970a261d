//! `events.jsonl`: what a job said, one line each. The file is the truth; everything else is a view.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use lore_protocol::JobLine;

/// The journal's place in a job's folder.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("events.jsonl")
}

/// Where everything else that a worker printed stands.
pub(crate) fn log_path(folder: &Path) -> PathBuf {
    folder.join("worker.log")
}

/// A journal open for writing.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Opens or makes the journal of a job.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = path(folder);
        let open = || -> std::io::Result<File> {
            std::fs::create_dir_all(folder)?;
            let mut file = OpenOptions::new()
                .create(true)
                .read(true)
                .append(true)
                .open(&path)?;
            end_last_line(&mut file)?;
            Ok(file)
        };
        let file = open()
            .with_context(|| format!("Could not write the job's record {}", path.display()))?;
        Ok(Self { file, path })
    }

    /// Writes one line; it has left this process when the call returns.
    pub(crate) fn append(&mut self, line: &JobLine) -> Result<()> {
        let mut text = serde_json::to_string(line).context("Could not put an event into words")?;
        text.push('\n');
        let whole = self.file.metadata().map(|file| file.len());
        let written = self.file.write_all(text.as_bytes());
        if let (Err(_), Ok(whole)) = (&written, whole)
            && let Err(error) = self.file.set_len(whole)
        {
            // Then the next one to open it ends the line.
            log::warn!("could not take half a line back: {error}");
        }
        written.with_context(|| format!("Could not write the job's record {}", self.path.display()))
    }
}

/// A line cut off by a power failure must not swallow the next one.
fn end_last_line(file: &mut File) -> std::io::Result<()> {
    if file.metadata()?.len() == 0 {
        return Ok(());
    }
    let mut last = [0u8];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    Ok(())
}

/// What a journal tells.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Every readable line, oldest first.
    pub(crate) lines: Vec<JobLine>,
    /// Lines that are none, a last one that breaks off not counted.
    pub(crate) num_damaged: usize,
    /// True when there is a file, be it empty.
    pub(crate) exists: bool,
}

/// Every readable line, oldest first; damaged ones are left out, a missing file is empty.
pub(crate) fn read(folder: &Path) -> Vec<JobLine> {
    read_all(folder).lines
}

/// The same, with what is wrong.
pub(crate) fn read_all(folder: &Path) -> Told {
    let Ok(file) = File::open(path(folder)) else {
        return Told::default();
    };
    let mut told = Told {
        exists: true,
        ..Told::default()
    };
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
        match serde_json::from_slice(&line) {
            Ok(event) => told.lines.push(event),
            Err(_) => told.num_damaged += usize::from(line.ends_with(b"\n")),
        }
        line.clear();
    }
    told
}

#[cfg(test)]
mod tests {
    use lore_protocol::JobEvent;

    use super::*;

    #[test]
    fn a_cut_line_costs_one_event_and_no_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let line = |seq| JobLine {
            seq,
            ms: 0,
            event: JobEvent::Checkpoint { step: seq },
        };
        Journal::open(folder.path())
            .and_then(|mut journal| journal.append(&line(1)))
            .expect("writes");
        let mut file = OpenOptions::new()
            .append(true)
            .open(path(folder.path()))
            .expect("opens");
        file.write_all(b"{\"seq\": 2, \xff\xfe").expect("writes");
        Journal::open(folder.path())
            .and_then(|mut journal| journal.append(&line(3)))
            .expect("writes");
        let told = read_all(folder.path());
        assert_eq!(told.lines, [line(1), line(3)]);
        assert_eq!(told.num_damaged, 1);
    }
}
