//! The interface in Tauri's webview. Two entry points from the page, [`rpc`] and [`subscribe`]; the
//! messages are the same JSON that the native window's core speaks.

mod events;
mod shell;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use lore_app::{App, SubscriptionId};
use lore_native::{Ended, Start};
use lore_protocol::{Call, Request};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager as _, State, WebviewUrl, WebviewWindowBuilder};

/// How long workers may save when the window closes.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the page may take to say its first word. Where graphics are broken altogether the page
/// never runs, and only its silence tells.
const SILENCE: Duration = Duration::from_secs(30);

/// The label of the only window.
const MAIN: &str = "main";

/// What the commands work with.
struct Desk {
    app: Arc<App>,
    /// The page's subscription; a reloaded page takes the place of the one before.
    listening: Mutex<Option<SubscriptionId>>,
    ended: Arc<Mutex<Ended>>,
}

impl Desk {
    /// Closes the window for a reason.
    fn leave(&self, handle: &AppHandle, reason: Ended) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = reason;
        handle.exit(0);
    }
}

/// Answers a request of the page: a `Call` in JSON, answered with an `Incoming` in JSON.
#[tauri::command]
async fn rpc(request: String, desk: State<'_, Desk>, handle: AppHandle) -> Result<String, String> {
    // The core does not know the shell; everything else goes to it as it came.
    if let Ok(Call {
        id,
        request: Request::Shell(wanted),
    }) = serde_json::from_str(&request)
    {
        return Ok(shell::answer(&handle, &desk, id, wanted).await);
    }
    Ok(desk.app.rpc(&request).await)
}

/// Sends every event to the page from now on, each an `Incoming` in JSON.
#[tauri::command]
fn subscribe(channel: Channel<String>, desk: State<'_, Desk>) {
    let listener = move |event: String| {
        // A page that is gone does not mind.
        channel.send(event).ok();
    };
    let id = desk.app.subscribe(Box::new(listener));
    let mut listening = desk
        .listening
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(old) = listening.replace(id) {
        desk.app.unsubscribe(old);
    }
}

/// Opens the window and returns when it is closed and the core has ended. `single` brings the window
/// of an earlier start to the front instead of opening another.
pub(crate) fn run(app: Arc<App>, start: Start, single: bool) -> Result<Ended> {
    let ended = Arc::new(Mutex::new(Ended::Closed));
    let desk = Desk {
        app: Arc::clone(&app),
        listening: Mutex::default(),
        ended: Arc::clone(&ended),
    };
    let address = format!("index.html#{}", start.fragment());
    let mut builder = tauri::Builder::default();
    if single {
        builder = builder.plugin(tauri_plugin_single_instance::init(|handle, _, _| {
            if let Some(window) = handle.get_webview_window(MAIN) {
                window.unminimize().and_then(|()| window.set_focus()).ok();
            }
        }));
    }
    let tauri = builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .manage(desk)
        .invoke_handler(tauri::generate_handler![rpc, subscribe])
        .setup(move |tauri| {
            open(tauri.handle(), &address)?;
            Ok(())
        })
        .on_window_event(events::on_window_event)
        .build(context())
        .context("Could not open the window. Start the program with --window native")?;
    events::tell_when_jobs_end(&app, tauri.handle());
    watch_for_silence(tauri.handle());
    tauri.run_return(|_, _| {});
    app.shut_down(PATIENCE);
    let ended = *ended.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(ended)
}

/// Brings the window of a program that is open already to the front, and ends this process. Returns
/// when there is no such window.
pub(crate) fn raise_other() -> Result<()> {
    tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|_, _, _| {}))
        .build(context())
        .context("Could not look for the open window")?;
    Ok(())
}

fn context() -> tauri::Context {
    tauri::generate_context!()
}

/// Gives up on a page that says nothing.
fn watch_for_silence(handle: &AppHandle) {
    let handle = handle.clone();
    tauri::async_runtime::spawn_blocking(move || {
        std::thread::sleep(SILENCE);
        let Some(desk) = handle.try_state::<Desk>() else {
            return;
        };
        let has_spoken = desk
            .listening
            .lock()
            .is_ok_and(|listening| listening.is_some());
        if !has_spoken {
            log::warn!("the page said nothing for {SILENCE:?}");
            desk.leave(&handle, Ended::CannotDraw);
        }
    });
}

fn open(handle: &AppHandle, address: &str) -> tauri::Result<()> {
    WebviewWindowBuilder::new(handle, MAIN, WebviewUrl::App(address.into()))
        .title("Lorekeeper")
        .inner_size(1280.0, 860.0)
        .min_inner_size(720.0, 480.0)
        .center()
        .build()?;
    Ok(())
}
