//! Games of imported data sets: `games.jsonl`, one record a line, read when they are opened.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use lore_core::{DataDir, DatasetId, Environment, Split, Task, TaskId};
use serde::Deserialize;

use crate::World;
use crate::alfworld::{Alfworld, ENVIRONMENT, GameRecord};

/// The games of one or two data sets. Only where each game stands in its file is kept in memory.
pub struct GamesWorld {
    tasks: Vec<Task>,
    /// Where the game of each task is, in the order of `tasks`.
    spans: Vec<Span>,
    by_id: HashMap<TaskId, usize>,
    files: Vec<PathBuf>,
}

/// A line of a file.
#[derive(Clone, Copy)]
struct Span {
    file: usize,
    start: u64,
    len: usize,
}

/// The short parts of a record.
#[derive(Deserialize)]
struct Head {
    id: String,
    task_type: String,
    task: String,
    #[serde(default)]
    split: Option<Split>,
}

impl GamesWorld {
    /// Opens the games of `train` and `test`. With a test set, every game of it is for testing and
    /// every game of `train` for training; without one, each game says itself. Where none says that
    /// it is for testing, those for validation are.
    pub fn open(data: &DataDir, train: &DatasetId, test: Option<&DatasetId>) -> Result<Self> {
        let mut world = Self {
            tasks: Vec::new(),
            spans: Vec::new(),
            by_id: HashMap::new(),
            files: Vec::new(),
        };
        world.add(data, train, test.map(|_| Split::Train))?;
        if let Some(test) = test {
            world.add(data, test, Some(Split::Test))?;
        }
        if !world.tasks.iter().any(|task| task.split == Split::Test) {
            for task in &mut world.tasks {
                if task.split == Split::Validation {
                    task.split = Split::Test;
                }
            }
        }
        Ok(world)
    }

    fn add(&mut self, data: &DataDir, id: &DatasetId, split: Option<Split>) -> Result<()> {
        let path = data.dataset(id).join("games.jsonl");
        let context = || format!("Could not open the games of the data set {:?}", id.as_str());
        let before = self.tasks.len();
        self.add_file(&path, split).with_context(context)?;
        ensure!(
            self.tasks.len() > before,
            "Could not open the games of the data set {:?}: it holds none",
            id.as_str()
        );
        Ok(())
    }

    fn add_file(&mut self, path: &Path, split: Option<Split>) -> Result<()> {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let file = self.files.len();
        self.files.push(path.to_owned());
        let mut line = Vec::new();
        let mut start = 0;
        for number in 1u64.. {
            line.clear();
            let len = reader.read_until(b'\n', &mut line)?;
            if len == 0 {
                break;
            }
            if !line.trim_ascii().is_empty() {
                let head = read_head(&line).with_context(|| format!("line {number}"))?;
                self.add_game(head, split, Span { file, start, len })?;
            }
            start += len as u64;
        }
        Ok(())
    }

    fn add_game(&mut self, head: Head, split: Option<Split>, span: Span) -> Result<()> {
        let id = TaskId(head.id);
        if let Some(known) = self.by_id.get(&id) {
            // A game twice in a file is one game; a test game in the training set is a leak.
            if self.spans[*known].file == span.file {
                return Ok(());
            }
            bail!("the game {id} is in the training set and in the test set");
        }
        self.by_id.insert(id.clone(), self.tasks.len());
        self.tasks.push(Task {
            id,
            environment: ENVIRONMENT.to_owned(),
            task_type: head.task_type,
            goal: head.task,
            split: split.or(head.split).unwrap_or_default(),
        });
        self.spans.push(span);
        Ok(())
    }

    fn read(&self, index: usize) -> Result<GameRecord> {
        let Span { file, start, len } = self.spans[index];
        let mut file = File::open(&self.files[file])?;
        file.seek(SeekFrom::Start(start))?;
        let mut line = vec![0; len];
        file.read_exact(&mut line)?;
        let mut record = GameRecord::from_json(std::str::from_utf8(&line)?)?;
        record.split = Some(self.tasks[index].split);
        ensure!(
            record.id == self.tasks[index].id.as_str(),
            "its data set was changed in the meantime"
        );
        Ok(record)
    }
}

impl World for GamesWorld {
    fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    fn open(&self, id: &TaskId) -> Result<Box<dyn Environment + Send>> {
        let open = || {
            let index = self.by_id.get(id).context("there is no such game")?;
            Alfworld::load(&self.read(*index)?)
        };
        let game = open().with_context(|| format!("Could not open the game {id}"))?;
        Ok(Box::new(game))
    }
}

/// Reads a record without its PDDL problem, which makes up nearly all of a line: two hundred
/// megabytes in the official set.
fn read_head(line: &[u8]) -> Result<Head> {
    if let Some(short) = without_problem(line)
        && let Ok(head) = serde_json::from_slice(&short)
    {
        return Ok(head);
    }
    serde_json::from_slice(line).context("it is not a game record")
}

/// Cuts the value of `pddl_problem` out of a JSON object; `None` when it does not stand where it
/// usually does.
fn without_problem(line: &[u8]) -> Option<Vec<u8>> {
    const KEY: &[u8] = b"\"pddl_problem\"";
    let key = line
        .get(..line.len().min(4096))?
        .windows(KEY.len())
        .position(|window| window == KEY)?;
    let after_key = &line[key + KEY.len()..];
    let value = after_key.iter().position(|byte| *byte == b'"')? + 1;
    let mut rest = after_key.get(value..)?;
    loop {
        let quote = rest.iter().position(|byte| *byte == b'"')?;
        let escapes = rest[..quote]
            .iter()
            .rev()
            .take_while(|byte| **byte == b'\\');
        let is_end = escapes.count() % 2 == 0;
        rest = &rest[quote + 1..];
        if is_end {
            break;
        }
    }
    let mut short = line[..key + KEY.len()].to_vec();
    short.extend_from_slice(b":null");
    short.extend_from_slice(rest);
    Some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, goal: &str, split: Option<Split>) {
        let head = read_head(line.as_bytes()).unwrap();
        assert_eq!((head.task.as_str(), head.split), (goal, split));
    }

    #[test]
    fn heads_are_read_wherever_the_problem_stands() {
        let head = r#""id": "a", "task_type": "t", "task": "put"#;
        let problem = r#""pddl_problem": "say \"hi\" \\""#;
        check(&format!("{{{head}\", {problem}}}"), "put", None);
        check(&format!("{{{problem}, {head}\"}}"), "put", None);
        let test = format!("{{{head} \\\"pddl_problem\\\" x\", {problem}, \"split\": \"test\"}}");
        check(&test, "put \"pddl_problem\" x", Some(Split::Test));
    }

    #[test]
    fn a_line_that_is_no_game_is_told() {
        for line in [
            "{}",
            "[",
            "{\"id\": 3}",
            "{\"id\": \"x\", \"pddl_problem\": \"\\",
        ] {
            assert!(read_head(line.as_bytes()).is_err(), "{line}");
        }
    }
}
