//! Everything one sees: one egui application for the webview and the native window.
//!
//! A frame has two halves. [`LoreApp::logic`] takes in what arrived, runs the commands that painting
//! asked for and fetches what pages lack; [`LoreApp::draw`] paints. Painting gets a [`Ctx`] (what is
//! known, the design tokens, a way to send commands) and its own view state, and changes nothing
//! else.
//!
//! **Invariant:** no file system, clock or thread here; the crate compiles to wasm32 and knows only
//! `lore_core` and `lore_protocol`.

mod app;
pub mod backend;
mod command;
mod context;
mod dialog;
pub mod format;
pub mod mirror;
mod pages;
mod parts;
mod route;
mod shell;
mod start;
mod store;
mod text;
pub mod theme;
pub mod widgets;
pub mod words;

#[cfg(target_arch = "wasm32")]
pub mod web;

pub use app::LoreApp;
pub use command::{Action, Command, CommandSender, Notice, Place, Sent, Then, ZoomStep};
pub use context::{Ctx, Paged};
pub use route::{History, PageId, Route};
pub use start::Start;
pub use store::{
    ActionState, Actions, Answers, JobRecord, Jobs, Loaded, Outcome, Picked, ShellState, Store,
    TalkState,
};
