//! The leader's thread for one assistant: hands it what is to be computed, and takes what comes of it.

use std::io;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use lore_core::Secret;

use super::board::{Board, Order};
use super::frames::{Limits, ToAssistant, ToLeader, VERSION};
use super::step::{Task, digest};
use super::wire::{Waited, Wire};
use crate::gradient::PassGradient;

/// How long one who comes may take to say hello.
const GREETING: Duration = Duration::from_secs(10);

/// How often an assistant without work hears that the leader is still there.
const STILL: Duration = Duration::from_secs(15);

/// Looks after one who came, until one of the two leaves.
pub(super) fn attend(stream: TcpStream, token: &Secret, board: &Board) {
    let Ok(wire) = Wire::new(stream) else {
        return;
    };
    match is_welcome(&wire, token) {
        Ok(true) => {}
        Ok(false) => {
            // Whoever it is may have left.
            wire.say(&ToAssistant::Refused {}).ok();
            return;
        }
        // Strangers are not worth a word.
        Err(_) => return,
    }
    let member = Member {
        id: board.join(),
        board,
        wire,
    };
    let why = match member.work() {
        Ok(()) | Err(Parting::Lost) => None,
        Err(Parting::Dismissed(why)) => {
            let said = ToAssistant::Dismissed {
                why: why.to_owned(),
            };
            member.wire.say(&said).ok();
            Some(format!("A worker was sent away: {why}"))
        }
    };
    board.leave(member.id, why);
}

fn is_welcome(wire: &Wire, token: &Secret) -> Result<bool> {
    let (hello, _) = wire.read_within(GREETING, Limits::GREETING)?;
    match hello {
        ToLeader::Hello {
            version,
            token: shown,
        } => {
            let is_known = is_equal(shown.reveal().as_bytes(), token.reveal().as_bytes());
            Ok(is_known && version == VERSION)
        }
        ToLeader::Part { .. } => bail!("Who comes says hello first"),
    }
}

/// Compares in a time that does not tell where the difference is.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differences) == 0
}

/// An assistant.
struct Member<'a> {
    id: u64,
    board: &'a Board,
    wire: Wire,
}

/// Why an assistant goes before the end.
enum Parting {
    /// The connection broke, or it does not answer.
    Lost,
    /// What it says is of no use.
    Dismissed(&'static str),
}

impl From<anyhow::Error> for Parting {
    fn from(_: anyhow::Error) -> Self {
        Self::Lost
    }
}

impl Member<'_> {
    fn work(&self) -> Result<(), Parting> {
        // It hears that it was let in.
        self.wire.say(&ToAssistant::Still {})?;
        let mut has_adapter_of = None;
        loop {
            match self.board.next(self.id, STILL) {
                Order::Close => return Ok(self.wire.say(&ToAssistant::Goodbye {})?),
                Order::Still => self.wire.say(&ToAssistant::Still {})?,
                Order::Compute(task) => {
                    let began = Instant::now();
                    if has_adapter_of.replace(task.step) != Some(task.step) {
                        self.wire.send(&task.adapter)?;
                    }
                    self.wire.send(&task.frame)?;
                    if !self.take(&task, began)? {
                        return Ok(self.wire.say(&ToAssistant::Goodbye {})?);
                    }
                }
            }
        }
    }

    /// Takes what comes of a pass; false when nobody wants it any more.
    fn take(&self, task: &Task, began: Instant) -> Result<bool, Parting> {
        let is_enough =
            || self.board.is_closed() || self.board.is_lost(self.id, task, began.elapsed());
        match self.wire.wait(is_enough)? {
            Waited::Coming => {}
            Waited::Enough if self.board.is_closed() => return Ok(false),
            Waited::Enough | Waited::Gone => return Err(Parting::Lost),
        }
        let limits = Limits::carrying(task.shape.num_bytes());
        let (loss, bytes) = self.read(task, limits).map_err(|error| {
            if error.is::<io::Error>() {
                Parting::Lost
            } else {
                Parting::Dismissed("its answer is not understood")
            }
        })?;
        let took = began.elapsed();
        if task.is_exam {
            let examined = self
                .board
                .examine(self.id, task, digest(loss, &bytes), took);
            if examined == Some(false) {
                return Err(Parting::Dismissed(
                    "its numbers are not those of the first worker, most likely because it has another kind \
                     of processor",
                ));
            }
            return Ok(true);
        }
        let gradients = task
            .shape
            .read(&bytes)
            .ok()
            .ok_or(Parting::Dismissed("its gradient is none"))?;
        let part = PassGradient { gradients, loss };
        self.board.take(self.id, task, part, took);
        Ok(true)
    }

    fn read(&self, task: &Task, limits: Limits) -> Result<(f64, Vec<u8>)> {
        let (part, bytes) = self.wire.read(limits)?;
        match part {
            ToLeader::Part { step, pass, loss } => {
                ensure!(
                    (step, pass) == (task.step, task.pass) && loss.is_finite(),
                    "This is the answer to something else"
                );
                Ok((loss, bytes))
            }
            ToLeader::Hello { .. } => bail!("Hello is said once"),
        }
    }
}
