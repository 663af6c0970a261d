//! The leader's side: listens for assistants, and shares the passes of a step out among them and itself.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use lore_core::{Secret, StopToken};
use lore_llm::AdapterWeights;

use super::board::{Board, Turn};
use super::frames::{ToAssistant, encode};
use super::member;
use super::numbers::{Shape, bytes_of_adapter, frame_of_pass};
use super::step::Plan;
use crate::gradient::PassGradient;
use crate::model::LossGradient;
use crate::pass::Pass;

/// How often one looks for those who want in.
const LOOK: Duration = Duration::from_millis(100);

/// Connections at a time, those of strangers included.
const MAX_CONNECTIONS: usize = 256;

/// How long those who compute may take to leave.
const GOODBYE: Duration = Duration::from_secs(2);

/// Everybody who computes for a training. Dropping it sends the assistants home.
#[derive(Debug)]
pub struct Crew {
    board: Arc<Board>,
    door: Option<JoinHandle<()>>,
}

impl Crew {
    /// Lets everybody in who connects to `listener` and shows `token`, from now on. Nobody needs to come.
    pub fn open(listener: TcpListener, token: Secret) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let board = Arc::new(Board::new());
        let shared = Arc::clone(&board);
        let door = thread::Builder::new()
            .name("door".to_owned())
            .spawn(move || stand_at_the_door(&listener, &Arc::new(token), &shared))
            .context("Could not listen for other computers")?;
        Ok(Self {
            board,
            door: Some(door),
        })
    }

    /// The sum over `passes` of a step, whoever computes them; `None` when asked to stop.
    pub(crate) fn sum(
        &self,
        model: &dyn LossGradient,
        (step, adapter): (u64, &AdapterWeights),
        passes: &[Pass<'_>],
        stop: &StopToken,
    ) -> Result<Option<PassGradient>> {
        let own = Own {
            board: &self.board,
            model,
            adapter,
            passes,
        };
        own.post(step)?;
        let sum = own.sum(stop);
        self.board.withdraw();
        sum
    }

    /// What people should know since the last time: who came, and who was sent away.
    pub(crate) fn news(&self) -> Vec<String> {
        self.board.news()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.board.close(GOODBYE);
        if let Some(door) = self.door.take() {
            // It only lets people in: nothing is lost with it.
            door.join().ok();
        }
    }
}

/// What the leader does of a step itself.
struct Own<'a> {
    board: &'a Board,
    model: &'a dyn LossGradient,
    adapter: &'a AdapterWeights,
    passes: &'a [Pass<'a>],
}

impl Own<'_> {
    /// Puts the step up for everybody.
    fn post(&self, step: u64) -> Result<()> {
        let tokens = |pass: &Pass<'_>| pass.examples.iter().map(|it| it.ids.len()).sum::<usize>();
        let passes = self.passes.iter().enumerate();
        let passes = passes
            .map(|(place, pass)| anyhow::Ok((frame_of_pass(step, place, pass)?, tokens(pass))));
        self.board.post(Plan {
            number: step,
            adapter: encode(
                &ToAssistant::Adapter { step },
                &bytes_of_adapter(self.adapter),
            )?,
            shape: Shape::of(self.adapter),
            passes: passes.collect::<Result<_>>()?,
            zeros: PassGradient::zeros(self.adapter),
        });
        Ok(())
    }

    /// Computes until the step is done.
    fn sum(&self, stop: &StopToken) -> Result<Option<PassGradient>> {
        // The first pass is the leader's, see [`Board::post`].
        let mut mine = (!self.passes.is_empty()).then_some(0);
        loop {
            if let Some(pass) = mine.take() {
                if stop.is_stopped() {
                    return Ok(None);
                }
                self.compute(pass)?;
            }
            match self.board.turn(LOOK).context("The step is gone")? {
                Turn::Done(sum) => return Ok(Some(sum)),
                Turn::Pass(pass) => mine = Some(pass),
                Turn::Waited if stop.is_stopped() => return Ok(None),
                Turn::Waited => {}
            }
        }
    }

    fn compute(&self, pass: usize) -> Result<()> {
        let began = Instant::now();
        let mut part = PassGradient::zeros(self.adapter);
        part.loss =
            self.model
                .add_gradient(self.adapter, &self.passes[pass], &mut part.gradients)?;
        self.board.take_own(pass, part, began.elapsed());
        Ok(())
    }
}

/// Lets people in until the training is over.
fn stand_at_the_door(listener: &TcpListener, token: &Arc<Secret>, board: &Arc<Board>) {
    let num_inside = Arc::<AtomicUsize>::default();
    while !board.is_closed() {
        match listener.accept() {
            Ok((stream, _)) if num_inside.load(Ordering::Acquire) < MAX_CONNECTIONS => {
                let guest = Guest::new(&num_inside);
                let (token, board) = (Arc::clone(token), Arc::clone(board));
                // Without a thread for it, the connection is closed, and whoever came tries again.
                let attended = thread::Builder::new()
                    .name("assistant".to_owned())
                    .spawn(move || attend(stream, &token, &board, guest));
                drop(attended);
            }
            // Too many, or somebody who left at once.
            Ok(_) => {}
            Err(_) => thread::sleep(LOOK),
        }
    }
}

fn attend(stream: TcpStream, token: &Secret, board: &Board, guest: Guest) {
    member::attend(stream, token, board);
    drop(guest);
}

/// Counts who is inside.
struct Guest(Arc<AtomicUsize>);

impl Guest {
    fn new(num_inside: &Arc<AtomicUsize>) -> Self {
        num_inside.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(num_inside))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
