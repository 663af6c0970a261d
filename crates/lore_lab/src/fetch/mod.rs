//! Getting models: from this machine, from the hub, or the ones the program starts with.

mod client;
mod download;
mod hub;
mod local;
mod place;
mod select;
mod starter;

use anyhow::Result;

use lore_protocol::{FetchWork, ModelSource};

use crate::{Job, Outcome};

/// Puts a model into the model folder. A model is there only once it is whole: everything happens in a
/// hidden folder that is renamed at the end.
pub(crate) fn run(job: &mut Job<'_>, work: &FetchWork) -> Result<Outcome> {
    match &work.source {
        ModelSource::Local { path } => local::add(job, path.as_ref()),
        ModelSource::Starter { starter } => starter::get(job, *starter),
        ModelSource::Hub { repo, revision } => {
            let wanted = hub::Wanted {
                repo,
                revision,
                id: None,
                known_hashes: &[],
            };
            hub::get(job, &wanted)
        }
    }
}
