//! What the interface knows: a fold over everything that arrived. Pure: no egui, no clock.
//!
//! * [`Answers`]: what was asked for, by request, with what became stale.
//! * [`Jobs`]: jobs, kept current line by line.
//! * [`Actions`]: changes under way and their errors, by the place they belong to.
//! * [`TalkState`]: what a model says while it is being written.
//! * [`ShellState`]: files held over the window, dropped, or picked.

mod actions;
mod answers;
mod jobs;
mod shell;
mod talk;

use lore_protocol::{
    ApiError, Event, Incoming, JobResponse, Request, RequestId, Response, TalkResponse, Topic,
};

use crate::command::{Action, Place};

pub use actions::{ActionState, Actions, Outcome};
pub use answers::{Answers, Loaded};
pub use jobs::{JobRecord, Jobs};
pub use shell::{Picked, ShellState};
pub use talk::TalkState;

/// What the interface knows.
#[derive(Debug, Default)]
pub struct Store {
    answers: Answers,
    jobs: Jobs,
    actions: Actions,
    talk: TalkState,
    shell: ShellState,
    last_seq: u64,
}

impl Store {
    /// Takes in something that arrived. Returns what an action led to, when it was one.
    pub fn apply(&mut self, incoming: Incoming) -> Option<Outcome> {
        match incoming {
            Incoming::Reply { id, result } => self.apply_reply(id, result.map(|boxed| *boxed)),
            Incoming::Event { seq, event } => {
                self.apply_event(seq, event);
                None
            }
        }
    }

    fn apply_reply(
        &mut self,
        id: RequestId,
        result: Result<Response, ApiError>,
    ) -> Option<Outcome> {
        if let Ok(Response::Job(response)) = &result {
            self.apply_jobs(response);
        }
        if let Ok(Response::Talk(TalkResponse::Answered { talk, said })) = &result {
            self.talk.conclude(*talk, said);
        }
        if let Ok(Response::Shell(response)) = &result {
            self.shell.apply_response(response);
        }
        if self.answers.settle(id, &result) {
            return None;
        }
        self.actions.settle(id, result)
    }

    fn apply_jobs(&mut self, response: &JobResponse) {
        match response {
            JobResponse::List(list) => self.jobs.replace(list),
            JobResponse::Series { job, name, points } => self.jobs.add_series(job, name, points),
            JobResponse::Lines { job, lines } => {
                for line in lines {
                    self.jobs.add_line(job, line.clone());
                }
            }
            JobResponse::Submitted(_) => self.answers.mark_stale(Topic::Jobs),
            JobResponse::Log { .. } => {}
        }
    }

    /// Events may come twice, after a reload: job lines are numbered by their job, staleness said
    /// twice is staleness, and the shell's events count only when they are new.
    fn apply_event(&mut self, seq: u64, event: Event) {
        match event {
            Event::Stale(topic) => self.answers.mark_stale(topic),
            Event::Job { job, line } => {
                if !self.jobs.add_line(&job, line) {
                    self.answers.mark_stale(Topic::Jobs);
                }
            }
            // What is written comes whole each time, so an old piece would take newer words away.
            Event::Talk { talk, turn, said } if seq > self.last_seq => {
                self.talk.apply(talk, turn, said);
            }
            Event::Shell(event) if seq > self.last_seq => self.shell.apply_event(event),
            Event::Talk { .. } | Event::Shell(_) => {}
        }
        self.last_seq = self.last_seq.max(seq);
    }

    /// The last event that arrived.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Begins a frame: what is read from now on counts as in use.
    pub fn begin_frame(&mut self) {
        self.answers.begin_frame();
    }

    /// Notes that a request is under way to be shown.
    pub fn fetching(&mut self, id: RequestId, request: &Request) {
        self.answers.fetching(id, request);
    }

    /// Notes that an action is under way.
    pub fn acting(&mut self, id: RequestId, action: Action) {
        self.actions.begin(id, action);
    }

    /// Notes that an action will be done once the time to take it back is over.
    pub fn announce(&mut self, place: Place) {
        self.actions.announce(place);
    }

    /// Errors of actions that no page has shown since they came; each is returned once.
    pub fn take_unread_errors(&mut self) -> Vec<ApiError> {
        self.actions.take_unread()
    }

    /// Errors of what a page shows that can be tried again.
    pub fn failed_requests(&self) -> Vec<Request> {
        self.answers.failed()
    }

    /// Forgets how an action at `place` ended.
    pub fn dismiss(&mut self, place: &Place) {
        self.actions.dismiss(place);
    }

    /// What was asked for.
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Jobs.
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// Changes under way and their errors.
    pub fn actions(&self) -> &Actions {
        &self.actions
    }

    /// What a model says while it is being written.
    pub fn talk(&self) -> &TalkState {
        &self.talk
    }

    /// Files held over the window, dropped, or picked.
    pub fn shell(&self) -> &ShellState {
        &self.shell
    }
}
