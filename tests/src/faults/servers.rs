//! Environment servers that hang up, answer nonsense, or do not answer.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::programs::Running;
use super::scenes::SERVER;
use super::tour::Tour;
use super::trial::{Copy, Outcome, Rehearsal, Victim};

/// The longest that anything may take, with a server that may take two seconds.
const PATIENCE: Duration = Duration::from_secs(45);

/// What a server does with a caller.
type Manner = fn(TcpStream, &AtomicBool);

const MANNERS: &[(&str, Manner)] = &[
    ("server hangs up at once", |caller, _| drop(caller)),
    (
        "server hangs up in the middle of an answer",
        |mut caller, _| {
            listen(&mut caller);
            say(
                &mut caller,
                b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"obs",
            );
        },
    ),
    ("server answers nonsense", |mut caller, _| {
        listen(&mut caller);
        say(&mut caller, b"\xff\xfe\x00 is not HTTP\r\n\r\n");
    }),
    ("server answers another question", |mut caller, _| {
        listen(&mut caller);
        say(
            &mut caller,
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        );
    }),
    ("server is broken", |mut caller, _| {
        listen(&mut caller);
        let answer = b"HTTP/1.1 500 Oh No\r\nContent-Length: 5\r\n\r\nboom!";
        say(&mut caller, answer);
    }),
    ("server does not answer", |mut caller, is_over| {
        listen(&mut caller);
        while !is_over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }),
    ("server answers a byte at a time", |mut caller, is_over| {
        listen(&mut caller);
        say(
            &mut caller,
            b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        );
        while !is_over.load(Ordering::Relaxed) && caller.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    }),
    ("server answers without end", |mut caller, is_over| {
        listen(&mut caller);
        say(&mut caller, b"HTTP/1.1 200 OK\r\n\r\n");
        let much = vec![b' '; 1 << 16];
        while !is_over.load(Ordering::Relaxed) && caller.write_all(&much).is_ok() {}
    }),
];

fn listen(caller: &mut TcpStream) {
    // How much is asked does not matter, nor what.
    let heard = caller.read(&mut [0u8; 4096]);
    drop(heard);
}

fn say(caller: &mut TcpStream, answer: &[u8]) {
    // A caller that has left is one of the cases.
    caller.write_all(answer).ok();
}

/// Every manner of server, and none at all.
pub(super) fn all(tour: &mut Tour<'_>, start: &Path) {
    let is_wanted = |tour: &Tour<'_>, fault: &str| tour.wants(&format!("server: {fault}"));
    let mut faults = MANNERS.iter().map(|(fault, _)| *fault);
    if !faults.any(|fault| is_wanted(tour, fault)) {
        return;
    }
    let stage = Rehearsal::plain(tour.programs, &SERVER, start);
    for (fault, manner) in MANNERS {
        if is_wanted(tour, fault) {
            let server = Server::start(*manner);
            let outcome = attempt(&stage, &server.address);
            let name = format!("server: {fault}");
            tour.note(fault, "environment server", &name, 1, &outcome);
        }
    }
    let fault = "server is not there";
    if is_wanted(tour, fault) {
        let outcome = attempt(&stage, "http://127.0.0.1:9");
        tour.note(
            fault,
            "environment server",
            &format!("server: {fault}"),
            1,
            &outcome,
        );
    }
}

fn attempt(stage: &Rehearsal<'_>, address: &str) -> Outcome {
    let copy = Copy::new(&stage.start);
    fs::write(copy.root().join("address"), address).expect("writes");
    let command = stage
        .programs
        .drive(stage.scene.name, &copy.data(), stage.worker());
    let began = Instant::now();
    let ended = Running::start(command, &copy.notes()).wait(PATIENCE);
    if ended.status.is_none() {
        return Outcome::Failed(vec![format!("no answer after {:?}", began.elapsed())]);
    }
    match stage.judge(Victim::Nobody, &copy, &ended) {
        Outcome::NoHarm => Outcome::Failed(vec!["such a server was taken for a good one".into()]),
        other => other,
    }
}

/// A server on a port of its own, until it is dropped.
struct Server {
    address: String,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("has one"));
        listener.set_nonblocking(true).expect("can be asked");
        let is_over = Arc::new(AtomicBool::new(false));
        let seen_over = Arc::clone(&is_over);
        let serve = move || {
            while !seen_over.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((caller, _)) => {
                        caller.set_nonblocking(false).expect("can be asked");
                        manner(caller, &seen_over);
                    }
                    Err(_) => std::thread::sleep(Duration::from_millis(5)),
                }
            }
        };
        let thread = std::thread::Builder::new().name("odd server".into());
        Self {
            address,
            is_over,
            thread: Some(thread.spawn(serve).expect("starts")),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server does not fail");
        }
    }
}
