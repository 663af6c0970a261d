//! What a worker on another computer says, read from a file that grows.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use lore_protocol::JobEvent;

/// The longest line; what comes of a worker gone wild must not fill the memory.
const MAX_LINE: usize = 8 << 20;

/// A file that is read as it grows.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    /// Bytes that were read.
    read: u64,
    /// A line whose end has not come yet.
    rest: Vec<u8>,
    /// Events at the beginning that were told before.
    skip: u64,
    /// True once the worker has said its last word.
    pub(super) has_ended: bool,
}

impl Tail {
    /// Of the file at `path`, whose first `skip` events are known.
    pub(super) fn new(path: PathBuf, skip: u64) -> Self {
        Self {
            path,
            read: 0,
            rest: Vec::new(),
            skip,
            has_ended: false,
        }
    }

    /// Gives what came since the last time, line by line, as long as `take` wants more.
    ///
    /// The file is opened anew each time: folders that computers share show changes to those who open.
    pub(super) fn read(&mut self, mut take: impl FnMut(String) -> bool) -> bool {
        let Some(bytes) = self.new_bytes() else {
            return true;
        };
        self.read += bytes.len() as u64;
        for byte in bytes {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.rest);
                if !self.line(&String::from_utf8_lossy(&line), &mut take) {
                    return false;
                }
            } else if self.rest.len() < MAX_LINE {
                self.rest.push(byte);
            }
        }
        true
    }

    fn new_bytes(&self) -> Option<Vec<u8>> {
        let mut file = File::open(&self.path).ok()?;
        file.seek(SeekFrom::Start(self.read)).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn line(&mut self, line: &str, take: &mut impl FnMut(String) -> bool) -> bool {
        let event: Option<JobEvent> = serde_json::from_str(line).ok();
        self.has_ended |= event.as_ref().is_some_and(JobEvent::is_terminal);
        if self.skip > 0 {
            self.skip -= u64::from(event.is_some());
            return true;
        }
        take(line.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn lines_come_whole_and_what_is_known_does_not_come_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("told.jsonl");
        let mut lines = Vec::new();
        let mut tail = Tail::new(path.clone(), 1);
        let mut look = |tail: &mut Tail| {
            lines.clear();
            let wants_more = tail.read(|line| {
                lines.push(line);
                true
            });
            assert!(wants_more);
            lines.clone()
        };
        assert_eq!(look(&mut tail).len(), 0, "there is no file yet");
        let mut file = File::create(&path).expect("makes");
        let saved = |step| format!("{{\"event\":\"checkpoint\",\"step\":{step}}}");
        write!(file, "words\n{}\n{}\n{{\"ev", saved(1), saved(2)).expect("writes");
        assert_eq!(look(&mut tail), [saved(2)]);
        writeln!(file, "ent\":\"cancelled\",\"resumable\":true}}").expect("writes");
        assert_eq!(look(&mut tail).len(), 1);
        assert!(tail.has_ended);
        assert_eq!(look(&mut tail).len(), 0);
    }
}
