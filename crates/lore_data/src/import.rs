//! Bringing a file, a folder or a zip in.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Result, bail};
use lore_core::{ColumnMap, DatasetInfo, ImportReport, RejectedRow, StopToken, Watcher};

use crate::format::{Format, Gathered, Item, Place, detect};
use crate::formats;
use crate::index::MAX_REPORTED;
use crate::rows::each_row_of;
use crate::source::{Source, file_name};
use crate::writer::{Added, DatasetWriter, NewDataset};

/// What is said of a link in a folder.
const LEADS_OUT: &str = "It is a link to something outside of the folder and was left alone. Choose what it leads to instead.";

/// What became of an import.
#[derive(Clone, Debug, PartialEq)]
pub enum Imported {
    /// A new data set.
    New(DatasetInfo),
    /// Nothing was stored: this data set holds exactly the same.
    AlreadyThere(DatasetInfo),
}

impl Imported {
    /// The data set that holds what was imported.
    pub fn info(&self) -> &DatasetInfo {
        match self {
            Self::New(info) | Self::AlreadyThere(info) => info,
        }
    }
}

/// Makes a data set of what stands at `path` in any format that is recognised, unless there is one that
/// holds exactly the same, which is then returned. See [`import_as`].
pub fn import(
    path: &Path,
    target: &NewDataset,
    watcher: &mut dyn Watcher,
    stop: &StopToken,
) -> Result<DatasetInfo> {
    let imported = import_as(path, None, target, watcher, stop)?;
    Ok(imported.info().clone())
}

/// Makes a data set of what stands at `path`, unless there is one that holds exactly the same. Rows that
/// are not understood are named in the report and the rest comes in; when nothing does, or `stop` is
/// asked, it is an error and nothing is kept. `columns` says what the columns of a table mean; without it
/// the format is recognised. An empty name or source in `target` is made from the file's name.
pub fn import_as(
    path: &Path,
    columns: Option<&ColumnMap>,
    target: &NewDataset,
    watcher: &mut dyn Watcher,
    stop: &StopToken,
) -> Result<Imported> {
    let mut target = target.clone();
    if target.name.trim().is_empty() {
        target.name = stem(path);
    }
    if target.source.is_empty() {
        target.source = path.display().to_string();
    }
    let mut source = Source::open(path)?;
    let mut progress = Progress::new(&source, watcher);
    let mut import = Import {
        target,
        writer: None,
        report: ImportReport::default(),
    };
    let mut num_unknown = 0u64;
    read_items(&mut source, &stem(path), columns, &mut |found| {
        if stop.is_stopped() {
            bail!("The import was stopped; nothing was stored.");
        }
        match found {
            Found::Item {
                entry, line, item, ..
            } => import.add(entry, line, &item)?,
            Found::Rejected {
                entry,
                line,
                reason,
            } => {
                reject(&mut import.report, entry, line, reason);
            }
            Found::Unknown => num_unknown += 1,
        }
        progress.tell();
        Ok(ControlFlow::Continue(()))
    })?;
    progress.end();
    if num_unknown > 0 {
        watcher.message(&format!(
            "{num_unknown} files of no known format were left alone."
        ));
    }
    let Some(writer) = import.writer else {
        return Err(nothing_found(path, &import.report));
    };
    if let Some(twin) = writer.twin()? {
        watcher.message(&format!("The data set {:?} holds exactly this.", twin.name));
        return Ok(Imported::AlreadyThere(twin));
    }
    writer.finish(import.report).map(Imported::New)
}

/// Reads what a file called `name` would hold, as an import does, and stores nothing: what came of every
/// row, counted.
pub fn check_bytes(
    name: &str,
    bytes: bytes::Bytes,
    columns: Option<&ColumnMap>,
) -> Result<ImportReport> {
    let mut source = Source::of_bytes(name, bytes)?;
    let mut report = ImportReport::default();
    read_items(&mut source, name, columns, &mut |found| {
        match found {
            Found::Item { .. } => report.num_accepted += 1,
            Found::Rejected {
                entry,
                line,
                reason,
            } => reject(&mut report, entry, line, reason),
            Found::Unknown => {}
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(report)
}

/// What was found in a source.
pub(crate) enum Found<'a> {
    /// An item.
    Item {
        entry: &'a str,
        line: u64,
        format: &'static dyn Format,
        item: Item,
    },
    /// A row that was not understood.
    Rejected {
        entry: &'a str,
        line: u64,
        reason: String,
    },
    /// A file whose format is not known.
    Unknown,
}

/// What is called for each thing found.
pub(crate) type OnFound<'a> = dyn FnMut(Found<'_>) -> Result<ControlFlow<()>> + 'a;

/// Hands everything in a source to `on_found` until it breaks or fails. `name` stands for the source
/// in records that do not say who acted.
pub(crate) fn read_items(
    source: &mut Source,
    name: &str,
    columns: Option<&ColumnMap>,
    on_found: &mut OnFound<'_>,
) -> Result<()> {
    let is_single = source.is_single_file();
    for entry in source.links() {
        let found = Found::Rejected {
            entry,
            line: 1,
            reason: LEADS_OUT.to_owned(),
        };
        if on_found(found)?.is_break() {
            return Ok(());
        }
    }
    for index in 0..source.entries().len() {
        let entry = source.entries()[index].name.clone();
        let format = match detect(source, index, columns.is_some()) {
            Ok(format) => format,
            Err(error) if is_single => return Err(error),
            Err(_) => None, // a picture among the records is no problem
        };
        let flow = match format {
            Some(format) => {
                let place = Place {
                    entry: &entry,
                    source: name,
                    columns,
                };
                read_entry(source, index, format, &place, on_found)?
            }
            None if is_single || !looks_like_records(&entry) => on_found(Found::Unknown)?,
            None => on_found(Found::Rejected {
                entry: &entry,
                line: 1,
                reason: "The file is in no known format.".to_owned(),
            })?,
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

fn read_entry(
    source: &mut Source,
    index: usize,
    format: &'static dyn Format,
    place: &Place<'_>,
    on_found: &mut OnFound<'_>,
) -> Result<ControlFlow<()>> {
    let mut gather = format.gather();
    let mut outcome = Ok(ControlFlow::Continue(()));
    let mut last_line = 0;
    let mut tell = |found: Gathered| -> Result<ControlFlow<()>> {
        for (line, item) in found {
            if on_found(one(format, place, line, item))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    let read = each_row_of(source, index, &mut |line, row| {
        last_line = line;
        let mut found = Gathered::new();
        match (row, &mut gather) {
            (Ok(row), Some(gather)) => gather.push(line, row, place, &mut found),
            (Ok(row), None) => found.push((line, format.read(&row, place))),
            (Err(reason), _) => found.push((line, Err(reason))),
        }
        outcome = tell(found);
        match outcome {
            Ok(flow) => flow,
            Err(_) => ControlFlow::Break(()),
        }
    });
    if !matches!(outcome, Ok(ControlFlow::Continue(()))) {
        return outcome;
    }
    let mut found = Gathered::new();
    if let Some(gather) = &mut gather {
        gather.finish(place, &mut found);
    }
    if let Err(error) = read {
        // A file that breaks off (a download that stopped) keeps what came before.
        found.push((last_line + 1, Err(in_words(&error))));
    }
    tell(found)
}

fn one<'a>(
    format: &'static dyn Format,
    place: &Place<'a>,
    line: u64,
    item: Result<Item, String>,
) -> Found<'a> {
    match item {
        Ok(item) => Found::Item {
            entry: place.entry,
            line,
            format,
            item,
        },
        Err(reason) => Found::Rejected {
            entry: place.entry,
            line,
            reason,
        },
    }
}

/// Files of a folder that should have held records. ALFWorld's release and Inspect's logs keep some of
/// their own beside them.
fn looks_like_records(entry: &str) -> bool {
    let name = entry.rsplit('/').next().unwrap_or(entry);
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    let is_record = [
        ".json", ".jsonl", ".ndjson", ".traj", ".csv", ".tsv", ".parquet",
    ]
    .iter()
    .any(|end| name.ends_with(end));
    let is_known = matches!(
        name,
        "traj_data.json" | "header.json" | "summaries.json" | "reductions.json"
    );
    is_record && !is_known && !entry.starts_with("_journal/")
}

/// Adds a row to a report: all are counted, the first hundred named.
pub(crate) fn reject(report: &mut ImportReport, entry: &str, line: u64, reason: String) {
    report.num_rejected += 1;
    if report.rejected.len() < MAX_REPORTED {
        report.rejected.push(RejectedRow {
            file: entry.to_owned(),
            line,
            reason,
        });
    }
}

/// An import in progress; the kind of its data set is that of the first item.
struct Import {
    target: NewDataset,
    writer: Option<DatasetWriter>,
    report: ImportReport,
}

impl Import {
    fn add(&mut self, entry: &str, line: u64, item: &Item) -> Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => none.insert(DatasetWriter::create(&self.target, item.kind())?),
        };
        if writer.kind() != item.kind() {
            let reason = "Games and trajectories cannot share a data set.";
            reject(&mut self.report, entry, line, reason.to_owned());
            return Ok(());
        }
        match writer.add(item)? {
            Added::Stored => self.report.num_accepted += 1,
            Added::Duplicate => self.report.num_duplicates += 1,
            Added::NameTaken => {
                let reason = "Another game has the same identifier.";
                reject(&mut self.report, entry, line, reason.to_owned());
            }
        }
        Ok(())
    }
}

/// Tells the watcher about every half per cent.
struct Progress<'a> {
    watcher: &'a mut dyn Watcher,
    num_read: std::rc::Rc<std::cell::Cell<u64>>,
    total: u64,
    told: u64,
}

impl<'a> Progress<'a> {
    fn new(source: &Source, watcher: &'a mut dyn Watcher) -> Self {
        Self {
            watcher,
            num_read: source.num_read(),
            total: source.num_bytes(),
            told: 0,
        }
    }

    fn tell(&mut self) {
        // The start of each file is read twice, so the count can run a little ahead.
        let done = self.num_read.get().min(self.total);
        if done > self.told + self.total / 200 {
            self.told = done;
            self.watcher.progress("reading", done, self.total, "bytes");
        }
    }

    fn end(self) {
        self.watcher
            .progress("reading", self.total, self.total, "bytes");
    }
}

/// All that is known of an error, without what the system calls it.
fn in_words(error: &anyhow::Error) -> String {
    let is_of_system = |cause: &&(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.raw_os_error().is_some())
    };
    let known: Vec<String> = error
        .chain()
        .filter(|cause| !is_of_system(cause))
        .map(ToString::to_string)
        .collect();
    if known.is_empty() {
        return error.to_string();
    }
    known.join(": ")
}

fn nothing_found(path: &Path, report: &ImportReport) -> anyhow::Error {
    let known = format!("The formats that can be read are: {}.", formats::names());
    let summary = match report.rejected.first() {
        Some(row) => format!(
            "Nothing in {} could be read: {}",
            file_name(path),
            row.reason
        ),
        None => format!("Nothing in {} was recognised.", file_name(path)),
    };
    anyhow::anyhow!(known).context(summary)
}

/// The name of a file without what programs append to it.
fn stem(path: &Path) -> String {
    let name = file_name(path);
    let short = name.trim_end_matches(".gz").trim_end_matches(".zst");
    let ends = [
        ".zip", ".eval", ".jsonl", ".ndjson", ".json", ".traj", ".csv", ".tsv", ".parquet",
    ];
    let short = ends
        .iter()
        .find_map(|end| short.strip_suffix(end))
        .unwrap_or(short);
    if short.is_empty() {
        name
    } else {
        short.to_owned()
    }
}
