//! What painting asks for. Painting changes nothing itself: it sends commands, and the other half of
//! the frame runs them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::panic::Location;

use lore_protocol::{Request, Response, Settings};

use crate::Route;

/// Names the place on a page that an action belongs to, so that its progress and its error are shown
/// there: `bank/build`, `job/stop/42`.
pub type Place = Cow<'static, str>;

/// Something the other half of the frame should do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Shows another page or choice.
    Go(Route),
    /// Goes back in the history.
    Back,
    /// Goes forward in the history.
    Forward,
    /// Gets what a page shows; does nothing while an answer is under way or fresh.
    Fetch(Request),
    /// Gets it again, whatever is known.
    Refetch(Request),
    /// Gets again what could not be had for the page in view.
    Retry,
    /// Changes something.
    Act(Box<Action>),
    /// Changes something that cannot be taken back, after a while in which it can.
    ActLater {
        /// What to do then.
        action: Box<Action>,
        /// What to say until then, with "Undo" beside it.
        message: String,
    },
    /// Takes back the newest change that offers it.
    Undo,
    /// Clears the error shown at a place.
    Dismiss(Place),
    /// Tells about an event in a corner of the window.
    Notify(Notice),
    /// Saves changed settings.
    Configure(Box<Settings>),
    /// Makes everything larger or smaller.
    Zoom(ZoomStep),
    /// Opens the list of commands.
    OpenPalette,
    /// Does something that only changes what the page in view shows.
    Order(Order),
    /// Begins the tour of the pages.
    Tour,
    /// Shows the welcome again.
    Welcome,
    /// Puts text on the clipboard and says so.
    Copy {
        /// The text.
        text: String,
        /// What it is: "Details".
        what: &'static str,
    },
}

/// Something that only changes what the page in view shows. Pages offer those they follow, with
/// their keys, in the list of commands; others mean nothing to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Shows one of the page's views, counted from 0.
    View(usize),
    /// Opens the page's form for something new.
    New,
    /// Opens the page's second form.
    NewOther,
    /// Closes what is open.
    Close,
    /// Goes to the next step or example.
    Next,
    /// Goes to the one before.
    Previous,
    /// Goes to the first.
    First,
    /// Goes to the last.
    Last,
    /// Lets the steps go by, or holds them.
    Play,
    /// Lets them go by faster.
    Faster,
    /// Lets them go by slower.
    Slower,
    /// Shows more or less of each step.
    Fold,
    /// Marks the step.
    Mark,
    /// Keeps what is open among the bookmarks, or takes it off.
    Bookmark,
    /// Copies what is open.
    Copy,
    /// Looks for words.
    Find,
    /// Takes all filters off.
    ClearFilters,
    /// Opens the form that writes what is open for other programs.
    Export,
    /// Opens the form that changes what is open.
    Edit,
    /// Opens the form that asks an agent about what is open.
    Ask,
}

/// A change of zoom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoomStep {
    /// Larger.
    In,
    /// Smaller.
    Out,
    /// Back to normal.
    Reset,
}

/// A request that changes something, and what follows.
#[derive(Clone, Debug)]
pub struct Action {
    /// Where its progress and error are shown.
    pub place: Place,
    /// The request.
    pub request: Request,
    /// What follows when it went well.
    pub then: Then,
}

/// What follows when an action went well.
#[derive(Clone, Debug, Default)]
pub struct Then {
    /// Said in a corner of the window.
    pub message: Option<String>,
    /// Takes it back; offered beside the message.
    pub undo: Option<Request>,
    /// Where to go, by the answer.
    pub open: Option<fn(&Response) -> Option<Route>>,
}

impl Action {
    /// An action with nothing to follow.
    pub fn new(place: impl Into<Place>, request: Request) -> Self {
        Self {
            place: place.into(),
            request,
            then: Then::default(),
        }
    }

    /// Says `message` when it went well.
    pub fn say(mut self, message: impl Into<String>) -> Self {
        self.then.message = Some(message.into());
        self
    }

    /// Offers to take it back.
    pub fn undo_with(mut self, request: Request) -> Self {
        self.then.undo = Some(request);
        self
    }

    /// Goes where the answer leads.
    pub fn open(mut self, route: fn(&Response) -> Option<Route>) -> Self {
        self.then.open = Some(route);
        self
    }
}

/// Something to tell in a corner of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Good, bad or neither.
    pub tone: crate::widgets::Tone,
    /// One sentence.
    pub text: String,
    /// For "Copy details"; may be empty.
    pub details: String,
}

/// A command and who sent it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What.
    pub command: Command,
    /// By which line of code.
    pub sender: &'static Location<'static>,
}

/// Takes commands while painting.
#[derive(Debug, Default)]
pub struct CommandSender {
    queue: RefCell<Vec<Sent>>,
}

impl CommandSender {
    /// Asks for something.
    #[track_caller]
    pub fn send(&self, command: Command) {
        self.queue.borrow_mut().push(Sent {
            command,
            sender: Location::caller(),
        });
    }

    /// Everything asked for since the last call, oldest first.
    pub fn take(&self) -> Vec<Sent> {
        self.queue.take()
    }
}
