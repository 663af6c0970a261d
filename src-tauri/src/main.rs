//! The product: the interface in Tauri's webview or in a native window, with the core in this
//! process and every long job in a process of its own.
//!
//! One event loop per process: which window opens is decided before either starts. The native window
//! is taken when asked for, when a screen reader is running (the webview shows it an empty canvas),
//! and when the page finds that it cannot draw.

#![expect(
    clippy::exit,
    clippy::let_underscore_must_use,
    clippy::needless_pass_by_value,
    reason = "Tauri's macros end the process and drop results; its commands take their state by value"
)]
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod choose;
mod demo;
mod options;
mod webview;

use std::process::{Command, ExitCode};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use lore_app::App;
use lore_protocol::WindowKind;

use crate::options::Options;
use crate::webview::Ended;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            lore_native::desktop::show_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    if options.help {
        eprint!("{}", options::USAGE);
        return Ok(());
    }
    let app = Arc::new(App::start(options.config()?)?);
    if let Some(preset) = options.demo {
        return demo::run(app, preset);
    }
    match choose::window(options.window, &app) {
        WindowKind::Native => lore_native::run(app, options.start),
        WindowKind::Webview | WindowKind::Automatic => {
            let own_data = options.data.is_none();
            if webview::run(app, options.start, own_data)? == Ended::CannotDraw {
                restart_native()?;
            }
            Ok(())
        }
    }
}

/// Starts this program again with a native window. The core has ended by now: two cores cannot have
/// one data folder.
fn restart_native() -> Result<()> {
    let program = std::env::current_exe().context("Could not find the program's own place")?;
    let mut words = std::env::args().skip(1);
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        if word == "--window" {
            words.next();
        } else {
            kept.push(word);
        }
    }
    Command::new(program)
        .args(kept)
        .args(["--window", "native"])
        .spawn()
        .context("Could not open the native window; start the program with --window native")?;
    Ok(())
}
