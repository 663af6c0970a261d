//! The passes of one step: who has which, and what has come of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::numbers::Shape;
use super::pace::Pace;
use crate::gradient::PassGradient;

/// Bytes that tell results apart.
pub(super) type Digest = [u8; 32];

/// A step on its way.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) number: u64,
    adapter: Arc<Vec<u8>>,
    shape: Arc<Shape>,
    passes: Vec<Planned>,
    /// What has come of passes whose turn to be added has not.
    parts: BTreeMap<usize, PassGradient>,
    num_added: usize,
    /// What was added so far.
    pub(super) sum: PassGradient,
}

/// A pass of the present step.
#[derive(Debug)]
struct Planned {
    frame: Arc<Vec<u8>>,
    num_tokens: usize,
    stands: Stands,
}

/// How a pass stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// Nobody has it.
    Waiting,
    /// An assistant has it.
    Given { to: u64, since: Instant },
    /// The leader computes it.
    Own,
    /// It is computed.
    Done,
}

/// A step as the leader puts it up.
pub(super) struct Plan {
    /// Which step.
    pub(super) number: u64,
    /// The adapter, as it is sent.
    pub(super) adapter: Vec<u8>,
    /// Its shape.
    pub(super) shape: Shape,
    /// Each pass as it is sent, and its tokens.
    pub(super) passes: Vec<(Vec<u8>, usize)>,
    /// The sum of no pass.
    pub(super) zeros: PassGradient,
}

/// A pass for an assistant.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) step: u64,
    pub(super) pass: usize,
    pub(super) num_tokens: usize,
    pub(super) adapter: Arc<Vec<u8>>,
    pub(super) shape: Arc<Shape>,
    pub(super) frame: Arc<Vec<u8>>,
    /// The leader computes it as well, and both must come to the same.
    pub(super) is_exam: bool,
}

/// What the leader does next.
#[derive(Debug)]
pub(super) enum Next {
    /// Compute this pass.
    Pass(usize),
    /// Wait at most so long for others.
    Wait(Duration),
}

impl Step {
    pub(super) fn new(plan: Plan) -> Self {
        let stands = |place| match place {
            0 => Stands::Own,
            _ => Stands::Waiting,
        };
        let passes = plan.passes.into_iter().enumerate();
        let passes = passes.map(|(place, (frame, num_tokens))| Planned {
            frame: Arc::new(frame),
            num_tokens,
            stands: stands(place),
        });
        Self {
            number: plan.number,
            adapter: Arc::new(plan.adapter),
            shape: Arc::new(plan.shape),
            passes: passes.collect(),
            parts: BTreeMap::new(),
            num_added: 0,
            sum: plan.zeros,
        }
    }

    /// True once every pass was added.
    pub(super) fn is_whole(&self) -> bool {
        self.num_added == self.passes.len()
    }

    /// The step, and the tokens of one of its passes.
    pub(super) fn size_of(&self, pass: usize) -> (u64, usize) {
        (self.number, self.passes[pass].num_tokens)
    }

    /// What the leader, whose pace is `own`, does while something is left.
    pub(super) fn next(
        &mut self,
        num_members: usize,
        own: Option<Pace>,
        pace_of: impl Fn(u64) -> Option<Pace>,
    ) -> Next {
        if let Some(pass) = self.first_waiting(num_members) {
            self.passes[pass].stands = Stands::Own;
            return Next::Pass(pass);
        }
        let mut wait = Duration::MAX;
        for (pass, planned) in self.passes.iter_mut().enumerate() {
            let Stands::Given { to, since } = planned.stands else {
                continue;
            };
            let left = own.zip(pace_of(to)).map_or(Duration::ZERO, |(own, other)| {
                own.worth_waiting_for(other, planned.num_tokens, since.elapsed())
            });
            if left.is_zero() {
                planned.stands = Stands::Own;
                return Next::Pass(pass);
            }
            wait = wait.min(left);
        }
        Next::Wait(wait)
    }

    /// A pass for an assistant, if there is one left.
    pub(super) fn give(&mut self, to: u64, num_members: usize) -> Option<Task> {
        let pass = self.first_waiting(num_members)?;
        let since = Instant::now();
        self.passes[pass].stands = Stands::Given { to, since };
        Some(self.task(pass))
    }

    /// The leader's first pass for a newcomer, as long as the leader computes it.
    pub(super) fn exam(&self) -> Option<Task> {
        let is_computed = self.passes.first()?.stands == Stands::Own;
        is_computed.then(|| Task {
            is_exam: true,
            ..self.task(0)
        })
    }

    /// The next pass that nobody has. How far one may be ahead of those that are still being computed is
    /// limited, since what is computed early takes memory.
    fn first_waiting(&self, num_members: usize) -> Option<usize> {
        let most = self.num_added + 2 * (num_members + 1);
        let passes = self.passes.iter().take(most);
        passes
            .map(|it| it.stands)
            .position(|stands| stands == Stands::Waiting)
    }

    fn task(&self, pass: usize) -> Task {
        let planned = &self.passes[pass];
        Task {
            step: self.number,
            pass,
            num_tokens: planned.num_tokens,
            adapter: Arc::clone(&self.adapter),
            shape: Arc::clone(&self.shape),
            frame: Arc::clone(&planned.frame),
            is_exam: false,
        }
    }

    /// Takes back what an assistant has.
    pub(super) fn take_back(&mut self, id: u64) {
        for planned in &mut self.passes {
            if matches!(planned.stands, Stands::Given { to, .. } if to == id) {
                planned.stands = Stands::Waiting;
            }
        }
    }

    /// Keeps a part, and adds up those whose turn it is.
    pub(super) fn take(&mut self, pass: usize, part: PassGradient) {
        let stands = self.passes.get_mut(pass).map(|it| &mut it.stands);
        let Some(stands) = stands.filter(|it| **it != Stands::Done) else {
            return;
        };
        *stands = Stands::Done;
        self.parts.insert(pass, part);
        while let Some(next) = self.parts.remove(&self.num_added) {
            self.sum.add(&next);
            self.num_added += 1;
        }
    }
}

/// What tells one result from another.
pub(super) fn digest(loss: f64, gradient: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(loss.to_le_bytes());
    hash.update(gradient);
    hash.finalize().into()
}
