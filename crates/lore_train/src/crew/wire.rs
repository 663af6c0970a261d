//! A connection on which nobody can keep the other waiting for ever.

use std::io::{self, ErrorKind, Read, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frames::{Limits, decode, encode};

/// How often one who waits looks up.
const LOOK_UP: Duration = Duration::from_millis(200);

/// How long a message may take that has begun to come.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long the other may take no part of a message.
const PATIENCE_TO_SEND: Duration = Duration::from_mins(1);

/// One end of it.
#[derive(Debug)]
pub(super) struct Wire(TcpStream);

/// What came of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// A message has begun to come.
    Coming,
    /// The other has left.
    Gone,
    /// There was a reason to wait no longer.
    Enough,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Result<Self> {
        // Those who accept connections without waiting for them may pass that on.
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE_TO_SEND))?;
        Ok(Self(stream))
    }

    /// Sends a message without numbers.
    pub(super) fn say(&self, message: &impl Serialize) -> Result<()> {
        self.send(&encode(message, &[])?)
    }

    /// Sends a message that is ready.
    pub(super) fn send(&self, frame: &[u8]) -> Result<()> {
        let mut stream = &self.0;
        Ok(stream.write_all(frame)?)
    }

    /// Waits for a message until `is_enough`.
    pub(super) fn wait(&self, mut is_enough: impl FnMut() -> bool) -> Result<Waited> {
        self.0.set_read_timeout(Some(LOOK_UP))?;
        loop {
            match self.0.peek(&mut [0]) {
                Ok(0) => return Ok(Waited::Gone),
                Ok(_) => return Ok(Waited::Coming),
                Err(error) if is_pause(&error) => {}
                Err(error) => return Err(error.into()),
            }
            if is_enough() {
                return Ok(Waited::Enough);
            }
        }
    }

    /// Reads a message.
    pub(super) fn read<T: DeserializeOwned>(&self, limits: Limits) -> Result<(T, Vec<u8>)> {
        self.read_within(PATIENCE, limits)
    }

    /// Reads a message that must have come after `patience`.
    pub(super) fn read_within<T: DeserializeOwned>(
        &self,
        patience: Duration,
        limits: Limits,
    ) -> Result<(T, Vec<u8>)> {
        let mut reader = Timed {
            stream: &self.0,
            until: Instant::now() + patience,
        };
        decode(&mut reader, limits)
    }
}

/// A connection that is read until a moment, however slowly the other sends.
struct Timed<'a> {
    stream: &'a TcpStream,
    until: Instant,
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buffer)
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
