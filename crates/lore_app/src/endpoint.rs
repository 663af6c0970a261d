//! The process that other programs talk to: started when somebody switches it on, ended with the
//! application. How to call it is known in memory only.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use lore_core::DataDir;
use lore_protocol::{ApiError, EndpointLine, EndpointState, ErrorCode, Speaker, Topic};

use crate::hub::Hub;
use crate::supervisor::{WorkerProcess, WorkerProgram, read_lines};

/// The endpoint, open or not.
pub(crate) struct Endpoint {
    dir: DataDir,
    program: WorkerProgram,
    hub: Arc<Hub>,
    live: Arc<Mutex<Live>>,
}

#[derive(Default)]
struct Live {
    state: EndpointState,
    process: Option<WorkerProcess>,
    /// Tells this process from earlier ones.
    run: u64,
}

impl Endpoint {
    /// Closed.
    pub(crate) fn new(dir: DataDir, program: WorkerProgram, hub: Arc<Hub>) -> Self {
        Self {
            dir,
            program,
            hub,
            live: Arc::default(),
        }
    }

    /// How it stands.
    pub(crate) fn state(&self) -> EndpointState {
        lock(&self.live).state.clone()
    }

    /// Lets `speaker` answer, in place of the one so far.
    pub(crate) fn open(&self, speaker: Speaker) -> Result<()> {
        let mut live = lock(&self.live);
        live.process = None;
        // Nobody answers until the new one is there, should it not start.
        live.state = EndpointState::Off;
        live.run += 1;
        let run = live.run;
        let mut command = self.program.command(&self.dir);
        command.arg("--endpoint");
        let log = self.dir.root().join("endpoint.log");
        let (mut process, stdout) = WorkerProcess::start(command, &log)?;
        process.send(&speaker)?;
        live.process = Some(process);
        live.state = EndpointState::Starting {
            speaker: Box::new(speaker),
        };
        let (shared, hub) = (Arc::clone(&self.live), Arc::clone(&self.hub));
        std::thread::Builder::new()
            .name("reads the endpoint".into())
            .spawn(move || {
                read_lines(stdout, |line| hear(&shared, &hub, run, &line));
                gone(&shared, &hub, run);
            })
            .context("Could not start the part of Lorekeeper that watches the endpoint")?;
        Ok(())
    }

    /// Ends it. Nothing is lost that way: whoever was being answered is hung up on.
    pub(crate) fn close(&self) {
        let mut live = lock(&self.live);
        live.run += 1;
        live.process = None;
        live.state = EndpointState::Off;
    }
}

/// Takes in a line of the process; false when another process has taken its place. Lines that are none of
/// the endpoint's are noise.
fn hear(live: &Mutex<Live>, hub: &Hub, run: u64, line: &str) -> bool {
    let mut live = lock(live);
    if live.run != run {
        return false;
    }
    let Ok(line) = serde_json::from_str(line) else {
        return true;
    };
    live.state = next(std::mem::take(&mut live.state), line);
    drop(live);
    hub.stale(Topic::Endpoint);
    true
}

/// The state after a line.
fn next(state: EndpointState, line: EndpointLine) -> EndpointState {
    match (state, line) {
        (EndpointState::Starting { speaker }, EndpointLine::Open { door }) => EndpointState::On {
            speaker,
            door,
            num_answered: 0,
        },
        (EndpointState::On { speaker, door, .. }, EndpointLine::Answered { num_answered }) => {
            EndpointState::On {
                speaker,
                door,
                num_answered,
            }
        }
        (_, EndpointLine::Failed { error }) => EndpointState::Failed { error },
        (state, EndpointLine::Open { .. } | EndpointLine::Answered { .. }) => state,
    }
}

/// The process ended, and nobody asked it to.
fn gone(live: &Mutex<Live>, hub: &Hub, run: u64) {
    let mut live = lock(live);
    if live.run != run {
        return;
    }
    live.process = None;
    if !matches!(live.state, EndpointState::Failed { .. }) {
        let error = ApiError::with_code(
            ErrorCode::WorkerCrashed,
            "The part of Lorekeeper that answers other programs ended unexpectedly. Switch it on again; \
             if it happens again, the model may be too large for this computer's memory.",
        );
        live.state = EndpointState::Failed { error };
    }
    drop(live);
    hub.stale(Topic::Endpoint);
}

fn lock(live: &Mutex<Live>) -> MutexGuard<'_, Live> {
    live.lock().unwrap_or_else(PoisonError::into_inner)
}
