//! The core as the interface sees it.

use serde::{Deserialize, Serialize};

use crate::{ApiError, Event, Request, Response};

/// Numbers a request, so that its answer can be matched and an error shown in place.
pub type RequestId = u64;

/// The core as the interface sees it. Neither method blocks.
pub trait Backend {
    /// Sends a request; the reply arrives through [`Backend::poll`].
    fn send(&mut self, request: Request) -> RequestId;

    /// Takes everything that arrived since the last call, oldest first.
    fn poll(&mut self) -> Vec<Incoming>;
}

/// A request on its way to a core in another process; answered by an [`Incoming::Reply`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Its number.
    pub id: RequestId,
    /// What is wanted.
    pub request: Request,
}

/// Something that arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Incoming {
    /// The answer to a request.
    Reply {
        /// Which request.
        id: RequestId,
        /// What came of it.
        result: Result<Box<Response>, ApiError>,
    },
    /// Something that happened.
    Event {
        /// Rises by one with every event; a reloaded window asks for what it missed.
        seq: u64,
        /// What happened.
        event: Event,
    },
}
