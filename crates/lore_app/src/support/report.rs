//! A report for people who help: one file that says how the program and the computer are, and what went
//! wrong, without anything that is nobody else's business.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use lore_core::size_in_words;
use lore_data::tree;
use lore_protocol::{ApiError, JobEvent, JobState, ReportFile};
use sysinfo::System;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::redact::Redactor;
use super::{date, health, json, log_file};
use crate::core::Core;
use crate::supervisor::{JobRecord, log_path, read_journal};
use crate::{files, machine};

/// Failed jobs that are told about, the newest.
const MAX_JOBS: usize = 10;

/// Events of each, the last.
const MAX_EVENTS: usize = 60;

/// Bytes of each log, from its end.
const LOG_BYTES: u64 = 256 << 10;

/// Files that are listed at most.
const MAX_FILES: usize = 5000;

/// A report, as it will be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    files: Vec<(ReportFile, String)>,
}

impl Report {
    /// Puts a report together.
    pub(crate) fn compose(core: &Core, redactor: &Redactor) -> Result<Self> {
        let mut report = Self::default();
        let about = format!("{}\n{}", about(core), usage(core)?);
        report.add(
            "about.txt",
            "The program and this computer",
            redactor.text(&about),
        );
        let checked = redactor.text(&checked(core)?);
        report.add("health.txt", "What the health check found", checked);
        let settings = serde_json::to_value(core.settings.get())?;
        let settings = serde_json::to_string_pretty(&json::redacted(settings, redactor))?;
        report.add("settings.json", "Your settings", settings);
        report.add(
            "jobs.txt",
            "Every job: what it did and how it ended",
            jobs(core)?,
        );
        report.add_logs(core, redactor);
        for job in failed(core)? {
            report.add_job(&job, redactor);
        }
        let files = redactor.text(&listing(core)?);
        report.add(
            "files.txt",
            "Names and sizes of the files that are kept",
            files,
        );
        Ok(report)
    }

    /// What is in it.
    pub(crate) fn files(&self) -> Vec<ReportFile> {
        self.files.iter().map(|(file, _)| file.clone()).collect()
    }

    /// One of its files.
    pub(crate) fn text(&self, name: &str) -> Result<String, ApiError> {
        let found = self.files.iter().find(|(file, _)| file.name == name);
        found
            .map(|(_, text)| text.clone())
            .ok_or_else(|| ApiError::not_found("Put the report together again; this one is gone"))
    }

    /// Writes it as a zip, in one move.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(".part");
        let draft = path.with_file_name(name);
        let write = || -> Result<()> {
            let mut zip = ZipWriter::new(File::create(&draft)?);
            for (file, text) in &self.files {
                zip.start_file(&file.name, SimpleFileOptions::default())?;
                zip.write_all(text.as_bytes())?;
            }
            zip.finish()?.sync_all()?;
            Ok(std::fs::rename(&draft, path)?)
        };
        let written = write().with_context(|| format!("Could not write {}", path.display()));
        if written.is_err() {
            std::fs::remove_file(&draft).ok();
        }
        written
    }

    fn add(&mut self, name: &str, about: &str, text: String) {
        if text.trim().is_empty() {
            return;
        }
        let file = ReportFile {
            name: name.to_owned(),
            about: about.to_owned(),
            num_bytes: text.len() as u64,
        };
        self.files.push((file, text));
    }

    fn add_logs(&mut self, core: &Core, redactor: &Redactor) {
        let mut program = String::new();
        for path in log_file::paths(&core.dir.logs()).iter().take(2).rev() {
            program.push_str(&files::tail(path, LOG_BYTES));
        }
        let root = core.dir.root();
        for (name, about, text) in [
            ("logs/lorekeeper.log", "What the program said", program),
            (
                "logs/interactive.log",
                "What the model worker said",
                files::tail(&root.join("interactive.log"), LOG_BYTES),
            ),
            (
                "logs/endpoint.log",
                "What the endpoint said",
                files::tail(&root.join("endpoint.log"), LOG_BYTES),
            ),
        ] {
            self.add(name, about, json::lines(&text, redactor));
        }
    }

    /// What a job was asked, what it said last, and what its worker wrote.
    fn add_job(&mut self, job: &JobRecord, redactor: &Redactor) {
        let id = redactor.text(job.id().as_str());
        let spec = serde_json::to_string(&job.info.spec).unwrap_or_default();
        let spec = json::file(&spec, redactor);
        self.add(
            &format!("jobs/{id}/job.json"),
            "What a failed job was asked",
            spec,
        );
        let mut events = String::new();
        let lines = read_journal(&job.folder);
        for line in &lines[lines.len().saturating_sub(MAX_EVENTS)..] {
            // Goals and the like are nobody's business; numbers are many and say little here.
            let is_kept = !matches!(
                line.event,
                JobEvent::Episode { .. } | JobEvent::Metric { .. } | JobEvent::Trial { .. }
            );
            if is_kept {
                writeln!(events, "{} {}", date::to_text(line.ms), said(&line.event)).ok();
            }
        }
        let events = redactor.text(&events);
        self.add(
            &format!("jobs/{id}/events.txt"),
            "What it said last",
            events,
        );
        let log = json::lines(&files::tail(&log_path(&job.folder), LOG_BYTES), redactor);
        self.add(
            &format!("jobs/{id}/worker.log"),
            "What its worker wrote",
            log,
        );
    }
}

/// An event in words.
fn said(event: &JobEvent) -> String {
    match event {
        JobEvent::Hello {
            protocol, build, ..
        } => format!("hello, version {build}, protocol {protocol}"),
        JobEvent::Progress(progress) => format!(
            "{}: {} of {} {}",
            progress.stage, progress.done, progress.total, progress.unit
        ),
        JobEvent::Message { level, text } => format!("{level:?}: {text}"),
        JobEvent::Checkpoint { step } => format!("saved after step {step}"),
        JobEvent::Finished { summary } => format!("finished: {summary}"),
        JobEvent::Cancelled { resumable } => format!("stopped, resumable: {resumable}"),
        JobEvent::Failed { error } => {
            format!(
                "failed ({:?}): {}\n{}",
                error.code, error.summary, error.details
            )
        }
        JobEvent::Gradients { .. } => "gradients checked".to_owned(),
        JobEvent::Speed { .. } => "speed measured".to_owned(),
        JobEvent::Metric { .. } | JobEvent::Episode { .. } | JobEvent::Trial { .. } => {
            String::new()
        }
    }
}

fn about(core: &Core) -> String {
    let memory = machine::memory();
    let unknown = || "unknown".to_owned();
    format!(
        "Lorekeeper {}\nWritten {}\nSystem: {}, kernel {}, {}\nCores: {}\nInstruction sets: {}\n\
         Memory: {} of {} free\nData folder: {}\nFree on its disk: {}\n",
        core.code_version,
        date::to_text(core.clock.now_ms()),
        System::long_os_version().unwrap_or_else(unknown),
        System::kernel_version().unwrap_or_else(unknown),
        std::env::consts::ARCH,
        machine::cores(),
        machine::instruction_sets().join(" "),
        size_in_words(memory.available),
        size_in_words(memory.total),
        core.dir.root().display(),
        machine::free_bytes(core.dir.root()).map_or_else(unknown, size_in_words),
    )
}

fn usage(core: &Core) -> Result<String> {
    let usage = crate::handlers::storage::usage(&core.dir)?;
    let mut text = String::new();
    for kind in &usage.kinds {
        let size = size_in_words(kind.num_bytes);
        writeln!(text, "{}: {}, {size}", kind.kind.label(), kind.num_things)?;
    }
    writeln!(text, "Trash: {}", size_in_words(usage.trash_bytes))?;
    writeln!(text, "Other: {}", size_in_words(usage.other_bytes))?;
    Ok(text)
}

fn checked(core: &Core) -> Result<String> {
    let mut text = String::new();
    for finding in health::all(core) {
        let (check, state) = (finding.check.label(), finding.state.label());
        writeln!(
            text,
            "{check}: {state}. {} {}",
            finding.summary, finding.advice
        )?;
    }
    for warning in core.warnings.all() {
        writeln!(text, "Set aside at start: {warning}")?;
    }
    Ok(text)
}

/// A line a job, without its name: that is somebody's own words.
fn jobs(core: &Core) -> Result<String> {
    let mut text = String::new();
    for job in core.jobs.all()? {
        let info = &job.info;
        writeln!(
            text,
            "{} {}: {}",
            date::to_text(info.spec.created_ms),
            info.spec.work.label(),
            info.state.label()
        )?;
    }
    Ok(text)
}

/// The newest jobs that failed.
fn failed(core: &Core) -> Result<Vec<JobRecord>> {
    let mut jobs = core.jobs.all()?;
    jobs.retain(|job| matches!(job.info.state, JobState::Failed { .. }));
    jobs.sort_by_key(|job| std::cmp::Reverse(job.info.ended_ms));
    jobs.truncate(MAX_JOBS);
    Ok(jobs)
}

fn listing(core: &Core) -> Result<String> {
    let files = tree(core.dir.root())?;
    let mut text = String::new();
    for file in files.iter().take(MAX_FILES) {
        writeln!(text, "{:>12} {}", file.num_bytes, file.path)?;
    }
    if files.len() > MAX_FILES {
        writeln!(text, "and {} more", files.len() - MAX_FILES)?;
    }
    Ok(text)
}
