//! What the shell notices by itself: files held over the window and dropped, jobs that end.

use std::sync::Arc;

use lore_app::App;
use lore_protocol::{
    Event, Incoming, JobEvent, Request, Response, SettingsRequest, SettingsResponse, ShellEvent,
};
use tauri::{AppHandle, DragDropEvent, Manager as _, Window, WindowEvent};
use tauri_plugin_notification::NotificationExt as _;

use super::{Desk, MAIN};

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
