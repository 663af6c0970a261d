//! The application: starts everything, answers, and ends everything.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use lore_protocol::{ApiError, Call, Event, Incoming, Request, Response, ShellEvent};
use tokio::runtime::{Builder, Runtime};

use crate::clock::{Clock, SystemClock};
use crate::core::{Core, make_folders};
use crate::data_home::DataHome;
use crate::handlers;
use crate::hub::SubscriptionId;
use crate::keys::Keychain;
use crate::lock::FolderLock;

/// How long workers may save when the application is dropped without [`App::shut_down`].
const HASTE: Duration = Duration::from_secs(2);

/// Where the application finds things.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// The data folder; made when it does not exist.
    pub data_dir: PathBuf,
    /// The `lore_worker` program.
    pub worker: PathBuf,
    /// The folder of models that came with the program, one folder each.
    pub bundled_models: Option<PathBuf>,
    /// The program's version, for records.
    pub code_version: String,
    /// Where keys for servers are kept.
    pub keychain: Keychain,
    /// How it is remembered where the data folder is; `None` when it was named for this start only.
    pub home: Option<Arc<DataHome>>,
    /// What went wrong before the start, in sentences for people.
    pub warnings: Vec<String>,
}

/// The application without a window. Owns its data folder until it is dropped.
pub struct App {
    core: Arc<Core>,
    /// Present until the application is dropped.
    threads: Option<Runtime>,
    /// Here and not in the core, which a request that hangs may keep alive.
    _lock: FolderLock,
}

impl App {
    /// Opens the data folder and goes on with the jobs that waited. Blocks for as long as it takes
    /// to read the list of jobs.
    pub fn start(config: AppConfig) -> Result<Self> {
        Self::start_at(config, Arc::new(SystemClock::default()))
    }

    /// Like [`App::start`], with another clock.
    pub fn start_at(config: AppConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let threads = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("requests")
            .build()
            .context("Could not start the threads that answer requests")?;
        let dir = make_folders(&config.data_dir)?;
        let lock = FolderLock::take(&dir)?;
        Ok(Self {
            core: Arc::new(Core::start(dir, config, clock)?),
            threads: Some(threads),
            _lock: lock,
        })
    }

    /// Answers a request on the calling thread, which must not be one of an async runtime.
    pub fn request(&self, request: Request) -> Result<Response, ApiError> {
        handlers::answer(&self.core, request)
    }

    /// Answers a [`Call`] in JSON with an [`Incoming::Reply`] in JSON. May be awaited on any
    /// runtime.
    pub async fn rpc(&self, call: &str) -> String {
        let call: Call = match serde_json::from_str(call) {
            Ok(call) => call,
            Err(error) => {
                let cause = anyhow::Error::new(error).context(
                    "The window asked something that the program does not understand. Install \
                     Lorekeeper again.",
                );
                return reply(0, Err(cause.into()));
            }
        };
        let (core, id) = (Arc::clone(&self.core), call.id);
        let answered = self
            .pool()
            .spawn_blocking(move || handlers::answer(&core, call.request))
            .await;
        // Only a closing application drops a request.
        let closing = |_| Err(ApiError::precondition("Lorekeeper is closing"));
        reply(id, answered.unwrap_or_else(closing))
    }

    /// Calls `listener` with every event, as an [`Incoming::Event`] in JSON, in order, one at a
    /// time, on whatever thread it happened. It must be quick, and must not ask about jobs: the thread
    /// that would answer may be the one that calls.
    pub fn subscribe(&self, listener: Box<dyn Fn(String) + Send + Sync>) -> SubscriptionId {
        self.core
            .hub
            .subscribe(Box::new(move |incoming| listener(to_json(incoming))))
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, id: SubscriptionId) {
        self.core.hub.unsubscribe(id);
    }

    /// Tells every listener what the window's shell noticed.
    pub fn notice(&self, event: ShellEvent) {
        self.core.hub.publish(Event::Shell(event));
    }

    /// Asks every worker to save and end, waits at most `patience` for them, and ends those that
    /// are left. Waiting jobs go on waiting for the next start. Requests about jobs fail afterwards.
    pub fn shut_down(&self, patience: Duration) {
        self.core.interactive.end();
        self.core.measuring.end();
        self.core.endpoint.close();
        self.core.jobs.shut_down(patience);
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) fn pool(&self) -> &Runtime {
        self.threads
            .as_ref()
            .expect("taken only when the application is dropped")
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shut_down(HASTE);
        if let Some(threads) = self.threads.take() {
            // A request that hangs must not keep the window open.
            threads.shutdown_background();
        }
    }
}

fn reply(id: u64, result: Result<Response, ApiError>) -> String {
    to_json(&Incoming::Reply {
        id,
        result: result.map(Box::new),
    })
}

fn to_json(incoming: &Incoming) -> String {
    serde_json::to_string(incoming)
        .expect("messages have no maps with odd keys, the only thing that cannot be JSON")
}
