//! What the shell notices by itself: files held over the window, dropped, or opened with the program
//! while it runs; jobs that end.

use std::path::Path;
use std::sync::Arc;

use lore_app::App;
use lore_protocol::{
    Event, Incoming, JobEvent, Request, Response, SettingsRequest, SettingsResponse, ShellEvent,
};
use tauri::{AppHandle, DragDropEvent, Manager as _, RunEvent, Window, WindowEvent};
use tauri_plugin_notification::NotificationExt as _;

use super::{Desk, MAIN};
use crate::options::Options;

/// Tells the page about files held over the window or dropped on it.
pub(super) fn on_window_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::DragDrop(event) = event else {
        return;
    };
    let event = match event {
        DragDropEvent::Enter { paths, .. } => ShellEvent::Hover { count: paths.len() },
        DragDropEvent::Leave => ShellEvent::Hover { count: 0 },
        DragDropEvent::Drop { paths, .. } => ShellEvent::Dropped {
            paths: paths
                .iter()
                .filter_map(|path| path.to_str().map(str::to_owned))
                .collect(),
        },
        _ => return,
    };
    window.state::<Desk>().app.notice(event);
}

/// Somebody started the program once more: this window comes to the front, and opens the files.
pub(super) fn on_later_start(handle: &AppHandle, words: Vec<String>, folder: String) {
    if let Some(window) = handle.get_webview_window(MAIN) {
        window.unminimize().and_then(|()| window.set_focus()).ok();
    }
    match Options::parse(words.into_iter().skip(1)) {
        Ok(options) => handle
            .state::<Desk>()
            .open(options.opened(Path::new(&folder))),
        Err(error) => log::warn!("a later start was not understood: {error:#}"),
    }
}

/// macOS hands files over by an event instead of on the command line.
#[cfg(target_os = "macos")]
pub(super) fn on_run_event(handle: &AppHandle, event: RunEvent) {
    if let RunEvent::Opened { urls } = event {
        let paths = urls.iter().filter_map(|url| url.to_file_path().ok());
        let paths = paths.filter_map(|path| path.into_os_string().into_string().ok());
        handle.state::<Desk>().open(paths.collect());
    }
}

/// Other systems name files on the command line.
#[cfg(not(target_os = "macos"))]
pub(super) fn on_run_event(_: &AppHandle, _: RunEvent) {}

/// Shows a notification of the system when a job ends while nobody looks at the window.
pub(super) fn tell_when_jobs_end(app: &Arc<App>, handle: &AppHandle) {
    let asked = Arc::downgrade(app);
    let handle = handle.clone();
    app.subscribe(Box::new(move |text| {
        let Some(words) = words_of(&text) else {
            return;
        };
        let wanted = asked.upgrade().is_some_and(|app| wants_notifications(&app));
        if wanted {
            // Asking the window waits for the main thread, which may be waiting for this listener.
            let handle = handle.clone();
            tauri::async_runtime::spawn_blocking(move || notify(&handle, words));
        }
    }));
}

fn notify(handle: &AppHandle, words: String) {
    let looking = handle
        .get_webview_window(MAIN)
        .is_some_and(|window| window.is_focused().unwrap_or(false));
    if looking {
        return;
    }
    let note = handle.notification().builder().title("Lorekeeper");
    if let Err(error) = note.body(words).show() {
        log::warn!("could not show a notification: {error}");
    }
}

/// What to say about an event, if anything: most are not the last word of a job.
fn words_of(event: &str) -> Option<String> {
    if !["\"finished\"", "\"failed\""]
        .iter()
        .any(|word| event.contains(word))
    {
        return None;
    }
    let Ok(Incoming::Event {
        event: Event::Job { line, .. },
        ..
    }) = serde_json::from_str(event)
    else {
        return None;
    };
    match line.event {
        JobEvent::Finished { summary } => Some(summary),
        JobEvent::Failed { error } => Some(error.summary),
        _ => None,
    }
}

fn wants_notifications(app: &App) -> bool {
    matches!(
        app.request(Request::Settings(SettingsRequest::Get)),
        Ok(Response::Settings(SettingsResponse::Settings(settings))) if settings.notifications
    )
}
