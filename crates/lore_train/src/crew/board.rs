//! Who computes what: the passes of the present step, and those who take them.
//!
//! Everybody looks at it under one lock, and nobody computes or waits for the network meanwhile.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::numbers::bytes_of_gradient;
use super::pace::Pace;
use super::step::{Digest, Next, Plan, Step, Task, digest};
use crate::gradient::PassGradient;

/// Shared by the leader and the threads that talk to assistants.
#[derive(Debug, Default)]
pub(super) struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_closed: bool,
    step: Option<Step>,
    /// The leader's own.
    pace: Option<Pace>,
    members: BTreeMap<u64, Member>,
    last_member: u64,
    /// What the leader made of the first pass of steps at which newcomers are tried; nothing yet while it
    /// computes.
    exams: BTreeMap<u64, Option<Digest>>,
    news: Vec<String>,
    /// How many compute, as was told last.
    num_told: usize,
}

/// An assistant.
#[derive(Debug, Default)]
struct Member {
    /// Nothing before it has computed.
    pace: Option<Pace>,
    /// True once it was seen to compute what the leader computes.
    is_trusted: bool,
}

/// What the thread of an assistant does next.
#[derive(Debug)]
pub(super) enum Order {
    /// Have this computed.
    Compute(Box<Task>),
    /// There was nothing for a while.
    Still,
    /// The training is over.
    Close,
}

/// What the leader does next.
#[derive(Debug)]
pub(super) enum Turn {
    /// Compute this pass.
    Pass(usize),
    /// Others compute the rest, and it has waited for them: look again.
    Waited,
    /// The step is computed.
    Done(PassGradient),
}

impl Board {
    /// Puts a step up. Its first pass is the leader's: what needs one pass only is faster without the network.
    pub(super) fn post(&self, plan: Plan) {
        let mut state = self.lock();
        state.exams.remove(&plan.number);
        state.step = Some(Step::new(plan));
        self.changed.notify_all();
    }

    /// Takes the step down before it is computed.
    pub(super) fn withdraw(&self) {
        self.lock().step = None;
    }

    /// What the leader does next, at the latest after `most`; nothing when there is no step.
    pub(super) fn turn(&self, most: Duration) -> Option<Turn> {
        let mut state = self.lock();
        let State {
            step,
            members,
            pace,
            ..
        } = &mut *state;
        if let Some(whole) = step.take_if(|it| it.is_whole()) {
            return Some(Turn::Done(whole.sum));
        }
        let step = step.as_mut()?;
        let pace_of = |id| members.get(&id).and_then(|it| it.pace);
        match step.next(members.len(), *pace, pace_of) {
            Next::Pass(pass) => Some(Turn::Pass(pass)),
            Next::Wait(others) => {
                drop(self.changed.wait_timeout(state, others.min(most)));
                Some(Turn::Waited)
            }
        }
    }

    /// Takes in what the leader computed.
    pub(super) fn take_own(&self, pass: usize, part: PassGradient, took: Duration) {
        let mut state = self.lock();
        let Some((number, num_tokens)) = state.step.as_ref().map(|it| it.size_of(pass)) else {
            return;
        };
        if pass == 0
            && let Some(exam) = state.exams.get_mut(&number)
        {
            *exam = Some(digest(part.loss, &bytes_of_gradient(&part.gradients)));
        }
        state.pace = Some(Pace::new(took, num_tokens));
        state.take(number, pass, part);
        self.changed.notify_all();
    }

    /// Takes an assistant in.
    pub(super) fn join(&self) -> u64 {
        let mut state = self.lock();
        state.last_member += 1;
        let id = state.last_member;
        state.members.insert(id, Member::default());
        id
    }

    /// Lets an assistant go; what it had goes back. `why` is for people.
    pub(super) fn leave(&self, id: u64, why: Option<String>) {
        let mut state = self.lock();
        state.members.remove(&id);
        state.news.extend(why);
        if let Some(step) = &mut state.step {
            step.take_back(id);
        }
        self.changed.notify_all();
    }

    /// What an assistant does next, at the latest after `most`.
    pub(super) fn next(&self, id: u64, most: Duration) -> Order {
        let until = Instant::now() + most;
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return Order::Close;
            }
            if let Some(task) = state.task_for(id) {
                return Order::Compute(Box::new(task));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Order::Still;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes in what an assistant computed. Late parts are let go: somebody else computed the same.
    pub(super) fn take(&self, id: u64, task: &Task, part: PassGradient, took: Duration) {
        let mut state = self.lock();
        state.note_pace(id, task, took);
        state.take(task.step, task.pass, part);
        self.changed.notify_all();
    }

    /// True when an assistant came to what the leader came to, which is waited for; `None` when there is
    /// nothing to compare with any more.
    pub(super) fn examine(
        &self,
        id: u64,
        task: &Task,
        result: Digest,
        took: Duration,
    ) -> Option<bool> {
        let mut state = self.lock();
        loop {
            let own = state.exams.get(&task.step).copied().flatten();
            if let Some(own) = own {
                let is_same = own == result;
                state.note_pace(id, task, took);
                if let Some(member) = state.members.get_mut(&id) {
                    member.is_trusted = is_same;
                }
                self.changed.notify_all();
                return Some(is_same);
            }
            if state.is_closed || state.step.as_ref().map(|it| it.number) != Some(task.step) {
                return None;
            }
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// True when an assistant that has had this pass for so long will not answer any more.
    pub(super) fn is_lost(&self, id: u64, task: &Task, passed: Duration) -> bool {
        let state = self.lock();
        let its_own = state.members.get(&id).and_then(|it| it.pace);
        let pace = its_own.into_iter().chain(state.pace).reduce(Pace::slower);
        pace.is_some_and(|pace| passed > pace.until_lost(task.num_tokens))
    }

    /// What people should know since the last time.
    pub(super) fn news(&self) -> Vec<String> {
        let mut state = self.lock();
        let mut news = std::mem::take(&mut state.news);
        let num = 1 + state.members.values().filter(|it| it.is_trusted).count();
        if num != std::mem::replace(&mut state.num_told, num) {
            news.push(match num {
                1 => "1 worker is computing".to_owned(),
                num => format!("{num} workers are computing"),
            });
        }
        news
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Sends everybody home, and waits at most `patience` until they have left.
    pub(super) fn close(&self, patience: Duration) {
        let mut state = self.lock();
        state.is_closed = true;
        state.step = None;
        self.changed.notify_all();
        let is_anyone_there = |state: &mut State| !state.members.is_empty();
        // Who is still there then notices by itself.
        drop(
            self.changed
                .wait_timeout_while(state, patience, is_anyone_there),
        );
    }

    /// A board on which one, the leader, is known to compute.
    pub(super) fn new() -> Self {
        let state = State {
            num_told: 1,
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            ..Self::default()
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Everything is changed in single steps.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn task_for(&mut self, id: u64) -> Option<Task> {
        let is_trusted = self.members.get(&id)?.is_trusted;
        let num_members = self.members.len();
        let step = self.step.as_mut()?;
        if is_trusted {
            return step.give(id, num_members);
        }
        // Once the leader has its result, the next step will do.
        let exam = step.exam()?;
        self.exams.entry(exam.step).or_insert(None);
        Some(exam)
    }

    fn note_pace(&mut self, id: u64, task: &Task, took: Duration) {
        if let Some(member) = self.members.get_mut(&id) {
            member.pace = Some(Pace::new(took, task.num_tokens));
        }
    }

    fn take(&mut self, step: u64, pass: usize, part: PassGradient) {
        if let Some(present) = self.step.as_mut().filter(|it| it.number == step) {
            present.take(pass, part);
        }
    }
}
