//! Typed questions about the data folder, about other computers, and about how the program is.

use lore_protocol::{
    BackupInfo, ClusterInfo, ClusterRequest, ClusterResponse, Finding, LogSource, ReportFile,
    Request, Response, StorageRequest, StorageResponse, SupportRequest, SupportResponse, Usage,
};

use super::Ctx;
use crate::store::{ActionState, Loaded};

impl<'a> Ctx<'a> {
    /// Every other computer.
    pub fn clusters(&self) -> Loaded<'a, [ClusterInfo]> {
        self.query(&Request::Cluster(ClusterRequest::List))
            .and_then(|response| match response {
                Response::Cluster(ClusterResponse::List(list)) => Some(list.as_slice()),
                _ => None,
            })
    }

    /// What takes how much room.
    pub fn usage(&self) -> Loaded<'a, Usage> {
        self.query(&Request::Storage(StorageRequest::Usage))
            .and_then(|response| match response {
                Response::Storage(StorageResponse::Usage(usage)) => Some(usage),
                _ => None,
            })
    }

    /// What the backup at `path` holds.
    pub fn backup(&self, path: &str) -> Loaded<'a, BackupInfo> {
        let path = path.to_owned();
        self.query(&Request::Storage(StorageRequest::Inspect { path }))
            .and_then(|response| match response {
                Response::Storage(StorageResponse::Backup(info)) => Some(info.as_ref()),
                _ => None,
            })
    }

    /// What the health check found.
    pub fn health(&self) -> Loaded<'a, [Finding]> {
        self.query(&Request::Support(SupportRequest::Health))
            .and_then(|response| match response {
                Response::Support(SupportResponse::Health(findings)) => Some(findings.as_slice()),
                _ => None,
            })
    }

    /// What there are logs of.
    pub fn log_sources(&self) -> Loaded<'a, [(LogSource, String)]> {
        self.query(&Request::Support(SupportRequest::Sources))
            .and_then(|response| match response {
                Response::Support(SupportResponse::Sources(sources)) => Some(sources.as_slice()),
                _ => None,
            })
    }

    /// The files of the support report that the last action at `place` put together.
    pub fn report(&self, place: &str) -> Option<&'a [ReportFile]> {
        match self.store.actions().state(place)? {
            ActionState::Done(Response::Support(SupportResponse::Report(files))) => Some(files),
            _ => None,
        }
    }

    /// The text of a file of the report that the last action at `place` asked for.
    pub fn report_text(&self, place: &str) -> Option<(&'a str, &'a str)> {
        match self.store.actions().state(place)? {
            ActionState::Done(Response::Support(SupportResponse::Text { name, text })) => {
                Some((name, text))
            }
            _ => None,
        }
    }
}
