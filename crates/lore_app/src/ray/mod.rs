//! Jobs on a Ray cluster: the same worker, the same job file, the same events, on another computer that
//! sees the same data folder.
//!
//! The program is sent as a package, unless the cluster has it. It writes what it says into the job's
//! folder, where a thread of this application reads it and passes it on like the lines of a process of
//! this computer. A cluster goes on when the application is closed; the next start finds its jobs again
//! ([`Submission`]). A training may be computed by several workers there: the one that leads it is the job,
//! the others come and go with it ([`assistants`]).

mod assistants;
mod client;
mod errand;
mod package;
mod place;
mod probe;
mod submission;
mod tail;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use lore_protocol::Elsewhere;

pub(crate) use client::Client;
pub(crate) use errand::Errand;
pub(crate) use probe::try_out;
pub(crate) use submission::Submission;

use crate::supervisor::{Attempt, Exit};

/// What a stop takes beyond the time that a job has to save: the way there, and what the cluster itself
/// does.
const WAY: Duration = Duration::from_secs(20);

/// What the thread that looks after a job tells.
pub(crate) enum Told {
    /// A line of the worker.
    Line(String),
    /// How the job stands there.
    Stands(Elsewhere),
    /// Nothing more comes.
    Closed,
}

/// Takes what is told; false when nobody listens any more.
pub(crate) type Listener = Box<dyn Fn(Told) -> bool + Send>;

/// What the thread is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Have the job save and end.
    Stop,
    /// Leave it alone.
    Leave,
}

/// How the job's process ended, as far as it is known.
#[derive(Debug, Default)]
struct Ending {
    is_over: AtomicBool,
    exit: Mutex<Exit>,
}

/// A job on a cluster, as the supervisor sees it. Dropping it leaves the job alone.
#[derive(Debug)]
pub(crate) struct RayAttempt {
    orders: Sender<Order>,
    ending: Arc<Ending>,
}

impl RayAttempt {
    /// Hands the job over, or goes on with the one that is there already.
    pub(crate) fn start(errand: Errand, again: Option<Submission>) -> Result<Self> {
        let (orders, inbox) = channel();
        let ending = Arc::<Ending>::default();
        let shared = Arc::clone(&ending);
        std::thread::Builder::new()
            .name(format!("follows {}", errand.name()))
            .spawn(move || {
                errand.run(again, &inbox, &shared);
                shared.is_over.store(true, Ordering::Release);
            })
            .context("Could not look after a job on another computer")?;
        Ok(Self { orders, ending })
    }

    fn order(&self, order: Order) {
        // Who does not listen any more is done.
        self.orders.send(order).ok();
    }
}

impl Attempt for RayAttempt {
    fn stop(&mut self) {
        self.order(Order::Stop);
    }

    fn delay(&self) -> Duration {
        WAY
    }

    fn kill(&mut self) {
        self.order(Order::Leave);
        self.ending.is_over.store(true, Ordering::Release);
    }

    fn is_over(&mut self) -> bool {
        self.ending.is_over.load(Ordering::Acquire)
    }

    fn end(&mut self) -> Exit {
        self.order(Order::Leave);
        let mut exit = self
            .ending
            .exit
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *exit)
    }

    fn outlives_the_application(&self) -> bool {
        true
    }
}
