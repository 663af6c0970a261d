//! What is looked at when something does not work: a health check, logs, a report for those who help.

mod date;
pub(crate) mod health;
mod json;
mod log_file;
pub(crate) mod logs;
pub(crate) mod redact;
pub(crate) mod report;

pub use log_file::log_to;
