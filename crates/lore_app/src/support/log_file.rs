//! What the application says to itself, in a few small files: `logs/lorekeeper.log` and older ones.
//! Passwords and keys are taken out before anything is written.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use log::{Level, LevelFilter, Log, Metadata, Record};

use super::date;
use super::redact::Redactor;
use crate::clock::{Clock as _, SystemClock};

/// Bytes after which a file is put aside and another one begun.
const MAX_BYTES: u64 = 1 << 20;

/// Files that are kept, the one being written included.
const NUM_FILES: usize = 4;

/// What begins the lines of a text that has several.
pub(super) const INDENT: &str = "    ";

/// Writes everything that is logged from now on into the data folder's logs: what this program's own
/// parts say, and warnings of others. Works once in a process.
///
/// # Errors
/// When the folder cannot be written, or somebody else takes the log already.
pub fn log_to(data_dir: &Path) -> Result<()> {
    let folder = lore_core::DataDir::new(data_dir).logs();
    let log = FileLog::open(&folder)?;
    log::set_boxed_logger(Box::new(log)).context("The log is written elsewhere already")?;
    log::set_max_level(LevelFilter::Info);
    Ok(())
}

/// The files of a folder of logs, the newest first.
pub(super) fn paths(folder: &Path) -> Vec<PathBuf> {
    (0..NUM_FILES).map(|age| path(folder, age)).collect()
}

fn path(folder: &Path, age: usize) -> PathBuf {
    match age {
        0 => folder.join("lorekeeper.log"),
        age => folder.join(format!("lorekeeper.{age}.log")),
    }
}

/// Writes lines into files that stay small.
struct FileLog {
    folder: PathBuf,
    redactor: Redactor,
    clock: SystemClock,
    open: Mutex<Open>,
}

struct Open {
    file: File,
    num_bytes: u64,
}

impl Open {
    fn at(folder: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path(folder, 0))?;
        let num_bytes = file.metadata()?.len();
        Ok(Self { file, num_bytes })
    }
}

impl FileLog {
    fn open(folder: &Path) -> Result<Self> {
        let open = || {
            fs::create_dir_all(folder)?;
            Open::at(folder)
        };
        let open = open().with_context(|| format!("Could not write to {}", folder.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            redactor: Redactor::of_this_user(),
            clock: SystemClock::default(),
            open: Mutex::new(open),
        })
    }

    fn write(&self, line: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.num_bytes + line.len() as u64 > MAX_BYTES
            && let Ok(fresh) = self.put_aside()
        {
            *open = fresh;
        }
        // A log that cannot be written has nobody to tell.
        if open.file.write_all(line.as_bytes()).is_ok() {
            open.num_bytes += line.len() as u64;
        }
    }

    /// Gives every file the name of the one before; the oldest is gone.
    fn put_aside(&self) -> std::io::Result<Open> {
        for age in (0..NUM_FILES - 1).rev() {
            let from = path(&self.folder, age);
            if from.exists() {
                fs::rename(from, path(&self.folder, age + 1))?;
            }
        }
        Open::at(&self.folder)
    }
}

impl Log for FileLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_ours = metadata.target().starts_with("lore");
        metadata.level() <= if is_ours { Level::Info } else { Level::Warn }
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = self.redactor.secrets(&record.args().to_string());
        let text = text.trim_end().replace('\n', &format!("\n{INDENT}"));
        self.write(&format!(
            "{} {} {}: {text}\n",
            date::to_text(self.clock.now_ms()),
            record.level(),
            record.target(),
        ));
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(log: &FileLog, target: &str, level: Level, text: &str) {
        log.log(
            &Record::builder()
                .args(format_args!("{text}"))
                .level(level)
                .target(target)
                .build(),
        );
    }

    #[test]
    fn logs_stay_small_and_hold_no_secret() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = FileLog::open(folder.path()).expect("opens");
        say(&log, "lore_app", Level::Info, "token=abc\nand more");
        say(&log, "lance", Level::Info, "chatter");
        say(&log, "lance", Level::Warn, "trouble");
        let text = fs::read_to_string(path(folder.path(), 0)).expect("reads");
        assert!(
            text.contains("INFO lore_app: token=<secret>\n    and more\n"),
            "{text}"
        );
        assert!(
            text.contains("trouble") && !text.contains("chatter"),
            "{text}"
        );
        let long = "word ".repeat(20_000);
        for _ in 0..50 {
            say(&log, "lore_app", Level::Warn, &long);
        }
        let sizes: Vec<u64> = paths(folder.path())
            .iter()
            .map(|path| path.metadata().map_or(0, |file| file.len()))
            .collect();
        assert!(
            sizes.iter().all(|size| (1..=MAX_BYTES).contains(size)),
            "{sizes:?}"
        );
        let num_files = fs::read_dir(folder.path()).expect("is listed").count();
        assert_eq!(num_files, NUM_FILES, "the oldest are gone");
    }
}
