//! Listens, and speaks HTTP/1.1 with one request a connection: what comes after a request is never taken
//! for another one.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use lore_core::StopToken;

use super::desk::Desk;
use super::head;
use super::refusal::Refusal;
use super::routes::{self, Reply};

/// The longest that a caller may not take what it is sent.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a caller that was refused may still send before the connection is closed: closing at once would
/// take the answer away from it.
const LINGER: Duration = Duration::from_millis(500);
const LINGER_BYTES: usize = 1 << 20;

/// Takes in callers until somebody asks to stop and then calls.
pub(super) fn run(listener: &TcpListener, desk: &Arc<Desk>, stop: &StopToken) {
    let seats = Arc::new(AtomicUsize::new(0));
    while !stop.is_stopped() {
        let Ok((stream, _)) = listener.accept() else {
            // Out of file handles, most likely; some are given back in a while.
            thread::sleep(LINGER);
            continue;
        };
        // Those who find no seat are turned away by closing the connection, and so are those for whom
        // there is no thread.
        let Some(seat) = Seat::take(&seats, desk.limits.connections) else {
            continue;
        };
        let desk = Arc::clone(desk);
        thread::Builder::new()
            .name("caller".to_owned())
            .spawn(move || {
                converse(stream, &desk);
                drop(seat);
            })
            .ok();
    }
}

/// A connection that is open.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(seats: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        let seat = Self(Arc::clone(seats));
        let num_taken = seats.fetch_add(1, Ordering::Relaxed);
        (num_taken < limit).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Answers one request. Errors of the connection are the caller's, and nothing to us.
fn converse(mut stream: TcpStream, desk: &Desk) {
    if stream.set_write_timeout(Some(PATIENCE)).is_err() {
        return;
    }
    // Pieces are small and wanted at once.
    stream.set_nodelay(true).ok();
    let reply = match head::read_head(&mut stream, desk.limits.head) {
        Ok(None) => return,
        Ok(Some((head, rest))) => routes::answer(desk, &mut stream, &head, rest),
        Err(refusal) => Err(refusal),
    };
    let written = match reply {
        Ok(Reply::Value(value)) => send(&mut stream, 200, &value.to_string()),
        Ok(Reply::Pieces(pieces)) => pieces.send(&mut stream),
        Ok(Reply::Nobody) => return,
        Err(refusal) => send_refusal(&mut stream, &refusal),
    };
    if written.is_ok() {
        linger(&mut stream);
    }
}

fn send_refusal(stream: &mut TcpStream, refusal: &Refusal) -> std::io::Result<()> {
    send(stream, refusal.status, &refusal.body().to_string())
}

fn send(stream: &mut TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let reason = reason(status);
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes())
}

/// The words that go with a status; nobody needs them.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        _ => "Internal Server Error",
    }
}

/// Says that all was said, and hears a caller out that still talks.
fn linger(stream: &mut TcpStream) {
    if stream.shutdown(Shutdown::Write).is_err() || stream.set_read_timeout(Some(LINGER)).is_err() {
        return;
    }
    let mut buffer = [0; 8 << 10];
    let mut left = LINGER_BYTES;
    while let Ok(num_read) = stream.read(&mut buffer) {
        left = left.saturating_sub(num_read);
        if num_read == 0 || left == 0 {
            return;
        }
    }
}
