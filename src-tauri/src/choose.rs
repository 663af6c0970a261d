//! Which window opens.

use std::process::Command;

use lore_app::App;
use lore_protocol::{Request, Response, SettingsRequest, SettingsResponse, WindowKind};

/// The command line's word, else the setting's, else the webview unless a screen reader is running.
pub(crate) fn window(asked: Option<WindowKind>, app: &App) -> WindowKind {
    let wanted = asked.unwrap_or_else(|| setting(app));
    if wanted == WindowKind::Automatic && screen_reader_is_running() {
        log::info!("a screen reader is running: opening the native window");
        return WindowKind::Native;
    }
    wanted
}

fn setting(app: &App) -> WindowKind {
    match app.request(Request::Settings(SettingsRequest::Get)) {
        Ok(Response::Settings(SettingsResponse::Settings(settings))) => settings.window,
        _ => WindowKind::Automatic,
    }
}

/// Asks the desktop, through programs that every such desktop has. A desktop that does not answer
/// has no screen reader.
fn screen_reader_is_running() -> bool {
    if cfg!(target_os = "linux") {
        let words = "call --session --timeout 1 --dest org.a11y.Bus --object-path /org/a11y/bus \
                     --method org.freedesktop.DBus.Properties.Get org.a11y.Status \
                     ScreenReaderEnabled";
        return says("gdbus", words, "true");
    }
    if cfg!(target_os = "macos") {
        return says(
            "defaults",
            "read com.apple.universalaccess voiceOverOnOffKey",
            "1",
        );
    }
    false
}

fn says(program: &str, words: &str, expected: &str) -> bool {
    Command::new(program)
        .args(words.split_whitespace())
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(expected))
}
