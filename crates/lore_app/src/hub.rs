//! Where events go out: numbered, remembered for a while, and handed to everyone who listens.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lore_protocol::{Event, Incoming, Topic};

/// Events kept for windows that were reloaded.
const REMEMBERED: usize = 2000;

/// Everything a page may show.
const TOPICS: [Topic; 13] = [
    Topic::Datasets,
    Topic::Banks,
    Topic::Models,
    Topic::Jobs,
    Topic::Clusters,
    Topic::Experiments,
    Topic::Adapters,
    Topic::Worlds,
    Topic::Game,
    Topic::Endpoint,
    Topic::Settings,
    Topic::Storage,
    Topic::Marks,
];

/// Hears every event. Called in order, one at a time; must be quick and must not publish.
pub(crate) type Listener = Box<dyn Fn(&Incoming) + Send + Sync>;

/// Names a listener.
pub type SubscriptionId = u64;

/// Numbers events and hands them on.
#[derive(Default)]
pub(crate) struct Hub {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last_seq: u64,
    last_listener: SubscriptionId,
    remembered: VecDeque<Incoming>,
    listeners: Vec<(SubscriptionId, Listener)>,
}

impl Hub {
    /// Tells everyone.
    pub(crate) fn publish(&self, event: Event) {
        let mut state = self.lock();
        state.publish(event);
    }

    /// Tells everyone to fetch again what shows `topic`.
    pub(crate) fn stale(&self, topic: Topic) {
        self.publish(Event::Stale(topic));
    }

    /// Adds a listener.
    pub(crate) fn subscribe(&self, listener: Listener) -> SubscriptionId {
        let mut state = self.lock();
        state.last_listener += 1;
        let id = state.last_listener;
        state.listeners.push((id, listener));
        id
    }

    /// Takes a listener away.
    pub(crate) fn unsubscribe(&self, id: SubscriptionId) {
        self.lock().listeners.retain(|(other, _)| *other != id);
    }

    /// Tells again what was told after `after_seq`. When some of it is forgotten, or the number is
    /// from an earlier run of the program, everything is declared stale instead.
    pub(crate) fn replay(&self, after_seq: u64) {
        let mut state = self.lock();
        let oldest = state.last_seq + 1 - state.remembered.len() as u64;
        if after_seq > state.last_seq || after_seq + 1 < oldest {
            for topic in TOPICS {
                state.publish(Event::Stale(topic));
            }
            return;
        }
        let skipped = (after_seq + 1 - oldest) as usize;
        for incoming in state.remembered.iter().skip(skipped) {
            state.tell(incoming);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A listener that panicked has not touched the state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn publish(&mut self, event: Event) {
        self.last_seq += 1;
        let incoming = Incoming::Event {
            seq: self.last_seq,
            event,
        };
        self.tell(&incoming);
        if self.remembered.len() == REMEMBERED {
            self.remembered.pop_front();
        }
        self.remembered.push_back(incoming);
    }

    fn tell(&self, incoming: &Incoming) {
        for (_, listener) in &self.listeners {
            listener(incoming);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn listening(hub: &Hub) -> Arc<Mutex<Vec<u64>>> {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let seqs = Arc::clone(&heard);
        hub.subscribe(Box::new(move |incoming| {
            if let Incoming::Event { seq, .. } = incoming {
                seqs.lock().expect("not poisoned").push(*seq);
            }
        }));
        heard
    }

    fn take(heard: &Mutex<Vec<u64>>) -> Vec<u64> {
        std::mem::take(&mut heard.lock().expect("not poisoned"))
    }

    #[test]
    fn replay_tells_what_was_missed() {
        let hub = Hub::default();
        for _ in 0..5 {
            hub.stale(Topic::Jobs);
        }
        let heard = listening(&hub);
        hub.replay(3);
        assert_eq!(take(&heard), [4, 5]);
        hub.replay(5);
        assert_eq!(take(&heard), [0u64; 0]);
    }

    #[test]
    fn a_gap_makes_everything_stale() {
        let hub = Hub::default();
        for _ in 0..=REMEMBERED {
            hub.stale(Topic::Jobs);
        }
        let heard = listening(&hub);
        hub.replay(0);
        assert_eq!(take(&heard).len(), TOPICS.len(), "the first event is gone");
        hub.replay(1_000_000);
        assert_eq!(take(&heard).len(), TOPICS.len(), "from an earlier run");
    }

    #[test]
    fn who_left_hears_nothing() {
        let hub = Hub::default();
        let id = hub.subscribe(Box::new(|_| panic!("must not be called")));
        hub.unsubscribe(id);
        hub.stale(Topic::Jobs);
    }
}
