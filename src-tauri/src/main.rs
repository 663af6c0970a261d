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
mod options;
mod terminal;
mod webview;

use std::process::{Command, ExitCode};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use lore_app::App;
use lore_native::Ended;
use lore_protocol::{ApiError, ErrorCode, WindowKind};

use crate::options::Options;

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
    prefer_safe_rendering();
    let options = Options::parse(std::env::args().skip(1))?;
    if options.help {
        eprint!("{}", options::USAGE);
        return Ok(());
    }
    let app = Arc::new(start_core(&options)?);
    if let Some(task) = &options.in_terminal {
        return terminal::run(app, task, &options.imports);
    }
    let ended = match choose::window(options.window, &app) {
        WindowKind::Native => lore_native::run(app, options.start)?,
        WindowKind::Webview | WindowKind::Automatic => {
            let own_data = options.data.is_none();
            webview::run(app, options.start, own_data)?
        }
    };
    match ended {
        Ended::Closed => Ok(()),
        Ended::Restart => start_again(None),
        Ended::CannotDraw => start_again(Some("native")),
    }
}

/// Opens the data folder. When another window has it, that window comes to the front and this process
/// ends.
fn start_core(options: &Options) -> Result<App> {
    let config = options.config()?;
    if let Err(error) = lore_app::log_to(&config.data_dir) {
        eprintln!("{error:#}");
    }
    let started = App::start(config);
    if let Err(error) = &started
        && options.data.is_none()
        && options.in_terminal.is_none()
        && is_precondition(error)
    {
        webview::raise_other()?;
    }
    started
}

fn is_precondition(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<ApiError>()
            .is_some_and(|error| error.code == ErrorCode::Precondition)
    })
}

/// `WebKitGTK`'s faster renderer shows blank windows on many NVIDIA and Wayland machines; a person who
/// has set the variable knows better.
fn prefer_safe_rendering() {
    const NAME: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if cfg!(target_os = "linux") && std::env::var_os(NAME).is_none() {
        #[expect(
            unsafe_code,
            reason = "the renderer is chosen by an environment variable only"
        )]
        // SAFETY: changing the environment races with reading it in another thread, and no other
        // thread runs yet.
        unsafe {
            std::env::set_var(NAME, "1");
        }
    }
}

/// Starts this program again as it was started, or with another window. The core has ended by now: two
/// cores cannot have one data folder.
fn start_again(window: Option<&str>) -> Result<()> {
    let program = std::env::current_exe().context("Could not find the program's own place")?;
    let mut words = std::env::args().skip(1);
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        if window.is_some() && word == "--window" {
            words.next();
        } else {
            kept.push(word);
        }
    }
    Command::new(program)
        .args(kept)
        .args(window.iter().flat_map(|window| ["--window", window]))
        .spawn()
        .context("Could not start the program again; start it by hand")?;
    Ok(())
}
