//! The application without a window: answers requests, supervises workers, keeps settings.
//!
//! [`App`] owns a data folder. A window in the same process talks to it through [`InProcess`], one
//! in a webview through [`App::rpc`] and [`App::subscribe`], which carry the same messages as JSON
//! text. Each request runs on a thread of its own from a pool, so that a slow one blocks no other;
//! everything that takes long is a job in a process of its own.
//!
//! **Invariant:** no model runs here and no request is trusted: names are checked before they become
//! paths, and files that were damaged become sentences.

mod app;
mod clock;
mod clusters;
mod core;
mod data_home;
mod effects;
mod endpoint;
mod estimates;
mod files;
mod handlers;
mod hub;
mod in_process;
mod interactive;
mod keys;
mod lock;
mod machine;
mod marks;
mod mentions;
mod names;
mod ray;
mod run_files;
mod series;
mod settings;
mod starters;
mod supervisor;
mod support;
mod trash;

pub use app::{App, AppConfig};
pub use clock::{Clock, SystemClock};
pub use data_home::{DataHome, Settled};
pub use hub::SubscriptionId;
pub use in_process::{InProcess, Waker};
pub use keys::Keychain;
pub use support::log_to;
