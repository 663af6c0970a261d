//! A core made of canned answers, for tests and screenshots.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use lore_protocol::{ApiError, Backend, Event, Incoming, Request, RequestId, Response};

use super::Sample;

/// Answers a request instead of the sample data; `None` leaves it to them.
pub type Answerer = Box<dyn Fn(&Request) -> Option<Result<Response, ApiError>>>;

/// A core made of canned answers. Clones share one script, so that a test can go on talking to the
/// one the application holds.
#[derive(Clone, Default)]
pub struct ScriptedBackend {
    script: Rc<RefCell<Script>>,
}

/// Says which requests wait for their answer.
type Held = Box<dyn Fn(&Request) -> bool>;

#[derive(Default)]
struct Script {
    sample: Sample,
    answerers: Vec<Answerer>,
    held: Vec<Held>,
    sent: Vec<Request>,
    incoming: VecDeque<Incoming>,
    next_id: RequestId,
    next_seq: u64,
}

impl ScriptedBackend {
    /// A core that knows `sample`.
    pub fn new(sample: Sample) -> Self {
        let backend = Self::default();
        backend.script.borrow_mut().sample = sample;
        backend
    }

    /// Asks `answerer` first, before everything said so far.
    pub fn answer(
        &self,
        answerer: impl Fn(&Request) -> Option<Result<Response, ApiError>> + 'static,
    ) {
        let answerer: Answerer = Box::new(answerer);
        self.script.borrow_mut().answerers.insert(0, answerer);
    }

    /// Leaves requests like these unanswered, as if they took long.
    pub fn hold(&self, is_it: impl Fn(&Request) -> bool + 'static) {
        self.script.borrow_mut().held.push(Box::new(is_it));
    }

    /// Makes something happen.
    pub fn happen(&self, event: Event) {
        let mut script = self.script.borrow_mut();
        script.next_seq += 1;
        let seq = script.next_seq;
        script.incoming.push_back(Incoming::Event { seq, event });
    }

    /// Changes what the core knows.
    pub fn change(&self, change: impl FnOnce(&mut Sample)) {
        change(&mut self.script.borrow_mut().sample);
    }

    /// Everything that was asked so far.
    pub fn sent(&self) -> Vec<Request> {
        self.script.borrow().sent.clone()
    }

    /// True when something like this was asked.
    pub fn was_sent(&self, is_it: impl Fn(&Request) -> bool) -> bool {
        self.script.borrow().sent.iter().any(is_it)
    }
}

impl Backend for ScriptedBackend {
    fn send(&mut self, request: Request) -> RequestId {
        let mut script = self.script.borrow_mut();
        script.next_id += 1;
        let id = script.next_id;
        let answer = script
            .answerers
            .iter()
            .find_map(|answerer| answerer(&request))
            .or_else(|| script.sample.answer(&request));
        let is_held = script.held.iter().any(|is_it| is_it(&request));
        if let Some(answer) = answer.filter(|_| !is_held) {
            let result = answer.map(Box::new);
            script.incoming.push_back(Incoming::Reply { id, result });
        }
        script.sent.push(request);
        id
    }

    fn poll(&mut self) -> Vec<Incoming> {
        self.script.borrow_mut().incoming.drain(..).collect()
    }
}
