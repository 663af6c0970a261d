//! What passes between those who answer callers and the one who runs the model.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lore_core::{Completion, MemoryUse, Message, Sampling, Secret, StopToken};

use super::EndpointLimits;
use super::refusal::Refusal;

/// What every token begins with, so that one knows it when one sees it.
pub(super) const TOKEN_PREFIX: &str = "lore-";

/// How often it is looked for callers that hung up.
const LOOK: Duration = Duration::from_millis(100);

/// Where requests are taken in.
#[derive(Debug)]
pub(super) struct Desk {
    /// Where it listens.
    pub(super) port: u16,
    /// What a caller must know, without [`TOKEN_PREFIX`].
    pub(super) token: Secret,
    /// What a caller asks for.
    pub(super) model: String,
    pub(super) limits: EndpointLimits,
    pub(super) orders: Mutex<SyncSender<Order>>,
}

/// A chat to be completed.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) messages: Vec<Message>,
    pub(super) sampling: Sampling,
    pub(super) news: Sender<News>,
    /// Stopped when nobody waits for it any more.
    pub(super) gone: StopToken,
}

/// What becomes of an order: `Begun`, any number of `Piece`s, `Ended`; or else `Refused`, at any time.
#[derive(Debug)]
pub(super) enum News {
    /// It is being completed, with these memories.
    Begun(Vec<MemoryUse>),
    /// More text.
    Piece(String),
    /// All of it.
    Ended(Completion),
    /// It cannot be done as it was asked.
    Refused(Refusal),
}

/// The other end of an order. Dropping it takes the order back.
#[derive(Debug)]
pub(super) struct Ordered {
    news: Receiver<News>,
    gone: StopToken,
}

impl Desk {
    /// Hands in a chat, if not too many wait already.
    pub(super) fn order(
        &self,
        messages: Vec<Message>,
        sampling: Sampling,
    ) -> Result<Ordered, Refusal> {
        let (sender, news) = channel();
        let gone = StopToken::new();
        let order = Order {
            messages,
            sampling,
            news: sender,
            gone: gone.clone(),
        };
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        match orders.try_send(order) {
            Ok(()) => Ok(Ordered { news, gone }),
            Err(TrySendError::Full(_)) => Err(Refusal::busy()),
            Err(TrySendError::Disconnected(_)) => Err(Refusal::closing()),
        }
    }
}

impl Ordered {
    /// The next piece of news; `None` when there is nobody who brings one, or nobody who waits for one.
    pub(super) fn next(&self, caller: &TcpStream) -> Option<News> {
        loop {
            match self.news.recv_timeout(LOOK) {
                Ok(news) => return Some(news),
                Err(RecvTimeoutError::Timeout) if has_hung_up(caller) => return None,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

impl Drop for Ordered {
    fn drop(&mut self) {
        self.gone.stop();
    }
}

/// True when the caller closed the connection.
fn has_hung_up(caller: &TcpStream) -> bool {
    if caller.set_nonblocking(true).is_err() {
        return true;
    }
    let heard = caller.peek(&mut [0]);
    let is_gone = match heard {
        Ok(num_bytes) => num_bytes == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    };
    is_gone || caller.set_nonblocking(false).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn only_so_many_may_wait() {
        let (orders, waiting) = sync_channel(1);
        let desk = Desk {
            port: 1,
            token: Secret::default(),
            model: String::new(),
            limits: EndpointLimits::default(),
            orders: Mutex::new(orders),
        };
        let order = || desk.order(Vec::new(), Sampling::default());
        let first = order().expect("there is room");
        assert_eq!(order().unwrap_err(), Refusal::busy());
        drop(first);
        let taken = waiting.try_recv().expect("it waits");
        assert!(taken.gone.is_stopped(), "nobody waits for it any more");
        order().expect("there is room again");
        drop(waiting);
        assert_eq!(order().unwrap_err(), Refusal::closing());
    }
}
