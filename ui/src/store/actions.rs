//! Changes under way, and how they ended, by the place on the page they belong to.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use lore_core::JobId;
use lore_protocol::{
    ApiError, BankResponse, DatasetResponse, ExportResponse, JobResponse, ModelResponse, RequestId,
    Response, StorageResponse, SupportResponse, TrajectoryResponse, WorldResponse,
};

use crate::command::{Action, Place};

/// How an action stands.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are only as many as there are buttons on a page"
)]
pub enum ActionState {
    /// Will be done once the time to take it back is over.
    Later,
    /// Under way.
    Busy,
    /// It went well.
    Done(Response),
    /// It did not.
    Failed(ApiError),
}

/// An action that ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was asked.
    pub action: Action,
    /// What came of it.
    pub result: Result<Response, ApiError>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Actions {
    states: BTreeMap<Place, ActionState>,
    flights: BTreeMap<RequestId, Action>,
    /// Errors that no page has shown yet: who reads one takes it off. Those that stay are told in
    /// a corner of the window, so that nothing is said twice and nothing is lost.
    unread: RefCell<BTreeSet<Place>>,
}

impl Actions {
    pub(super) fn begin(&mut self, id: RequestId, action: Action) {
        self.states.insert(action.place.clone(), ActionState::Busy);
        self.flights.insert(id, action);
    }

    pub(super) fn announce(&mut self, place: Place) {
        self.states.insert(place, ActionState::Later);
    }

    pub(super) fn settle(
        &mut self,
        id: RequestId,
        result: Result<Response, ApiError>,
    ) -> Option<Outcome> {
        let action = self.flights.remove(&id)?;
        let state = match &result {
            Ok(response) => ActionState::Done(response.clone()),
            Err(error) => {
                self.unread.get_mut().insert(action.place.clone());
                ActionState::Failed(error.clone())
            }
        };
        self.states.insert(action.place.clone(), state);
        Some(Outcome { action, result })
    }

    /// Errors that no page has shown since they came.
    pub(super) fn take_unread(&mut self) -> Vec<ApiError> {
        let places = std::mem::take(self.unread.get_mut());
        let errors = places.iter().filter_map(|place| self.error(place).cloned());
        errors.collect()
    }

    pub(super) fn dismiss(&mut self, place: &Place) {
        self.states.remove(place);
    }

    /// How the last action at `place` stands.
    pub fn state(&self, place: &str) -> Option<&ActionState> {
        self.states.get(place)
    }

    /// True while an action at `place` is under way.
    pub fn is_busy(&self, place: &str) -> bool {
        matches!(self.state(place), Some(ActionState::Busy))
    }

    /// True while an action at `place` can still be taken back before it is done, and until it is.
    pub fn is_going(&self, place: &str) -> bool {
        matches!(
            self.state(place),
            Some(ActionState::Later | ActionState::Busy)
        )
    }

    /// Why the last action at `place` failed. Whoever asks shows it.
    pub fn error(&self, place: &str) -> Option<&ApiError> {
        self.unread.borrow_mut().remove(place);
        match self.state(place) {
            Some(ActionState::Failed(error)) => Some(error),
            _ => None,
        }
    }

    /// The job that the last action at `place` started.
    pub fn job(&self, place: &str) -> Option<&JobId> {
        match self.state(place) {
            Some(ActionState::Done(response)) => job_of(response),
            _ => None,
        }
    }
}

/// The job an answer names.
fn job_of(response: &Response) -> Option<&JobId> {
    match response {
        Response::Dataset(DatasetResponse::Job(job))
        | Response::Bank(BankResponse::Job(job))
        | Response::Trajectory(TrajectoryResponse::Job(job))
        | Response::Model(ModelResponse::Job(job))
        | Response::World(WorldResponse::Job(job))
        | Response::Job(JobResponse::Submitted(job))
        | Response::Export(ExportResponse::Job(job))
        | Response::Storage(StorageResponse::Job(job))
        | Response::Support(SupportResponse::Job(job)) => Some(job),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_protocol::{ModelRequest, Request};

    #[test]
    fn an_error_stays_where_it_belongs_until_dismissed() {
        let mut actions = Actions::default();
        let request = Request::Model(ModelRequest::List);
        actions.begin(1, Action::new("models/add", request));
        assert!(actions.is_busy("models/add"));
        actions.settle(1, Err(ApiError::new("no")));
        assert!(actions.error("models/add").is_some());
        assert!(actions.error("bank/build").is_none());
        actions.dismiss(&"models/add".into());
        assert!(actions.error("models/add").is_none());
    }

    #[test]
    fn the_job_is_found_at_its_place() {
        let mut actions = Actions::default();
        let request = Request::Model(ModelRequest::List);
        actions.begin(1, Action::new("models/add", request));
        let job = JobId::from("j");
        actions.settle(1, Ok(Response::Model(ModelResponse::Job(job.clone()))));
        assert_eq!(actions.job("models/add"), Some(&job));
    }
}
