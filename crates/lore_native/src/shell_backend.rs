//! The core in the same process, with the shell's questions answered by dialogs.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, anyhow, bail};
use lore_app::{App, InProcess, Waker};
use lore_protocol::{
    ApiError, Backend, FileKind, Incoming, Request, RequestId, Response, ShellRequest,
    ShellResponse, Updates,
};

use crate::desktop;

/// Answers the shell's requests itself and hands all others to the core.
pub(crate) struct ShellBackend {
    core: InProcess,
    answered: Arc<Mutex<VecDeque<Incoming>>>,
    wake: Waker,
    restart: Box<dyn Fn() + Send>,
    num_asked: u64,
}

/// The core numbers its requests from 1; the shell's count down from the top.
const TOP: RequestId = RequestId::MAX;

impl ShellBackend {
    /// A window's way to `app`; `restart` closes the window and has the program start again.
    pub(crate) fn new(app: Arc<App>, wake: Waker, restart: Box<dyn Fn() + Send>) -> Self {
        Self {
            core: InProcess::new(app, Arc::clone(&wake)),
            answered: Arc::default(),
            wake,
            restart,
            num_asked: 0,
        }
    }

    fn answer(&mut self, request: ShellRequest) -> RequestId {
        let id = TOP - self.num_asked;
        self.num_asked += 1;
        let reply = Replier {
            id,
            answered: Arc::clone(&self.answered),
            wake: Arc::clone(&self.wake),
        };
        match request {
            ShellRequest::Pick { kind } => ask(kind, reply),
            ShellRequest::Save { name } => ask_new(&name, reply),
            ShellRequest::Reveal { path } => {
                reply.send(desktop::reveal(&path).map(|()| Response::Done));
            }
            ShellRequest::Open { target } => {
                reply.send(desktop::open(&target).map(|()| Response::Done));
            }
            // Only a webview asks; this window draws already.
            ShellRequest::CannotDraw => reply.send(Ok(Response::Done)),
            ShellRequest::Restart => {
                (self.restart)();
                reply.send(Ok(Response::Done));
            }
            ShellRequest::Updates => {
                reply.send(Ok(Response::Shell(ShellResponse::Updates(Updates::Off))));
            }
            ShellRequest::LookForUpdate | ShellRequest::InstallUpdate => {
                reply.send(Err(anyhow!(
                    "Updates come with the window of kind web view."
                )));
            }
        }
        id
    }
}

impl Backend for ShellBackend {
    fn send(&mut self, request: Request) -> RequestId {
        match request {
            Request::Shell(request) => self.answer(request),
            other => self.core.send(other),
        }
    }

    fn poll(&mut self) -> Vec<Incoming> {
        let mut arrived = self.core.poll();
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        arrived.extend(answered.drain(..));
        arrived
    }
}

/// Carries one answer back to the window.
struct Replier {
    id: RequestId,
    answered: Arc<Mutex<VecDeque<Incoming>>>,
    wake: Waker,
}

impl Replier {
    fn send(self, result: Result<Response>) {
        let result = result.map(Box::new).map_err(ApiError::from);
        let incoming = Incoming::Reply {
            id: self.id,
            result,
        };
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.push_back(incoming);
        drop(answered);
        (self.wake)();
    }
}

/// Opens a dialog. It is made on this thread, the window's, as macOS wants it; another waits for it.
fn ask(kind: FileKind, reply: Replier) {
    let mut dialog = rfd::AsyncFileDialog::new().set_title(desktop::title_of(kind));
    for (name, endings) in desktop::filters_of(kind) {
        dialog = dialog.add_filter(*name, endings);
    }
    if desktop::is_folder(kind) {
        wait(kind, dialog.pick_folder(), reply);
    } else {
        wait(kind, dialog.pick_file(), reply);
    }
}

/// Asks where a new file goes.
fn ask_new(name: &str, reply: Replier) {
    let kind = FileKind::NewFile;
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(desktop::title_of(kind))
        .set_file_name(name);
    wait(kind, dialog.save_file(), reply);
}

fn wait(
    kind: FileKind,
    picked: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static,
    reply: Replier,
) {
    let started = thread::Builder::new().name("dialog".into()).spawn(move || {
        let picked = futures::executor::block_on(picked);
        reply.send(
            path_of(picked.as_ref())
                .map(|path| Response::Shell(ShellResponse::Path { kind, path })),
        );
    });
    if let Err(error) = started.context("no thread for a dialog could be started") {
        log::error!("{error:#}");
    }
}

fn path_of(picked: Option<&rfd::FileHandle>) -> Result<Option<String>> {
    let Some(picked) = picked else {
        return Ok(None);
    };
    match picked.path().to_str() {
        Some(path) => Ok(Some(path.to_owned())),
        None => bail!("This file's name cannot be read. Rename it and choose it again."),
    }
}
