//! What the tests of this crate share.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "every test file uses a part of it"
)]

pub mod hub;

use lore_core::{DataDir, ExperimentId, JobId, StopToken};
use lore_lab::{LabOptions, Outcome};
use lore_protocol::{JobEvent, JobSpec, PROTOCOL_VERSION, Work};

/// A job that belongs to no experiment.
pub fn job(work: Work) -> JobSpec {
    JobSpec {
        version: PROTOCOL_VERSION,
        id: JobId::from("job"),
        title: work.label().to_owned(),
        experiment: None,
        resources: work.resources(),
        work,
        after: Vec::new(),
        created_ms: 1,
        code_version: "test".to_owned(),
        threads: 1,
    }
}

/// The same in an experiment.
pub fn job_of(experiment: &ExperimentId, id: &str, work: Work) -> JobSpec {
    JobSpec {
        id: JobId::from(id),
        experiment: Some(experiment.clone()),
        ..job(work)
    }
}

/// Does a job and returns its outcome and what it said.
pub fn lab(
    spec: &JobSpec,
    data: &DataDir,
    options: &LabOptions,
    stop: &StopToken,
) -> (anyhow::Result<Outcome>, Vec<JobEvent>) {
    let mut events = Vec::new();
    let mut sink = |event: JobEvent| events.push(event);
    let outcome = lore_lab::run(spec, data, options, &mut sink, stop);
    (outcome, events)
}
