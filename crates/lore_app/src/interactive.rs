//! The worker that answers what needs a model or a world while someone waits: started on demand, let
//! go when nobody has asked for a while.

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use anyhow::{Context as _, Result};
use lore_core::DataDir;
use lore_protocol::{
    Answer, ApiError, Control, ErrorCode, Question, Said, WorkerReply, WorkerRequest,
};

use crate::clock::Clock;
use crate::supervisor::{WorkerProcess, WorkerProgram, read_lines};

/// How long nobody has to ask before the worker is let go.
const IDLE: Duration = Duration::from_mins(2);

/// How long a person may think about the next action of a task.
const IDLE_WHILE_PLAYING: Duration = Duration::from_hours(2);

/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// The longest a person waits for something to come. Loading a model takes seconds, measuring one may take
/// a minute.
const PATIENCE: Duration = Duration::from_mins(3);

/// The way to the worker.
pub(crate) struct Interactive {
    dir: DataDir,
    program: WorkerProgram,
    clock: Arc<dyn Clock>,
    live: Arc<Mutex<Live>>,
}

/// The worker, when there is one.
#[derive(Default)]
struct Live {
    process: Option<WorkerProcess>,
    /// Tells this process from earlier ones.
    run: u64,
    last_id: u64,
    last_used: Duration,
    /// True while a person plays a task in it.
    is_held: bool,
    asked: BTreeMap<u64, Asker>,
    /// The question that is a talk, if one is under way.
    talk: Option<u64>,
}

/// Takes what is answered. Never full, since whoever hands it over must not wait.
type Asker = Sender<Result<Answer, ApiError>>;

impl Interactive {
    /// Starts nothing yet.
    pub(crate) fn new(dir: DataDir, program: WorkerProgram, clock: Arc<dyn Clock>) -> Self {
        Self {
            dir,
            program,
            clock,
            live: Arc::default(),
        }
    }

    /// Asks and waits. A worker that dies fails the questions it was asked; the next question
    /// starts another.
    pub(crate) fn ask(&self, question: Question) -> Result<Answer> {
        self.ask_and_hear(question, &mut |_, _| {})
    }

    /// Asks a question that is a talk and waits; `hear` is told what was said in which turn. A talk that is
    /// under way is stopped first.
    pub(crate) fn talk(
        &self,
        question: Question,
        hear: &mut dyn FnMut(usize, Said),
    ) -> Result<Answer> {
        self.stop_talk();
        self.ask_and_hear(question, hear)
    }

    /// Has enough of the talk that is under way, if one is.
    pub(crate) fn stop_talk(&self) {
        let mut live = lock(&self.live);
        let (Some(id), Some(process)) = (live.talk.take(), live.process.as_mut()) else {
            return;
        };
        // A worker that is gone talks no more anyway.
        process.send(&Control::Enough { id }).ok();
    }

    fn ask_and_hear(
        &self,
        question: Question,
        hear: &mut dyn FnMut(usize, Said),
    ) -> Result<Answer> {
        let (sender, receiver) = channel();
        let id = self.put(question, sender)?;
        loop {
            match receiver.recv_timeout(PATIENCE) {
                Ok(Ok(Answer::Saying { turn, said })) => hear(turn, said),
                Ok(result) => return Ok(result?),
                Err(error) => return Err(self.no_answer(id, error).into()),
            }
        }
    }

    /// What is said when no answer comes.
    fn no_answer(&self, id: u64, error: RecvTimeoutError) -> ApiError {
        match error {
            RecvTimeoutError::Disconnected => died(),
            RecvTimeoutError::Timeout => {
                let mut live = lock(&self.live);
                live.asked.remove(&id);
                // It may be stuck for good, and everyone after would wait as long.
                live.process = None;
                ApiError::new(
                    "The model took too long to answer. Try again when no job is running.",
                )
            }
        }
    }

    /// Says whether a person plays in the worker, who may think for a while.
    pub(crate) fn hold(&self, is_held: bool) {
        lock(&self.live).is_held = is_held;
    }

    /// Lets the worker go.
    pub(crate) fn end(&self) {
        lock(&self.live).process = None;
    }

    fn put(&self, question: Question, asker: Asker) -> Result<u64> {
        let mut live = lock(&self.live);
        if live.process.as_mut().is_none_or(WorkerProcess::has_exited) {
            self.start(&mut live)?;
        }
        live.last_id += 1;
        live.last_used = self.clock.elapsed();
        let id = live.last_id;
        live.asked.insert(id, asker);
        if matches!(question, Question::Talk { .. }) {
            live.talk = Some(id);
        }
        let request = WorkerRequest { id, question };
        let process = live.process.as_mut();
        let sent = process.map_or_else(|| Err(died().into()), |process| process.send(&request));
        if let Err(error) = sent {
            live.asked.remove(&id);
            live.process = None;
            return Err(error.context(died()));
        }
        Ok(id)
    }

    fn start(&self, live: &mut Live) -> Result<()> {
        let mut command = self.program.command(&self.dir);
        command.arg("--serve");
        let log = self.dir.root().join("interactive.log");
        let (process, stdout) = WorkerProcess::start(command, &log)?;
        // Questions of a worker that died just now get no answer.
        live.asked.clear();
        live.run += 1;
        let run = live.run;
        let shared = Arc::clone(&self.live);
        let read = move || {
            read_lines(stdout, |line| {
                answer(&shared, run, &line);
                true
            });
            gone(&shared, run);
        };
        spawn("reads the model worker", read)?;
        let (shared, clock) = (Arc::downgrade(&self.live), Arc::clone(&self.clock));
        spawn("lets the model worker go", move || {
            while_used(&shared, run, clock.as_ref());
        })?;
        live.process = Some(process);
        Ok(())
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .context("Could not start the part of Lorekeeper that talks to models")?;
    Ok(())
}

/// Hands an answer to whoever asked. Lines that are no answers are noise.
fn answer(live: &Mutex<Live>, run: u64, line: &str) {
    let Ok(reply) = serde_json::from_str::<WorkerReply>(line) else {
        return;
    };
    let mut live = lock(live);
    if live.run != run {
        return;
    }
    let is_last = !matches!(reply.result, Ok(Answer::Saying { .. }));
    if let Some(asker) = live.asked.get(&reply.id) {
        // Whoever asked may have given up.
        asker.send(reply.result).ok();
    }
    if is_last {
        live.asked.remove(&reply.id);
        live.talk.take_if(|talk| *talk == reply.id);
    }
}

/// The worker's output ended: whoever waits is told (their channels close).
fn gone(live: &Mutex<Live>, run: u64) {
    let mut live = lock(live);
    if live.run == run {
        live.process = None;
        live.asked.clear();
    }
}

/// Returns once the worker is gone; lets it go when nobody has asked for a while.
fn while_used(live: &Weak<Mutex<Live>>, run: u64, clock: &dyn Clock) {
    loop {
        std::thread::sleep(LOOK);
        let Some(live) = live.upgrade() else {
            return;
        };
        let mut live = lock(&live);
        if live.run != run || live.process.is_none() {
            return;
        }
        let idle = if live.is_held {
            IDLE_WHILE_PLAYING
        } else {
            IDLE
        };
        if live.asked.is_empty() && clock.elapsed() >= live.last_used + idle {
            live.process = None;
            return;
        }
    }
}

fn died() -> ApiError {
    ApiError::with_code(
        ErrorCode::WorkerCrashed,
        "The part of Lorekeeper that runs models ended unexpectedly. Try again; if it happens \
         again, the model may be too large for this computer's memory.",
    )
}

fn lock(live: &Mutex<Live>) -> MutexGuard<'_, Live> {
    live.lock().unwrap_or_else(PoisonError::into_inner)
}
