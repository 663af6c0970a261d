//! The core for a window in the same process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use lore_protocol::{Backend, Incoming, Request, RequestId};

use crate::app::App;
use crate::handlers;
use crate::hub::SubscriptionId;

/// Called when something arrived, from whatever thread it arrived on; asks the window to look.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// A [`Backend`] over an [`App`] in the same process. Hears the events from its making on.
pub struct InProcess {
    app: Arc<App>,
    arrived: Arc<Arrived>,
    subscription: SubscriptionId,
    last_id: RequestId,
}

/// What arrived and was not taken yet.
struct Arrived {
    queue: Mutex<VecDeque<Incoming>>,
    wake: Waker,
}

impl Arrived {
    fn push(&self, incoming: Incoming) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(incoming);
        drop(queue);
        (self.wake)();
    }
}

impl InProcess {
    /// A window's way to `app`.
    pub fn new(app: Arc<App>, wake: Waker) -> Self {
        let arrived = Arc::new(Arrived {
            queue: Mutex::default(),
            wake,
        });
        let events = Arc::clone(&arrived);
        let subscription = app
            .core()
            .hub
            .subscribe(Box::new(move |incoming| events.push(incoming.clone())));
        Self {
            app,
            arrived,
            subscription,
            last_id: 0,
        }
    }
}

impl Backend for InProcess {
    fn send(&mut self, request: Request) -> RequestId {
        self.last_id += 1;
        let id = self.last_id;
        let core = Arc::clone(self.app.core());
        let arrived = Arc::clone(&self.arrived);
        self.app.pool().spawn_blocking(move || {
            let result = handlers::answer(&core, request).map(Box::new);
            arrived.push(Incoming::Reply { id, result });
        });
        id
    }

    fn poll(&mut self) -> Vec<Incoming> {
        let queue = self.arrived.queue.lock();
        let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
        queue.drain(..).collect()
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.app.core().hub.unsubscribe(self.subscription);
    }
}
