//! Experiments: arms and seeds become jobs, episodes, metrics, figures and reports.
//!
//! [`run`] does one job of `lore_protocol` from its specification to its outcome and tells an
//! [`EventSink`] what happens; [`Interactive`] answers single questions that need a model. Both are
//! plain functions of their arguments: where data, bundled models and the hub are is passed in. [`assist`]
//! computes for a training that another worker does.
//!
//! What was done is on disk before it is told, so that a job that was killed goes on from there:
//! episodes line by line, trainings from their checkpoints, banks by what they hold already,
//! downloads by the bytes that came.

mod agreement;
mod assist;
mod bank;
mod branch;
mod check_models;
mod collect;
mod compare;
mod endpoint;
mod episodes;
mod evaluate;
mod events;
mod export;
mod fetch;
mod files;
mod import;
mod install;
mod interactive;
mod job;
mod keep;
mod loaded;
mod machine;
mod measure;
mod meeting;
mod memories;
mod models;
mod names;
mod needs;
mod pace;
mod person;
mod random;
mod report;
mod served_model;
mod talk;
mod templates;
mod train;

pub use assist::assist;
pub use endpoint::{EndpointLimits, serve_endpoint};
pub use events::{EventSink, Relay};
pub use interactive::Interactive;
pub(crate) use job::Job;
pub use job::{LabOptions, Outcome, run};
pub use needs::{Calls, Needs, Network, Programs, Reads};
