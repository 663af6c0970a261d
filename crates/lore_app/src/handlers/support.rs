//! The health check, logs, and the support report.

use std::path::Path;
use std::sync::PoisonError;

use anyhow::Result;
use lore_protocol::{ApiError, Response, SupportRequest, SupportResponse, Work};

use super::exports;
use crate::core::Core;
use crate::support::redact::Redactor;
use crate::support::report::Report;
use crate::support::{health, logs};

/// Answers.
pub(super) fn handle(core: &Core, request: SupportRequest) -> Result<Response> {
    let response = match request {
        SupportRequest::Health => SupportResponse::Health(health::all(core)),
        SupportRequest::CheckModels => {
            SupportResponse::Job(core.submit("Check the models", |_| Ok(Work::CheckModels))?)
        }
        SupportRequest::Log {
            filter,
            offset,
            limit,
        } => SupportResponse::Log(logs::page(core, &filter, offset, limit)?),
        SupportRequest::Sources => SupportResponse::Sources(logs::sources(core)?),
        SupportRequest::Compose => {
            let report = Report::compose(core, &Redactor::of_this_user())?;
            let files = report.files();
            *core.report.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
            SupportResponse::Report(files)
        }
        SupportRequest::Read { name } => {
            let text = report(core)?.text(&name)?;
            SupportResponse::Text { name, text }
        }
        SupportRequest::Save { path } => {
            let path = Path::new(&path);
            exports::check_file(core, path)?;
            report(core)?.save(path)?;
            return Ok(Response::Done);
        }
    };
    Ok(Response::Support(response))
}

/// The report that was put together: what is saved is what was shown.
fn report(core: &Core) -> Result<Report, ApiError> {
    let report = core.report.lock();
    let report = report.unwrap_or_else(PoisonError::into_inner).clone();
    report.ok_or_else(|| ApiError::precondition("Put the report together first"))
}
