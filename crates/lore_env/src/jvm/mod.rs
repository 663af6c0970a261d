//! One JVM for all environments of a Java world.
//!
//! The JVM runs py4j's gateway; every environment has a connection, an object and the world's classes
//! of its own in it, and shares none of the world's state with others. Classes take a while to load
//! and to get fast, so that the object of an episode that is over is kept for a later one.
//!
//! The JVM is started when the first environment needs it and again when it has died. The episode
//! whose request found it dead has failed, by no fault of the agent; the others find a younger JVM and
//! play their actions again there, which leads to the same place (see [`Session`]).

mod connection;
mod process;
mod session;
mod wire;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use lore_core::Secret;

use process::Process;
use session::Seat;

pub(crate) use connection::Object;
pub use process::java_home;
pub(crate) use session::{JavaGame, Session};
pub(crate) use wire::Argument;

/// How a Java world is started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The world's own JAR.
    pub jar: PathBuf,
    /// py4j's JAR. With it, only who knows the JVM's secret may talk to the gateway; the copies of
    /// py4j inside the worlds' JARs are too old for that.
    pub py4j: Option<PathBuf>,
    /// The most memory the JVM may use for objects, in MiB.
    pub heap_mib: u32,
    /// How long starting may take.
    pub start_patience: Duration,
    /// How long one answer may take.
    pub patience: Duration,
}

impl Launch {
    /// Usual limits.
    pub fn new(jar: PathBuf, py4j: Option<PathBuf>) -> Self {
        Self {
            jar,
            py4j,
            heap_mib: 512,
            start_patience: process::START_PATIENCE,
            patience: Duration::from_mins(1),
        }
    }
}

/// The way to the JVM, shared by its environments.
#[derive(Debug)]
pub(crate) struct Gateway {
    launch: Launch,
    live: Mutex<Option<Arc<Process>>>,
    /// Seats of episodes that are over.
    idle: Mutex<Vec<Seat>>,
}

impl Gateway {
    /// Starts nothing yet.
    pub(crate) fn new(launch: Launch) -> Arc<Self> {
        Arc::new(Self {
            launch,
            live: Mutex::default(),
            idle: Mutex::default(),
        })
    }

    /// The JVM, started if there is none.
    fn process(&self) -> Result<Arc<Process>> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = live.as_ref().filter(|process| !process.has_ended()) {
            return Ok(Arc::clone(process));
        }
        let process = Arc::new(Process::start(&self.launch)?);
        Ok(Arc::clone(live.insert(process)))
    }

    fn object(&self, process: &Process, class: &str) -> Result<Object> {
        let token = process.token.as_ref().map(Secret::reveal);
        let jar = &self.launch.jar;
        let jar = jar
            .to_str()
            .with_context(|| format!("Java cannot be told of {}", jar.display()))?;
        Object::new(process.port, token, self.launch.patience, jar, class)
    }

    /// True while `process` is the JVM that new environments would get.
    fn is_current(&self, process: &Arc<Process>) -> bool {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.as_ref()
            .is_some_and(|live| Arc::ptr_eq(live, process) && !process.has_ended())
    }

    /// Ends a JVM that does not answer, and says what it complained about.
    fn give_up(&self, process: &Arc<Process>) -> String {
        let had_ended = process.has_ended();
        process.kill();
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.take_if(|live| Arc::ptr_eq(live, process));
        let how = if had_ended {
            "ended unexpectedly"
        } else {
            "had to be ended"
        };
        match process.tail().as_str() {
            "" => format!("the Java world {how}"),
            tail => format!("the Java world {how}: {tail}"),
        }
    }

    /// The process number of the JVM, if one runs.
    pub(crate) fn process_id(&self) -> Option<u32> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().map(|process| process.id())
    }
}

#[cfg(test)]
mod tests;
