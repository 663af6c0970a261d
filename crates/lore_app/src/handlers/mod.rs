//! One file per domain: a request in, a response out.

mod banks;
mod clusters;
mod datasets;
mod experiments;
mod export_options;
mod exports;
mod jobs;
pub(crate) mod models;
mod play_on;
pub(crate) mod served;
mod settings;
pub(crate) mod storage;
mod support;
mod talk;
mod trajectories;
mod what_if;
mod worlds;

use std::panic::{AssertUnwindSafe, catch_unwind};

use lore_protocol::{ApiError, Request, Response};

use crate::core::Core;

/// Answers a request. A panic costs the one request, not the window.
pub(crate) fn answer(core: &Core, request: Request) -> Result<Response, ApiError> {
    let handle = || match request {
        Request::Dataset(request) => datasets::handle(core, request),
        Request::Bank(request) => banks::handle(core, request),
        Request::Model(request) => models::handle(core, request),
        Request::Job(request) => jobs::handle(core, request),
        Request::Cluster(request) => clusters::handle(core, request),
        Request::Experiment(request) => experiments::handle(core, request),
        Request::Trajectory(request) => trajectories::handle(core, request),
        Request::World(request) => worlds::handle(core, request),
        Request::Talk(request) => talk::handle(core, request),
        Request::Export(request) => exports::handle(core, request),
        Request::Settings(request) => settings::handle(core, request),
        Request::Storage(request) => storage::handle(core, request),
        Request::Support(request) => support::handle(core, request),
        Request::Shell(_) => {
            Err(ApiError::precondition("Only the window can do that, and it did not").into())
        }
    };
    // State behind locks is changed in single steps, so a panic leaves it whole.
    let result = catch_unwind(AssertUnwindSafe(handle)).unwrap_or_else(|panic| {
        let words = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(anyhow::anyhow!("{}", words.unwrap_or("no words"))
            .context("Something in Lorekeeper broke. Please report it with the details."))
    });
    result.map_err(|error| {
        log::info!("a request failed: {error:#}");
        ApiError::from(error)
    })
}
