//! Pieces of pages that need to know more than a widget: errors, things on their way, jobs.

mod errors;
mod job;
mod loaded;
mod page;

pub use errors::{action_error_ui, error_ui};
pub use job::{job_at_ui, job_progress_ui, job_tone};
pub use loaded::loaded_ui;
pub use page::{crumb_ui, page_scroll};
