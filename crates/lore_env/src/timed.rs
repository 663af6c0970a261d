//! A connection on which nothing takes longer than it may.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Until when an exchange may take. Clones share it, so that it can be moved on while the connection
/// is in other hands.
#[derive(Clone, Debug)]
pub(crate) struct Deadline(Arc<Mutex<Instant>>);

impl Deadline {
    /// From now on.
    pub(crate) fn after(patience: Duration) -> Self {
        Self(Arc::new(Mutex::new(Instant::now() + patience)))
    }

    /// Starts anew.
    pub(crate) fn renew(&self, patience: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + patience;
    }

    /// What is left; an error once nothing is.
    fn left(&self) -> Result<Duration> {
        let end = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(too_slow());
        }
        Ok(left)
    }
}

/// A TCP connection with a deadline over whole exchanges: a peer that sends a byte now and then does
/// not win time, as it would with a time-out on each read.
#[derive(Debug)]
pub(crate) struct Timed {
    stream: TcpStream,
    deadline: Deadline,
}

impl Timed {
    /// Connects to the first address that answers.
    pub(crate) fn connect(address: impl ToSocketAddrs, deadline: Deadline) -> Result<Self> {
        let mut last = Error::new(ErrorKind::NotFound, "the address leads nowhere");
        for address in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, deadline.left()?) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Self { stream, deadline });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.stream.set_read_timeout(Some(self.deadline.left()?))?;
        self.stream.read(buffer).map_err(as_too_slow)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> Result<usize> {
        self.stream.set_write_timeout(Some(self.deadline.left()?))?;
        self.stream.write(buffer).map_err(as_too_slow)
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.flush()
    }
}

/// Systems call a time-out by two names.
fn as_too_slow(error: Error) -> Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => too_slow(),
        _ => error,
    }
}

fn too_slow() -> Error {
    Error::new(ErrorKind::TimedOut, "it did not answer in time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_peer_that_drips_does_not_win_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let peer = std::thread::Builder::new()
            .name("peer".into())
            .spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                // Ends when the other side has had enough.
                while stream.write_all(b"x").is_ok() {
                    std::thread::sleep(Duration::from_millis(10));
                }
            })
            .expect("a thread");
        let deadline = Deadline::after(Duration::from_millis(200));
        let mut stream = Timed::connect(address, deadline).unwrap();
        let began = Instant::now();
        let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(began.elapsed() < Duration::from_secs(5));
        drop(stream);
        peer.join().unwrap();
    }
}
