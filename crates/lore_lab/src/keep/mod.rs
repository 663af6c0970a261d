//! What the data folder keeps, as a whole: into one file, out of it, to another folder.
//!
//! The program goes on meanwhile. What is being written is not there yet for anybody, these jobs
//! included: writers fill a draft and rename it. Files that only grow are taken as long as they are when
//! they are opened; readers drop a last line that is cut.

mod back_up;
mod move_data;
mod restore;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use lore_core::{StopToken, Watcher as _};
use lore_data::TreeFile;
use lore_protocol::JobLine;

pub(crate) use back_up::run as back_up;
pub(crate) use move_data::run as move_data;
pub(crate) use restore::run as restore;

use crate::events::Relay;

/// The end of a journal in which its last line is looked for: more than the longest error.
const LAST_BYTES: u64 = 1 << 20;

/// True for a job that has said its last word: it waits for nobody and writes no more.
fn is_over(folder: &Path) -> bool {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(folder.join("events.jsonl"))?;
        let start = file.metadata()?.len().saturating_sub(LAST_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let Ok(bytes) = read() else {
        return false;
    };
    let mut lines = bytes.split(|byte| *byte == b'\n').rev();
    let last = lines.find_map(|line| serde_json::from_slice::<JobLine>(line).ok());
    last.is_some_and(|line| line.event.is_terminal())
}

/// Counts bytes that go by and tells how far the work is, in megabytes.
struct Meter<'a, 'b> {
    relay: &'a mut Relay<'b>,
    stage: &'static str,
    done: u64,
    total: u64,
}

impl<'a, 'b> Meter<'a, 'b> {
    fn new(relay: &'a mut Relay<'b>, stage: &'static str, files: &[TreeFile]) -> Self {
        Self::over(relay, stage, files.iter().map(|file| file.num_bytes).sum())
    }

    fn over(relay: &'a mut Relay<'b>, stage: &'static str, total: u64) -> Self {
        Self {
            relay,
            stage,
            done: 0,
            total,
        }
    }

    /// Counts; false once the work is to stop.
    fn count(&mut self, num_bytes: u64, stop: &StopToken) -> bool {
        const MB: u64 = 1_000_000;
        self.done += num_bytes;
        let (done, total) = (self.done / MB, self.total.div_ceil(MB));
        self.relay
            .progress(self.stage, done.min(total), total, "MB");
        !stop.is_stopped()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_over_with_its_last_word() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("events.jsonl");
        let hello = r#"{"seq":1,"ms":0,"event":{"event":"hello","protocol":1,"pid":1,"build":""}}"#;
        let done = r#"{"seq":2,"ms":0,"event":{"event":"finished","summary":""}}"#;
        assert!(!is_over(folder.path()), "it has not begun");
        for (text, expected) in [
            (hello.to_owned(), false),
            (format!("{hello}\n{done}\n"), true),
            (format!("{hello}\n{done}\n{{\"seq\""), true),
            (format!("{done}\n{hello}\n"), false),
        ] {
            std::fs::write(&journal, &text).unwrap();
            assert_eq!(is_over(folder.path()), expected, "{text}");
        }
    }
}
