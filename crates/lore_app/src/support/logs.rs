//! What was said, by whom: the application's own log, what workers wrote, and what jobs told.

use std::path::Path;

use anyhow::Result;
use lore_core::Page;
use lore_protocol::{JobEvent, JobLine, Level, LogFilter, LogLine, LogSource};

use super::{date, log_file};
use crate::core::Core;
use crate::files;
use crate::supervisor::{JobRecord, log_path, read_journal};

/// Jobs whose logs are looked through when nobody names one, the newest.
const MAX_JOBS: usize = 50;

/// Bytes of a worker's log that are read, from its end.
const WORKER_BYTES: u64 = 64 << 10;

/// The most rows that cross to the window at once.
const MAX_ROWS: u64 = 1000;

/// The longest line that crosses to the window, in characters.
const MAX_LINE: usize = 2000;

/// Rows of the lines that match, newest first.
pub(crate) fn page(
    core: &Core,
    filter: &LogFilter,
    offset: u64,
    limit: u64,
) -> Result<Page<LogLine>> {
    let mut lines = of_sources(core, filter.source.as_ref())?;
    let wanted = filter.text.to_lowercase();
    lines.retain(|(_, line)| {
        (line.is_problem || !filter.only_problems) && line.text.to_lowercase().contains(&wanted)
    });
    // Those of one moment in the order in which they were said, read from the end.
    lines.reverse();
    lines.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(Page {
        total: lines.len() as u64,
        offset,
        rows: lines
            .into_iter()
            .map(|(_, line)| line)
            .skip(offset as usize)
            .take(limit.min(MAX_ROWS) as usize)
            .collect(),
    })
}

/// What there are logs of.
pub(crate) fn sources(core: &Core) -> Result<Vec<(LogSource, String)>> {
    let fixed = [
        LogSource::Program,
        LogSource::Interactive,
        LogSource::Endpoint,
    ];
    let mut all: Vec<(LogSource, String)> = fixed
        .into_iter()
        .map(|source| {
            let name = name(&source).to_owned();
            (source, name)
        })
        .collect();
    all.extend(jobs(core)?.into_iter().map(|job| {
        let spec = job.info.spec;
        (LogSource::Job { job: spec.id }, spec.title)
    }));
    Ok(all)
}

/// The newest jobs that have begun.
fn jobs(core: &Core) -> Result<Vec<JobRecord>> {
    let mut jobs = core.jobs.all()?;
    jobs.retain(|job| job.info.started_ms.is_some());
    jobs.sort_by_key(|job| std::cmp::Reverse(job.info.started_ms));
    jobs.truncate(MAX_JOBS);
    Ok(jobs)
}

/// A source's name for people; a job has its title.
fn name(source: &LogSource) -> &'static str {
    match source {
        LogSource::Program => "Lorekeeper",
        LogSource::Interactive => "Model worker",
        LogSource::Endpoint => "Endpoint",
        LogSource::Job { .. } => "Job",
    }
}

/// Lines with the moment that orders them, oldest first within a source.
type Dated = (u64, LogLine);

fn of_sources(core: &Core, source: Option<&LogSource>) -> Result<Vec<Dated>> {
    if let Some(LogSource::Job { job }) = source {
        return Ok(of_job(&core.jobs.get(job)?));
    }
    let wants = |own: &LogSource| source.is_none_or(|source| source == own);
    let mut lines = Vec::new();
    if wants(&LogSource::Program) {
        lines.extend(of_program(&core.dir.logs()));
    }
    for (source, file) in [
        (LogSource::Interactive, "interactive.log"),
        (LogSource::Endpoint, "endpoint.log"),
    ] {
        if wants(&source) {
            let path = core.dir.root().join(file);
            lines.extend(of_worker(&path, &source, name(&source), modified_ms(&path)));
        }
    }
    if source.is_none() {
        lines.extend(jobs(core)?.iter().flat_map(of_job));
    }
    Ok(lines)
}

/// The application's own lines.
fn of_program(folder: &Path) -> Vec<Dated> {
    let mut lines = Vec::new();
    for path in log_file::paths(folder).iter().rev() {
        let text = std::fs::read(path).unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            match parse(line) {
                Some((ms, is_problem, text)) => {
                    lines.push(dated(ms, Some(ms), is_problem, &LogSource::Program, text));
                }
                None => go_on(&mut lines, line),
            }
        }
    }
    lines
}

/// When, whether it is a problem, and what was said.
fn parse(line: &str) -> Option<(u64, bool, &str)> {
    let (when, rest) = line.split_once(' ')?;
    let (level, text) = rest.split_once(' ')?;
    Some((
        date::from_text(when)?,
        matches!(level, "WARN" | "ERROR"),
        text,
    ))
}

/// Another line of the text before.
fn go_on(lines: &mut [Dated], line: &str) {
    if let (Some((_, last)), Some(more)) = (lines.last_mut(), line.strip_prefix(log_file::INDENT)) {
        last.text.push('\n');
        last.text.push_str(more);
        last.text = cut(&last.text);
    }
}

/// What a job told, and what its worker wrote beside that.
fn of_job(job: &JobRecord) -> Vec<Dated> {
    let spec = &job.info.spec;
    let source = LogSource::Job {
        job: spec.id.clone(),
    };
    let mut lines: Vec<Dated> = read_journal(&job.folder)
        .into_iter()
        .filter_map(|line| told(&line, &source))
        .collect();
    let path = log_path(&job.folder);
    let at = job.info.ended_ms.unwrap_or_else(|| modified_ms(&path));
    lines.extend(of_worker(&path, &source, &spec.title, at));
    for (_, line) in &mut lines {
        line.source_name.clone_from(&spec.title);
    }
    lines
}

/// An event in words, when it is one for a log.
fn told(line: &JobLine, source: &LogSource) -> Option<Dated> {
    let (is_problem, text) = match &line.event {
        JobEvent::Hello { build, .. } => (false, format!("The worker started (version {build})")),
        JobEvent::Message { level, text } => (*level == Level::Warning, text.clone()),
        JobEvent::Finished { summary } => (false, summary.clone()),
        JobEvent::Cancelled { .. } => (false, "Stopped as asked".to_owned()),
        JobEvent::Failed { error } => (true, format!("{}\n{}", error.summary, error.details)),
        _ => return None,
    };
    Some(dated(
        line.ms,
        Some(line.ms),
        is_problem,
        source,
        text.trim(),
    ))
}

/// What a process wrote that is no event; nobody knows when, only that it was not after `at`.
fn of_worker(path: &Path, source: &LogSource, name: &str, at: u64) -> Vec<Dated> {
    let text = files::tail(path, WORKER_BYTES);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let lower = line.to_lowercase();
            let is_problem = ["error", "panicked", "failed"]
                .iter()
                .any(|word| lower.contains(word));
            let (at, mut line) = dated(at, None, is_problem, source, line);
            name.clone_into(&mut line.source_name);
            (at, line)
        })
        .collect()
}

fn dated(at: u64, ms: Option<u64>, is_problem: bool, source: &LogSource, text: &str) -> Dated {
    let line = LogLine {
        ms,
        is_problem,
        source: source.clone(),
        source_name: name(source).to_owned(),
        text: cut(text),
    };
    (at, line)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn modified_ms(path: &Path) -> u64 {
    let modified = path.metadata().and_then(|file| file.modified()).ok();
    let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_files_are_read_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("writes");
        };
        write(
            "lorekeeper.1.log",
            "half a line\n2026-11-30T08:06:21.000Z INFO lore_app: first\n",
        );
        write(
            "lorekeeper.log",
            "2026-11-30T08:06:22.000Z WARN lore_app: second\n    goes on\n\u{fffd}\n",
        );
        let lines = of_program(folder.path());
        let texts: Vec<(bool, &str)> = lines
            .iter()
            .map(|(_, line)| (line.is_problem, line.text.as_str()))
            .collect();
        assert_eq!(
            texts,
            [
                (false, "lore_app: first"),
                (true, "lore_app: second\ngoes on")
            ]
        );
        assert_eq!(lines[1].0 - lines[0].0, 1000);
    }

    #[test]
    fn long_lines_are_cut() {
        assert_eq!(cut(&"ä".repeat(3000)).chars().count(), MAX_LINE + 1);
    }
}
