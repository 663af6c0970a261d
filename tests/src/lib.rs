//! The system from outside: architecture, workers, transcripts, windows.
//!
//! [`Stage`] is an application on a fresh data folder; its worker is either the real one or
//! `fake_worker`, which speaks the protocol and does what a job's title says.

#[cfg(unix)]
pub mod cluster;
pub mod faults;
#[cfg(unix)]
pub mod lab;
mod requests;
mod stage;

pub use requests::{datasets, every_request};
pub use stage::{Stage, built_worker, fake_model, few_episodes, real_worker, spec_of};
