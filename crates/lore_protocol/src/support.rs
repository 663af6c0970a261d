//! What is looked at when something does not work: the health check, logs, a report for those who help.

use serde::{Deserialize, Serialize};

use lore_core::{JobId, Page};

/// A question about how the program is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SupportRequest {
    /// Looks at everything that can be looked at within a second → [`SupportResponse::Health`].
    Health,
    /// Reads every model through and compares its hash, as a job → [`SupportResponse::Job`].
    CheckModels,
    /// Lines of logs, newest first → [`SupportResponse::Log`].
    Log {
        /// Which.
        filter: LogFilter,
        /// The first line.
        offset: u64,
        /// How many.
        limit: u64,
    },
    /// What there are logs of → [`SupportResponse::Sources`].
    Sources,
    /// Puts a report together and keeps it until the next one → [`SupportResponse::Report`].
    Compose,
    /// A file of the report → [`SupportResponse::Text`].
    Read {
        /// Its name.
        name: String,
    },
    /// Writes the report that was put together → `Done`.
    Save {
        /// The file to make; one that is there is replaced.
        path: String,
    },
}

/// The answer to a [`SupportRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SupportResponse {
    /// What was found, in the order of [`Check::ALL`].
    Health(Vec<Finding>),
    /// The job that was started.
    Job(JobId),
    /// Lines of logs, newest first.
    Log(Page<LogLine>),
    /// What there are logs of: the program, then jobs, newest first, with their names for people.
    Sources(Vec<(LogSource, String)>),
    /// The files of the report.
    Report(Vec<ReportFile>),
    /// A file of the report, as it will be saved.
    Text {
        /// Its name.
        name: String,
        /// What it says.
        text: String,
    },
}

/// Something that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Cores and what they can do.
    Processor,
    /// Memory.
    Memory,
    /// Room on the disk of the data folder.
    Disk,
    /// Whether the data folder can be written, and on what kind of disk it is.
    DataFolder,
    /// The program that does the work.
    Worker,
    /// The models that the program starts with.
    Models,
    /// Java, for worlds that need it.
    Java,
    /// The clock.
    Clock,
    /// Processes and locks that an earlier start left behind.
    Leftovers,
}

impl Check {
    /// Every check, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Processor,
        Self::Memory,
        Self::Disk,
        Self::DataFolder,
        Self::Worker,
        Self::Models,
        Self::Java,
        Self::Clock,
        Self::Leftovers,
    ];

    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Processor => "Processor",
            Self::Memory => "Memory",
            Self::Disk => "Room on the disk",
            Self::DataFolder => "Data folder",
            Self::Worker => "Worker program",
            Self::Models => "Starter models",
            Self::Java => "Java",
            Self::Clock => "Clock",
            Self::Leftovers => "Left from earlier",
        }
    }
}

/// How something that was looked at is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    /// As it should be.
    Fine,
    /// Works, but somebody may want to know.
    Notable,
    /// Something does not work until somebody does something.
    Action,
}

impl FindingState {
    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Notable => "worth knowing",
            Self::Action => "needs action",
        }
    }
}

/// What a look at something showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How it is.
    pub state: FindingState,
    /// One sentence.
    pub summary: String,
    /// What to do, in one sentence; empty when nothing is to be done.
    pub advice: String,
}

/// Who said a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LogSource {
    /// The program itself.
    Program,
    /// The process that answers what needs a model.
    Interactive,
    /// The process that answers other programs.
    Endpoint,
    /// The worker of a job.
    Job {
        /// Which.
        job: JobId,
    },
}

/// Which lines of logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFilter {
    /// Only those that contain this, in large or small letters.
    pub text: String,
    /// Only warnings and errors.
    pub only_problems: bool,
    /// Only those of one source.
    pub source: Option<LogSource>,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, in milliseconds since 1970; unknown for what a worker wrote beside its events.
    pub ms: Option<u64>,
    /// True for warnings and errors.
    pub is_problem: bool,
    /// Who said it.
    pub source: LogSource,
    /// Its name for people.
    pub source_name: String,
    /// What was said.
    pub text: String,
}

/// A file of a support report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportFile {
    /// Its name in the report.
    pub name: String,
    /// What it is, in words.
    pub about: String,
    /// Its size in bytes.
    pub num_bytes: u64,
}
