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

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use lore_app::App;
use lore_protocol::{ApiError, ErrorCode, WindowKind};

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
    prefer_safe_rendering();
    // Asked for now: an update puts another file in its place.
    let program = own_program()?;
    let options = Options::parse(std::env::args().skip(1))?;
    if options.help {
        eprint!("{}", options::USAGE);
        return Ok(());
    }
    let app = Arc::new(start_core(&options)?);
    if let Some(task) = &options.in_terminal {
        return terminal::run(app, task, &options.imports);
    }
    let here = std::env::current_dir().unwrap_or_default();
    let opened = options.opened(&here);
    let same_words = || std::env::args_os().skip(1).collect();
    let again: Option<Vec<OsString>> = match choose::window(options.window, &app) {
        WindowKind::Native => match lore_native::run(app, options.start, opened)? {
            lore_native::Ended::Closed => None,
            lore_native::Ended::Restart => Some(same_words()),
        },
        WindowKind::Webview | WindowKind::Automatic => {
            let own_data = options.data.is_none();
            match webview::run(app, options.start, own_data, opened)? {
                Ended::Closed => None,
                Ended::Restart => Some(same_words()),
                Ended::CannotDraw => Some(native_words()),
                Ended::Updated(version) => {
                    version.install()?;
                    let data = options.data.map(PathBuf::into_os_string);
                    Some(
                        data.into_iter()
                            .flat_map(|dir| ["--data".into(), dir])
                            .collect(),
                    )
                }
            }
        }
    };
    match again {
        Some(words) => restart(&program, words),
        None => Ok(()),
    }
}

/// The file that starts this program: what runs of an `AppImage` lies within it.
fn own_program() -> Result<PathBuf> {
    let running = std::env::current_exe().context("Could not find the program's own place")?;
    // Programs that another AppImage started see these variables, too.
    let image = std::env::var_os("APPIMAGE").zip(std::env::var_os("APPDIR"));
    let image = image.filter(|(_, contents)| running.starts_with(contents));
    Ok(image.map_or(running, |(whole, _)| whole.into()))
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

/// The words of this start, for one with a native window.
fn native_words() -> Vec<OsString> {
    let mut words = std::env::args_os().skip(1);
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        if word == "--window" {
            words.next();
        } else {
            kept.push(word);
        }
    }
    kept.extend(["--window", "native"].map(OsString::from));
    kept
}

/// Starts this program again. The core has ended by now: two cores cannot have one data folder.
fn restart(program: &Path, words: impl IntoIterator<Item = OsString>) -> Result<()> {
    Command::new(program)
        .args(words)
        .spawn()
        .context("Could not start the program again; start it by hand")?;
    Ok(())
}
