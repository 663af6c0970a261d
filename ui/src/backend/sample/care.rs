//! A data folder of some size, a backup, a health check, logs and a report.

use lore_core::{Kept, Page};
use lore_protocol::{
    ApiError, BackupInfo, BackupKind, Check, DataPlace, Finding, FindingState, KindUsage,
    LogFilter, LogLine, LogSource, ReportFile, Response, StorageRequest, StorageResponse,
    SupportRequest, SupportResponse, Updates, Usage,
};

use super::page;

/// What takes how much room.
pub(super) fn usage() -> Usage {
    let kind = |kind, num_things, num_bytes| KindUsage {
        kind,
        num_things,
        num_bytes,
    };
    Usage {
        kinds: vec![
            kind(Kept::Settings, 1, 412),
            kind(Kept::Marks, 1, 2_300),
            kind(Kept::Model, 2, 189_000_000),
            kind(Kept::Dataset, 3, 24_000_000),
            kind(Kept::Bank, 2, 61_000_000),
            kind(Kept::Adapter, 1, 19_500_000),
            kind(Kept::Experiment, 2, 310_000_000),
            kind(Kept::Job, 9, 1_200_000),
        ],
        trash_bytes: 4_100_000,
        other_bytes: 380_000,
        place: DataPlace::default(),
    }
}

/// A version that came out after this one.
pub(super) fn newer() -> Updates {
    Updates::Newer {
        version: "0.2.0".into(),
        notes: "Training takes a third less memory.".into(),
    }
}

/// What the core answers about the data folder.
pub(super) fn storage(request: &StorageRequest, usage: &Usage) -> Result<Response, ApiError> {
    Ok(Response::Storage(match request {
        StorageRequest::Usage => StorageResponse::Usage(usage.clone()),
        StorageRequest::Inspect { path } => StorageResponse::Backup(Box::new(backup(path))),
        StorageRequest::BackUp { .. } => StorageResponse::Job("backup-1".into()),
        StorageRequest::Restore { .. } => StorageResponse::Job("restore-1".into()),
        StorageRequest::Move { .. } => StorageResponse::Job("move-1".into()),
        StorageRequest::Stay | StorageRequest::Forget => return Ok(Response::Done),
    }))
}

fn backup(path: &str) -> BackupInfo {
    let kind = |kind, num_things, num_bytes, num_here| BackupKind {
        kind,
        num_things,
        num_bytes,
        num_here,
    };
    BackupInfo {
        path: path.to_owned(),
        num_bytes: 240_000_000,
        created_ms: 1_796_000_000_000,
        code_version: "0.1.0".into(),
        left_out: vec!["Train mug finder".into()],
        kinds: vec![
            kind(Kept::Settings, 1, 412, 1),
            kind(Kept::Marks, 1, 2_300, 1),
            kind(Kept::Dataset, 4, 31_000_000, 3),
            kind(Kept::Bank, 2, 61_000_000, 1),
            kind(Kept::Experiment, 3, 410_000_000, 0),
        ],
    }
}

/// What the core answers about how the program is.
pub(super) fn support(request: &SupportRequest, lines: &[LogLine]) -> Result<Response, ApiError> {
    Ok(Response::Support(match request {
        SupportRequest::Health => SupportResponse::Health(health()),
        SupportRequest::CheckModels => SupportResponse::Job("check-models-1".into()),
        SupportRequest::Log {
            filter,
            offset,
            limit,
        } => SupportResponse::Log(log(lines, filter, *offset, *limit)),
        SupportRequest::Sources => SupportResponse::Sources(vec![
            (LogSource::Program, "Lorekeeper".into()),
            (
                LogSource::Job {
                    job: "train-1".into(),
                },
                "Train mug finder".into(),
            ),
        ]),
        SupportRequest::Compose => SupportResponse::Report(report()),
        SupportRequest::Read { name } => SupportResponse::Text {
            name: name.clone(),
            text: "Lorekeeper 0.1.0\nData folder: ~/Lorekeeper\n".into(),
        },
        SupportRequest::Save { .. } => return Ok(Response::Done),
    }))
}

fn log(lines: &[LogLine], filter: &LogFilter, offset: u64, limit: u64) -> Page<LogLine> {
    let rows: Vec<LogLine> = lines
        .iter()
        .filter(|line| line.is_problem || !filter.only_problems)
        .filter(|line| line.text.contains(&filter.text))
        .filter(|line| {
            filter
                .source
                .as_ref()
                .is_none_or(|source| *source == line.source)
        })
        .cloned()
        .collect();
    page(&rows, offset, limit)
}

fn health() -> Vec<Finding> {
    let finding = |check, state, summary: &str, advice: &str| Finding {
        check,
        state,
        summary: summary.to_owned(),
        advice: advice.to_owned(),
    };
    let fine = |check, summary| finding(check, FindingState::Fine, summary, "");
    vec![
        fine(Check::Processor, "8 cores, with AVX2, FMA"),
        finding(
            Check::Memory,
            FindingState::Action,
            "1.1 GB of 16.8 GB free",
            "Close other programs before a training or a run; else the system may end it.",
        ),
        fine(
            Check::Disk,
            "212 GB free; Lorekeeper keeps 610 MB (models 189 MB, banks 61 MB, runs 311 MB)",
        ),
        fine(
            Check::DataFolder,
            "It can be written, on a disk in this computer",
        ),
        fine(Check::Worker, "It answers, and is of version 0.1.0"),
        finding(
            Check::Models,
            FindingState::Notable,
            "They are there; nobody has read them through yet",
            "Check them to be sure that no file was damaged.",
        ),
        fine(
            Check::Java,
            "Not found; only ScienceWorld and TextWorld-Express need it",
        ),
        fine(Check::Clock, "The date makes sense"),
        fine(Check::Leftovers, "Nothing was left behind"),
    ]
}

/// Many lines, a few of them problems.
pub(super) fn lines() -> Vec<LogLine> {
    const TEXTS: [(&str, bool); 4] = [
        ("lore_app::supervisor: a worker started", false),
        ("lore_app::settings: the settings were saved", false),
        ("lore_app::files: Could not read queue.json\nis cut", true),
        ("lore_app::endpoint: the endpoint is closed", false),
    ];
    (0..400u64)
        .map(|index| {
            let (text, is_problem) = TEXTS[(index % 4) as usize];
            LogLine {
                ms: Some(1_796_000_000_000 - index * 61_000),
                is_problem,
                source: LogSource::Program,
                source_name: "Lorekeeper".into(),
                text: format!("{text} ({index})"),
            }
        })
        .collect()
}

fn report() -> Vec<ReportFile> {
    let file = |name: &str, about: &str, num_bytes| ReportFile {
        name: name.into(),
        about: about.into(),
        num_bytes,
    };
    vec![
        file("about.txt", "The program and this computer", 612),
        file("health.txt", "What the health check found", 740),
        file("settings.json", "Your settings", 300),
        file("logs/lorekeeper.log", "What the program said", 41_000),
        file(
            "files.txt",
            "Names and sizes of the files that are kept",
            9_800,
        ),
    ]
}
