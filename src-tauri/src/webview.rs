//! The interface in Tauri's webview. Two entry points from the page, [`rpc`] and [`subscribe`]; the
//! messages are the same JSON that the native window's core speaks.

mod events;
mod shell;
mod updates;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use lore_app::{App, SubscriptionId};
use lore_native::Start;
use lore_protocol::{Call, Request, ShellEvent};
use tauri::ipc::Channel;
use tauri::{AppHandle, Manager as _, State, WebviewUrl, WebviewWindowBuilder};

use updates::NewVersion;

/// How long workers may save when the window closes.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the page may take to say its first word. Where graphics are broken altogether the page
/// never runs, and only its silence tells.
const SILENCE: Duration = Duration::from_secs(30);

/// The label of the only window.
const MAIN: &str = "main";

/// How the window ended.
#[derive(Default)]
pub(crate) enum Ended {
    /// A person closed it.
    #[default]
    Closed,
    /// A person wants the program to start again.
    Restart,
    /// The page could not draw; the native window is wanted.
    CannotDraw,
    /// A newer version is wanted in place of this one.
    Updated(Box<NewVersion>),
}

/// What the commands work with.
struct Desk {
    app: Arc<App>,
    /// The page's subscription; a reloaded page takes the place of the one before.
    listening: Mutex<Option<SubscriptionId>>,
    /// Files that were opened before the page listened.
    opened: Mutex<Vec<String>>,
    ended: Arc<Mutex<Ended>>,
}

impl Desk {
    /// Ends the window, and says why.
    fn end(&self, handle: &AppHandle, why: Ended) {
        *lock(&self.ended) = why;
        handle.exit(0);
    }

    /// Tells the page about files that were opened with the program; they wait for a page that does not
    /// listen yet.
    fn open(&self, paths: Vec<String>) {
        lock(&self.opened).extend(paths);
        if lock(&self.listening).is_some() {
            self.hand_over();
        }
    }

    fn hand_over(&self) {
        let paths = std::mem::take(&mut *lock(&self.opened));
        if !paths.is_empty() {
            self.app.notice(ShellEvent::Dropped { paths });
        }
    }
}

/// What these locks guard is replaced as a whole, so a panic leaves it whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    if let Some(old) = lock(&desk.listening).replace(id) {
        desk.app.unsubscribe(old);
    }
    desk.hand_over();
}

/// Opens the window and returns when it is closed and the core has ended. `single` brings the window
/// of an earlier start to the front instead of opening another. The page is told about the files that
/// were `opened` with the program.
pub(crate) fn run(app: Arc<App>, start: Start, single: bool, opened: Vec<String>) -> Result<Ended> {
    let ended = Arc::<Mutex<Ended>>::default();
    let desk = Desk {
        app: Arc::clone(&app),
        listening: Mutex::default(),
        opened: Mutex::new(opened),
        ended: Arc::clone(&ended),
    };
    let address = format!("index.html#{}", start.fragment());
    let context = context();
    let mut builder = tauri::Builder::default();
    if single {
        builder = builder.plugin(tauri_plugin_single_instance::init(events::on_later_start));
    }
    if updates::are_configured(context.config()) {
        builder = builder.plugin(tauri_plugin_updater::Builder::new().build());
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
        .build(context)
        .context("Could not open the window. Start the program with --window native")?;
    events::tell_when_jobs_end(&app, tauri.handle());
    watch_for_silence(tauri.handle());
    tauri.run_return(events::on_run_event);
    app.shut_down(PATIENCE);
    let ended = std::mem::take(&mut *lock(&ended));
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
        let has_spoken = lock(&desk.listening).is_some();
        if !has_spoken {
            log::warn!("the page said nothing for {SILENCE:?}");
            desk.end(&handle, Ended::CannotDraw);
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
