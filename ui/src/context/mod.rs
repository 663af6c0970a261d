//! What painting gets to see.

mod care;
mod queries;

use std::ops::Range;

use lore_core::Page;
use lore_protocol::{FileKind, Request, Response, Settings, ShellRequest, Status};

use crate::command::{Action, Command, CommandSender};
use crate::store::{Loaded, Store};
use crate::theme::Tokens;
use crate::{JobRecord, Route};

/// What painting gets to see, and the one way it asks for something.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// What is known.
    pub store: &'a Store,
    /// How things look.
    pub tokens: &'a Tokens,
    /// Takes commands.
    pub commands: &'a CommandSender,
    /// Where we are.
    pub route: &'a Route,
    /// What a person chose.
    pub settings: &'a Settings,
}

impl<'a> Ctx<'a> {
    /// Asks for something.
    #[track_caller]
    pub fn send(&self, command: Command) {
        self.commands.send(command);
    }

    /// Shows another page or choice.
    #[track_caller]
    pub fn go(&self, route: Route) {
        self.send(Command::Go(route));
    }

    /// Changes something.
    #[track_caller]
    pub fn act(&self, action: Action) {
        self.send(Command::Act(Box::new(action)));
    }

    /// Asks the window for a file or folder; the answer arrives in [`Store::shell`].
    #[track_caller]
    pub fn pick(&self, kind: FileKind) {
        let request = Request::Shell(ShellRequest::Pick { kind });
        self.act(Action::new("shell/pick", request));
    }

    /// Asks the window where a new file goes; the answer arrives in [`Store::shell`].
    #[track_caller]
    pub fn pick_new(&self, name: String) {
        let request = Request::Shell(ShellRequest::Save { name });
        self.act(Action::new("shell/pick", request));
    }

    /// Shows a file in the system's file browser.
    #[track_caller]
    pub fn reveal(&self, path: impl Into<String>) {
        let path = path.into();
        let request = Request::Shell(ShellRequest::Reveal { path });
        self.act(Action::new("shell/reveal", request));
    }

    /// What is known about a request; asks for it when that is nothing or out of date. Call it in
    /// every frame that shows the answer.
    #[track_caller]
    pub fn query(&self, request: &Request) -> Loaded<'a, Response> {
        if self.store.answers().is_missing(request) {
            self.send(Command::Fetch(request.clone()));
        }
        self.store.answers().get(request)
    }

    /// Rows `visible` of a long list, fetched a page at a time. `request` makes the request for an
    /// offset and a limit, `pick` finds the rows in the answer.
    pub fn paged<T>(
        &self,
        visible: Range<usize>,
        request: impl Fn(u64, u64) -> Request,
        pick: impl Fn(&'a Response) -> Option<&'a Page<T>>,
    ) -> Paged<'a, T> {
        let size = PAGE_SIZE as usize;
        let first = visible.start / size;
        let last = visible.end.saturating_sub(1).max(visible.start) / size;
        // The first page tells how many rows there are.
        let mut paged = Paged {
            first: self.query(&request(0, PAGE_SIZE)).and_then(&pick),
            pages: Vec::new(),
        };
        for index in first.max(1)..=last {
            let offset = index as u64 * PAGE_SIZE;
            if let Loaded::Ready(page) = self.query(&request(offset, PAGE_SIZE)).and_then(&pick) {
                paged.pages.push(page);
            }
        }
        paged
    }

    /// The state of the application, once known.
    pub fn status(&self) -> Option<&'a Status> {
        self.status_answer().ready()
    }

    /// The job that the last action at `place` started.
    pub fn job_at(&self, place: &str) -> Option<&'a JobRecord> {
        let id = self.store.actions().job(place)?;
        self.store.jobs().get(id)
    }

    /// True while an action at `place` is under way.
    pub fn is_busy(&self, place: &str) -> bool {
        self.store.actions().is_busy(place)
    }
}

/// Rows fetched at a time.
const PAGE_SIZE: u64 = 100;

/// Part of a long list; see [`Ctx::paged`].
pub struct Paged<'a, T> {
    first: Loaded<'a, Page<T>>,
    pages: Vec<&'a Page<T>>,
}

impl<'a, T> Paged<'a, T> {
    /// The first page: waiting, failed, or here.
    pub fn first(&self) -> Loaded<'a, Page<T>> {
        self.first
    }

    /// Rows over all pages; 0 until known.
    pub fn total(&self) -> usize {
        self.first.ready().map_or(0, |page| page.total as usize)
    }

    /// Row `index`, once it is here.
    pub fn get(&self, index: usize) -> Option<&'a T> {
        self.first
            .ready()
            .into_iter()
            .chain(self.pages.iter().copied())
            .find_map(|page| {
                index
                    .checked_sub(page.offset as usize)
                    .and_then(|row| page.rows.get(row))
            })
    }
}
