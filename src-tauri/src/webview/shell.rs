//! What the page asks of the shell: dialogs, the file browser, links.

use anyhow::{Result, bail};
use lore_native::desktop;
use lore_protocol::{
    ApiError, FileKind, Incoming, RequestId, Response, ShellRequest, ShellResponse, Updates,
};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, FilePath};

use super::{Desk, Ended, MAIN, updates};

/// The reply in JSON.
pub(super) async fn answer(
    handle: &AppHandle,
    desk: &Desk,
    id: RequestId,
    request: ShellRequest,
) -> String {
    let result = match request {
        ShellRequest::Pick { kind } => pick(handle, kind, None).await,
        ShellRequest::Save { name } => pick(handle, FileKind::NewFile, Some(&name)).await,
        ShellRequest::Reveal { path } => desktop::reveal(&path).map(|()| Response::Done),
        ShellRequest::Open { target } => desktop::open(&target).map(|()| Response::Done),
        ShellRequest::CannotDraw => {
            desk.end(handle, Ended::CannotDraw);
            Ok(Response::Done)
        }
        ShellRequest::Restart => {
            desk.end(handle, Ended::Restart);
            Ok(Response::Done)
        }
        ShellRequest::Updates => Ok(updates_are(updates::known(handle))),
        ShellRequest::LookForUpdate => updates::look(handle).await.map(updates_are),
        ShellRequest::InstallUpdate => match updates::get(handle).await {
            Ok(version) => {
                desk.end(handle, Ended::Updated(Box::new(version)));
                Ok(Response::Done)
            }
            Err(error) => Err(error),
        },
    };
    let reply = Incoming::Reply {
        id,
        result: result.map(Box::new).map_err(ApiError::from),
    };
    serde_json::to_string(&reply)
        .expect("messages have no maps with odd keys, the only thing that cannot be JSON")
}

fn updates_are(known: Updates) -> Response {
    Response::Shell(ShellResponse::Updates(known))
}

/// Asks for a file or folder, or for a new file with a proposed name. The dialog answers on a thread of
/// its own.
async fn pick(handle: &AppHandle, kind: FileKind, new: Option<&str>) -> Result<Response> {
    let (sender, mut receiver) = tauri::async_runtime::channel(1);
    let mut dialog = handle.dialog().file().set_title(desktop::title_of(kind));
    if let Some(window) = handle.get_webview_window(MAIN) {
        dialog = dialog.set_parent(&window);
    }
    for (name, endings) in desktop::filters_of(kind) {
        dialog = dialog.add_filter(*name, endings);
    }
    let answer = move |path: Option<FilePath>| {
        // Nobody waits any more when the window closed meanwhile.
        sender.blocking_send(path).ok();
    };
    if let Some(name) = new {
        dialog.set_file_name(name).save_file(answer);
    } else if desktop::is_folder(kind) {
        dialog.pick_folder(answer);
    } else {
        dialog.pick_file(answer);
    }
    let path = match receiver.recv().await.flatten() {
        None => None,
        Some(path) => match path.into_path()?.to_str() {
            Some(path) => Some(path.to_owned()),
            None => bail!("This file's name cannot be read. Rename it and choose it again."),
        },
    };
    Ok(Response::Shell(ShellResponse::Path { kind, path }))
}
