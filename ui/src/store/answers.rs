//! Answers by request: asked once, kept, and asked again when their topic went stale.

use std::cell::Cell;
use std::collections::BTreeMap;

use lore_protocol::{
    ApiError, DatasetRequest, ExperimentRequest, JobRequest, Request, RequestId, Response, Source,
    SupportRequest, Topic, TrajectoryRequest, WorldRequest,
};

/// Answers kept at most; what was not shown for longest goes first.
const MAX_KEPT: usize = 256;

/// Something that was asked for.
#[derive(Debug, PartialEq)]
pub enum Loaded<'a, T: ?Sized> {
    /// Nothing came yet.
    Waiting,
    /// It is here; perhaps a newer one is under way.
    Ready(&'a T),
    /// It could not be had.
    Failed(&'a ApiError),
}

impl<T: ?Sized> Clone for Loaded<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Loaded<'_, T> {}

impl<'a, T: ?Sized> Loaded<'a, T> {
    /// The thing, if it is here.
    pub fn ready(self) -> Option<&'a T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Waiting | Self::Failed(_) => None,
        }
    }

    /// Looks into the thing. An answer of another kind counts as not here yet.
    pub fn and_then<U: ?Sized>(self, pick: impl FnOnce(&'a T) -> Option<&'a U>) -> Loaded<'a, U> {
        match self {
            Self::Ready(value) => pick(value).map_or(Loaded::Waiting, Loaded::Ready),
            Self::Waiting => Loaded::Waiting,
            Self::Failed(error) => Loaded::Failed(error),
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Answers {
    entries: BTreeMap<String, Entry>,
    flights: BTreeMap<RequestId, String>,
    frame: u64,
}

#[derive(Debug)]
struct Entry {
    request: Request,
    topic: Option<Topic>,
    answer: Option<Result<Response, ApiError>>,
    under_way: bool,
    stale: bool,
    /// The last frame that showed it: reading is what keeps an answer alive.
    used: Cell<u64>,
}

impl Answers {
    pub(super) fn begin_frame(&mut self) {
        self.frame += 1;
    }

    /// What is known about `request`.
    pub fn get(&self, request: &Request) -> Loaded<'_, Response> {
        let Some(entry) = self.entries.get(&key(request)) else {
            return Loaded::Waiting;
        };
        entry.used.set(self.frame);
        match &entry.answer {
            None => Loaded::Waiting,
            Some(Ok(response)) => Loaded::Ready(response),
            Some(Err(error)) => Loaded::Failed(error),
        }
    }

    /// True when `request` should be sent before it can be shown as it is now.
    pub fn is_missing(&self, request: &Request) -> bool {
        self.entries
            .get(&key(request))
            .is_none_or(|entry| !entry.under_way && (entry.stale || entry.answer.is_none()))
    }

    /// What could not be had and was shown in the last frame.
    pub(super) fn failed(&self) -> Vec<Request> {
        let shown = |entry: &&Entry| entry.used.get() + 1 >= self.frame;
        let failed = |entry: &&Entry| matches!(entry.answer, Some(Err(_)));
        let entries = self.entries.values().filter(shown).filter(failed);
        entries.map(|entry| entry.request.clone()).collect()
    }

    pub(super) fn mark_stale(&mut self, topic: Topic) {
        for entry in self.entries.values_mut() {
            if entry.topic == Some(topic) {
                entry.stale = true;
            }
        }
    }

    pub(super) fn fetching(&mut self, id: RequestId, request: &Request) {
        let key = key(request);
        let entry = self.entries.entry(key.clone()).or_insert_with(|| Entry {
            request: request.clone(),
            topic: topic_of(request),
            answer: None,
            under_way: true,
            stale: false,
            used: Cell::new(self.frame),
        });
        entry.under_way = true;
        // What goes stale while the answer is under way must be asked for again.
        entry.stale = false;
        self.flights.insert(id, key);
        self.forget_oldest();
    }

    /// Takes in an answer; false when `id` asked for something else.
    pub(super) fn settle(&mut self, id: RequestId, result: &Result<Response, ApiError>) -> bool {
        let Some(key) = self.flights.remove(&id) else {
            return false;
        };
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.under_way = false;
            entry.answer = Some(result.clone());
        }
        true
    }

    fn forget_oldest(&mut self) {
        while self.entries.len() > MAX_KEPT {
            let oldest = self
                .entries
                .iter()
                .filter(|(_, entry)| !entry.under_way)
                .min_by_key(|(_, entry)| entry.used.get())
                .map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            self.entries.remove(&oldest);
        }
    }
}

fn key(request: &Request) -> String {
    serde_json::to_string(request).expect("requests hold no maps with keys that are not text")
}

/// What makes an answer stale; `None` for what never changes.
fn topic_of(request: &Request) -> Option<Topic> {
    match request {
        Request::Dataset(DatasetRequest::Inspect { .. })
        | Request::Shell(_)
        | Request::Job(JobRequest::Series { .. } | JobRequest::Lines { .. }) => None,
        Request::Dataset(_) => Some(Topic::Datasets),
        Request::Bank(_) => Some(Topic::Banks),
        Request::Model(_) | Request::Experiment(ExperimentRequest::Estimate { .. }) => {
            Some(Topic::Models)
        }
        Request::Job(_)
        | Request::Support(SupportRequest::Log { .. } | SupportRequest::Sources) => {
            Some(Topic::Jobs)
        }
        Request::Cluster(_) => Some(Topic::Clusters),
        Request::Experiment(_) | Request::Trajectory(TrajectoryRequest::Branches { .. }) => {
            Some(Topic::Experiments)
        }
        Request::Trajectory(TrajectoryRequest::Rows { source, .. }) => Some(match source {
            Source::Dataset { .. } => Topic::Datasets,
            Source::Bank { .. } => Topic::Banks,
            Source::Run { .. } | Source::Experiment { .. } => Topic::Experiments,
        }),
        Request::Trajectory(TrajectoryRequest::Marks) => Some(Topic::Marks),
        Request::Storage(_) | Request::Support(SupportRequest::Health) => Some(Topic::Storage),
        Request::Trajectory(_) | Request::Support(_) => None,
        Request::Talk(_) => Some(Topic::Endpoint),
        Request::Export(_) => Some(Topic::Adapters),
        Request::Settings(_) => Some(Topic::Settings),
        Request::World(WorldRequest::Current | WorldRequest::Suggest { .. }) => Some(Topic::Game),
        Request::World(_) => Some(Topic::Worlds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lore_protocol::{DatasetResponse, ModelRequest};

    fn list() -> Request {
        Request::Dataset(DatasetRequest::List)
    }

    fn answer() -> Response {
        Response::Dataset(DatasetResponse::List(Vec::new()))
    }

    #[test]
    fn what_is_under_way_is_not_asked_twice() {
        let mut answers = Answers::default();
        assert!(answers.is_missing(&list()));
        answers.fetching(1, &list());
        assert!(!answers.is_missing(&list()));
    }

    #[test]
    fn only_the_stale_topic_is_asked_again() {
        let mut answers = Answers::default();
        let models = Request::Model(ModelRequest::List);
        answers.fetching(1, &list());
        answers.fetching(2, &models);
        assert!(answers.settle(1, &Ok(answer())) && answers.settle(2, &Ok(answer())));
        answers.mark_stale(Topic::Datasets);
        assert!(answers.is_missing(&list()));
        assert!(!answers.is_missing(&models));
        assert!(
            answers.get(&list()).ready().is_some(),
            "a stale answer is shown until the new one is here"
        );
    }

    #[test]
    fn what_went_stale_on_the_way_is_asked_again() {
        let mut answers = Answers::default();
        answers.fetching(1, &list());
        answers.mark_stale(Topic::Datasets);
        answers.settle(1, &Ok(answer()));
        assert!(answers.is_missing(&list()));
    }

    #[test]
    fn an_error_is_kept_until_someone_asks_again() {
        let mut answers = Answers::default();
        answers.fetching(1, &list());
        answers.settle(1, &Err(ApiError::new("no")));
        assert!(matches!(answers.get(&list()), Loaded::Failed(_)));
        assert!(!answers.is_missing(&list()));
    }

    #[test]
    fn the_least_recently_shown_is_forgotten() {
        let mut answers = Answers::default();
        let inspect = |n: usize| {
            Request::Dataset(DatasetRequest::Inspect {
                path: n.to_string(),
                columns: None,
            })
        };
        for n in 0..MAX_KEPT {
            answers.begin_frame();
            answers.fetching(n as u64, &inspect(n));
            answers.settle(n as u64, &Ok(answer()));
        }
        answers.begin_frame();
        assert!(answers.get(&inspect(0)).ready().is_some(), "shown now");
        answers.fetching(9999, &inspect(9999));
        assert!(answers.get(&inspect(0)).ready().is_some());
        assert!(answers.get(&inspect(1)).ready().is_none());
    }
}
